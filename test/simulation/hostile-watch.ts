import type { MemoryObjectStore } from '../../shared/memory/s3/memory-object-store.ts'
import { hostileUploader } from './hostile-actions.ts'

const grantGrammar = /%([\w+=,.@-]{1,32}%.+%(?:GROUP|USER)%ssofile)$/su

/** Which grants the hostile uploader has ever had a link for: all other access is no business of his. */
export class HostileWatch {
  readonly #grants = new Set<string>()
  readonly #nameOf: (principalId: string) => string

  /** `nameOf`: the last name of an id. */
  constructor(objects: MemoryObjectStore, nameOf: (principalId: string) => string) {
    this.#nameOf = nameOf
    objects.onChange(({ key, caller }) => {
      const grant = grantOf(key)
      const isHis = key.startsWith('links_data/') && caller.accessKeyId === hostileUploader
      if (isHis && grant !== undefined) this.#grants.add(grant)
    })
  }

  /** `key`: of a link or of a ledger entry. */
  touches(key: string): boolean {
    const grant = grantOf(key) ?? this.#grantOfRecord(key)
    return grant !== undefined && this.#grants.has(grant)
  }

  #grantOfRecord(key: string): string | undefined {
    const [, set, principalId = '', type] = /account%\d{12}%([^%]+)%([^%]+)%(GROUP|USER)$/.exec(key) ?? []
    return set && `${set}%${this.#nameOf(principalId)}%${type}%ssofile`
  }
}

/** `Set%principal%TYPE%ssofile`. */
function grantOf(key: string): string | undefined {
  const afterScope = key.slice(key.indexOf('%') + 1)
  return grantGrammar.exec(afterScope.slice(afterScope.indexOf('%')))?.[1]
}
