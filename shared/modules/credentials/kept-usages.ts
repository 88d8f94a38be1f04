import pLimit from 'p-limit'
import { mergeUsages, noUsage, type SetUsage, setUsage } from '../../domain/iam-policies/set-usage.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import { type PermissionSetName, permissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { definePlace } from '../../reconcile/records/define-record.ts'
import { JsonRecord } from '../../reconcile/records/json-record.ts'
import { forEachAtOnce, readsAtOnce } from '../../reconcile/records/list-heads.ts'
import { type ReportedSet, reportedSet } from './permission-reports.ts'

export const keptUsages = definePlace({
  at: 'state/permissions/',
  meaning: 'the accounts that the report of used permissions of this month has read',
  source: { is: 'progress', of: 'the report of used permissions' },
})

export type SetUsages = ReadonlyMap<PermissionSetName, SetUsage>

/**
 * The results of a month so far. A run continues after the last part, and with the permission sets that have no report. Thousands of
 * accounts with hundreds of permission sets make tens of thousands of objects, so it reads and writes many at once. Joining the parts
 * keeps only one permission set in memory.
 *
 * - `sets/<permission set>/<last account>.json`: its use in the accounts of one part
 * - `read/<last account>`: that part is complete
 * - `reported/<permission set>.json`: its report is written
 */
export class KeptUsages {
  readonly #objects: ObjectStore
  readonly #folder: string

  constructor(objects: ObjectStore, month: string) {
    this.#objects = objects
    this.#folder = `${keptUsages.at}${month}/`
  }

  /** The last account that was read; `''`: none. Removes the rest of other months. */
  async readUpTo(): Promise<string> {
    await this.#delete((key) => !key.startsWith(this.#folder))
    const done = await Array.fromAsync(this.#objects.list(`${this.#folder}read/`))
    return done.at(-1)?.key.slice(`${this.#folder}read/`.length) ?? ''
  }

  /** Writes the mark last: a part without it is read again and overwritten. */
  async keep(last: AccountId, usages: SetUsages): Promise<void> {
    await forEachAtOnce(usages, async ([name, usage]) => {
      await this.#part(name, last).overwrite(usage)
    })
    await this.#objects.put(`${this.#folder}read/${last}`, new Uint8Array())
  }

  async keepReported(set: ReportedSet): Promise<void> {
    await this.#reported(set.name).overwrite(set)
  }

  /** The permission sets whose reports are written. */
  async reported(): Promise<ReadonlyMap<PermissionSetName, ReportedSet>> {
    const folder = `${this.#folder}reported/`
    const keys = await Array.fromAsync(this.#objects.list(folder), ({ key }) =>
      key.slice(folder.length, -'.json'.length),
    )
    const names = keys.flatMap((key) => permissionSetName.safeParse(key).data ?? [])
    const read = await pLimit(readsAtOnce).map(names, async (name) => (await this.#reported(name).read())?.value ?? [])
    return new Map(read.flat().map((set) => [set.name, set]))
  }

  /** Ascending, without those in `except`. */
  async *merged(
    except: ReadonlyMap<PermissionSetName, unknown>,
  ): AsyncGenerator<readonly [PermissionSetName, SetUsage]> {
    const folder = `${this.#folder}sets/`
    const accounts = new Map<PermissionSetName, string[]>()
    for await (const { key } of this.#objects.list(folder)) {
      const [set, account = ''] = key.slice(folder.length).split('/')
      const name = permissionSetName.safeParse(set).data
      if (name === undefined || except.has(name)) continue
      const parts = accounts.get(name) ?? []
      parts.push(account.replace('.json', ''))
      accounts.set(name, parts)
    }
    for (const [name, parts] of [...accounts].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const read = await pLimit(readsAtOnce).map(parts, async (last) => (await this.#part(name, last).read())?.value)
      yield [name, read.reduce<SetUsage>((usage, one = noUsage) => mergeUsages(usage, one), noUsage)]
    }
  }

  /** Call it when the reports are written. */
  async forget(): Promise<void> {
    await this.#delete(() => true)
  }

  async #delete(isOld: (key: string) => boolean): Promise<void> {
    const keys = await Array.fromAsync(this.#objects.list(keptUsages.at), ({ key }) => key)
    await forEachAtOnce(keys.filter(isOld), async (key) => {
      await this.#objects.delete(key)
    })
  }

  #reported(name: PermissionSetName) {
    return new JsonRecord(this.#objects, `${this.#folder}reported/${name}.json`, reportedSet)
  }

  #part(name: PermissionSetName, last: string) {
    return new JsonRecord(this.#objects, `${this.#folder}sets/${name}/${last}.json`, setUsage)
  }
}
