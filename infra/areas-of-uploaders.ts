import type { Environment } from '../shared/domain/deployment/environment.ts'
import { kinds } from '../shared/domain/inputs/kinds.ts'

/** A part of the bucket and its writers. Each pattern ends in its only `*`, which stands for any text, `/` too. */
export type Area = {
  readonly prefix: string
  /** People who upload, by S3 or by the API. */
  readonly uploaders: readonly string[]
  /** The uploaders who put and delete by S3. */
  readonly writers: readonly string[]
  readonly way: Environment['provisioning']['links']
}

type Areas = { readonly root: Area; readonly folders: readonly Area[]; readonly permissionSets: Area }

export function areasOf({ folders, access, provisioning }: Environment): Areas {
  const area = (prefix: string, uploaders: readonly string[], way: Area['way']): Area => ({
    prefix,
    uploaders,
    writers: way === 'api' ? [] : uploaders,
    way,
  })
  const ofFolder = (folder: string) => {
    const uploaders = access.uploaders.find((one) => one.folder === folder)?.principals ?? []
    return area(kinds.link.at + (folder === '' ? '' : `${folder}/`), uploaders, provisioning.links)
  }
  return {
    root: ofFolder(''),
    folders: folders.map(ofFolder),
    permissionSets: area(kinds.permissionSet.at, access.permissionSetUploaders, provisioning.permissionSets),
  }
}
