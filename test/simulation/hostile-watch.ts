import type { MemoryObjectStore } from '../../shared/memory/s3/memory-object-store.ts'
import { hostileUploader } from './hostile-actions.ts'

const grantGrammar = /%([\w+=,.@-]{1,32}%.+%(?:GROUP|USER)%ssofile)$/su

/** Which grants the hostile uploader has ever had a link for: all other access is no business of his. */
export class HostileWatch {
  readonly #grants = new Set<string>()

  constructor(objects: MemoryObjectStore) {
    objects.onChange(({ key, caller }) => {
      const grant = grantOf(key)
      const isHis = key.startsWith('links_data/') && caller.accessKeyId === hostileUploader
      if (isHis && grant !== undefined) this.#grants.add(grant)
    })
  }

  /** `key`: of a link or of a ledger entry. */
  touches(key: string): boolean {
    const grant = grantOf(key)
    return grant !== undefined && this.#grants.has(grant)
  }
}

/** `Set%principal%TYPE%ssofile`. */
function grantOf(key: string): string | undefined {
  const afterScope = key.slice(key.indexOf('%') + 1)
  return grantGrammar.exec(afterScope.slice(afterScope.indexOf('%')))?.[1]
}
