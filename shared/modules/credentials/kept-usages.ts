import { mergeUsages, noUsage, type SetUsage, setUsage } from '../../domain/iam-policies/set-usage.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import { type PermissionSetName, permissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { JsonRecord } from '../../reconcile/records/json-record.ts'

const keptPrefix = 'state/permissions/'

export type SetUsages = ReadonlyMap<PermissionSetName, SetUsage>

/**
 * The results of a month so far. Each part is named by its last account and has an object for each permission set. A run continues after
 * the last part. Joining the parts keeps only one permission set in memory.
 */
export class KeptUsages {
  readonly #objects: ObjectStore
  readonly #folder: string

  constructor(objects: ObjectStore, month: string) {
    this.#objects = objects
    this.#folder = `${keptPrefix}${month}/`
  }

  /** The last account that was read; `''`: none. Removes the rest of other months. */
  async readUpTo(): Promise<string> {
    for await (const { key } of this.#objects.list(keptPrefix))
      if (!key.startsWith(this.#folder)) await this.#objects.delete(key)
    const done = await Array.fromAsync(this.#objects.list(`${this.#folder}read/`))
    return done.at(-1)?.key.slice(`${this.#folder}read/`.length) ?? ''
  }

  /** Writes the mark last: a part without it is read again and overwritten. */
  async keep(last: AccountId, usages: SetUsages): Promise<void> {
    for (const [name, usage] of usages) await this.#part(name, last).overwrite(usage)
    await this.#objects.put(`${this.#folder}read/${last}`, new Uint8Array())
  }

  /** Ascending. */
  async *merged(): AsyncGenerator<readonly [PermissionSetName, SetUsage]> {
    const folder = `${this.#folder}sets/`
    const accounts = new Map<PermissionSetName, string[]>()
    for await (const { key } of this.#objects.list(folder)) {
      const [set, account = ''] = key.slice(folder.length).split('/')
      const name = permissionSetName.safeParse(set).data
      if (name !== undefined) accounts.set(name, [...(accounts.get(name) ?? []), account.replace('.json', '')])
    }
    for (const [name, parts] of [...accounts].sort(([a], [b]) => (a < b ? -1 : 1))) {
      let usage = noUsage
      for (const last of parts) usage = mergeUsages(usage, (await this.#part(name, last).read())?.value ?? noUsage)
      yield [name, usage]
    }
  }

  /** Call it when the reports are written. */
  async forget(): Promise<void> {
    for await (const { key } of this.#objects.list(keptPrefix)) await this.#objects.delete(key)
  }

  #part(name: PermissionSetName, last: string) {
    return new JsonRecord(this.#objects, `${this.#folder}sets/${name}/${last}.json`, setUsage)
  }
}
