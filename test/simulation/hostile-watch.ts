import type { MemoryObjectStore } from '../../shared/memory/s3/memory-object-store.ts'
import { hostileUploader } from './hostile-actions.ts'

const grantGrammar = /%([\w+=,.@-]{1,32}%.+%(?:GROUP|USER)%ssofile)$/su

/** The grants for which the hostile uploader ever had a link. All other access must not be affected. */
export class HostileWatch {
  readonly #grants = new Set<string>()
  readonly #everNamesOf: (principalId: string) => readonly string[]

  /** `everNamesOf`: all names that an id ever had. */
  constructor(objects: MemoryObjectStore, everNamesOf: (principalId: string) => readonly string[]) {
    this.#everNamesOf = everNamesOf
    objects.onChange(({ key, caller }) => {
      const grant = grantOf(key)
      const isHis = key.startsWith('links_data/') && caller.accessKeyId === hostileUploader
      if (isHis && grant !== undefined) this.#grants.add(grant)
    })
  }

  /** `key`: a link, or a ledger entry. */
  touches(key: string): boolean {
    const grant = grantOf(key)
    return (grant === undefined ? this.#grantsOfRecord(key) : [grant]).some((one) => this.#grants.has(one))
  }

  #grantsOfRecord(key: string): readonly string[] {
    const [, set, principalId = '', type] = /account%\d{12}%([^%]+)%([^%]+)%(GROUP|USER)$/.exec(key) ?? []
    return set ? this.#everNamesOf(principalId).map((name) => `${set}%${name}%${type}%ssofile`) : []
  }
}

/** `Set%principal%TYPE%ssofile`. */
function grantOf(key: string): string | undefined {
  const afterScope = key.slice(key.indexOf('%') + 1)
  return grantGrammar.exec(afterScope.slice(afterScope.indexOf('%')))?.[1]
}
