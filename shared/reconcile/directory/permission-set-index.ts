import * as z from 'zod'
import { record } from '../../domain/json/record.ts'
import { type PermissionSetName, permissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import { type PermissionSetArn, permissionSetArn } from '../../domain/principals/identity-center-ids.ts'
import { nearMatch } from '../../domain/text/near-match.ts'
import { once } from '../../ports/once.ts'
import { listAll } from '../../ports/page.ts'
import type { Ports } from '../../ports/ports.ts'
import { defineRecord } from '../records/define-record.ts'
import type { JsonRecord } from '../records/json-record.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'

/** How long to wait before looking for a missing name again. */
const missingMs = 5_000
/** Saves after this many descriptions, so that a dispatcher that dies in the middle does not start over. */
const saveEvery = 500

const index = record({
  v: z.literal(1),
  /** Names never change (UpdatePermissionSet has no name), so each ARN is described once. */
  nameByArn: z.record(z.string(), permissionSetName),
})

export const permissionSetNames = defineRecord({
  at: 'state/permission-sets.json',
  meaning: 'the permission sets by name: Identity Center finds them only by ARN',
  source: { is: 'cache', of: 'Identity Center' },
  value: index,
})

/**
 * Permission sets by name. Identity Center finds them only by ARN, so `state/permission-sets.json` keeps the names. A known
 * name costs no call. For a missing name the ARNs are listed (100 a page), and new ones are described. If a call shows that a
 * permission set is gone, it is forgotten and looked for again.
 */
export class PermissionSetIndex {
  readonly #record: JsonRecord<z.infer<typeof index>>
  readonly #ports: Pick<Ports, 'ssoAdmin' | 'clock'>
  readonly #arnByName = new Map<PermissionSetName, PermissionSetArn>()
  #scannedMs: number | undefined
  #scan: Promise<void> | undefined
  readonly #load = once(() => this.#readStored())
  /** Permission sets created or deleted (`undefined`) since the present scan began. Its pages may be older. */
  readonly #recent = new Map<PermissionSetName, PermissionSetArn | undefined>()

  constructor(ports: Pick<Ports, 'objects' | 'ssoAdmin' | 'clock'>) {
    this.#record = permissionSetNames.of(ports.objects)
    this.#ports = ports
  }

  /** `undefined`: Identity Center has no permission set of this name. */
  async resolve(name: PermissionSetName): Promise<PermissionSetArn | undefined> {
    await this.#load()
    if (!this.#arnByName.has(name) && !this.#isFresh()) await (this.#scan ?? this.#begin())
    return this.#arnByName.get(name)
  }

  /** Names never change, so only an unknown ARN costs a call. `undefined`: Identity Center does not have it. */
  async nameOf(arn: PermissionSetArn): Promise<PermissionSetName | undefined> {
    await this.#load()
    for (const [name, known] of this.#arnByName) if (known === arn) return name
    const name = (await this.#ports.ssoAdmin.describePermissionSet(arn))?.name
    if (name !== undefined && !this.#arnByName.has(name)) this.#arnByName.set(name, arn)
    return name
  }

  /** Adds a new permission set, or one that our own record names. */
  async remember(name: PermissionSetName, arn: PermissionSetArn): Promise<void> {
    await this.#load()
    if (this.#scan) this.#recent.set(name, arn)
    if (this.#arnByName.get(name) === arn) return
    this.#arnByName.set(name, arn)
    await this.#saveKnown()
  }

  /** The ARN that is known without a call. The permission set may be gone. */
  async lookUp(name: PermissionSetName): Promise<PermissionSetArn | undefined> {
    await this.#load()
    return this.#arnByName.get(name)
  }

  /** Removes a permission set that we deleted, also from the stored index. */
  async drop(name: PermissionSetName): Promise<void> {
    const known = await this.lookUp(name)
    if (this.#scan) this.#recent.set(name, undefined)
    if (known === undefined) return
    this.#arnByName.delete(name)
    await this.#saveKnown()
  }

  /** True if it was found or created before. */
  knows(name: PermissionSetName): boolean {
    return this.#arnByName.has(name)
  }

  /** Removes a missing permission set, also from the stored index, or the next process would believe it again. */
  async forget(name: PermissionSetName): Promise<void> {
    const wasKnown = this.#arnByName.delete(name)
    this.#recent.delete(name)
    this.#scannedMs = undefined
    if (wasKnown) await this.#saveKnown()
  }

  /** All present permission sets of Identity Center, by name. */
  async list(): Promise<ReadonlyMap<PermissionSetName, PermissionSetArn>> {
    await this.#load()
    // One scan at a time: an older one that ends later would overwrite the results of this one.
    while (this.#scan) await this.#scan.catch(() => undefined)
    await this.#begin()
    return new Map(this.#arnByName)
  }

  findNear(name: PermissionSetName): string | undefined {
    return nearMatch(name, this.#arnByName.keys())
  }

  #isFresh(): boolean {
    return this.#scannedMs !== undefined && this.#ports.clock.monotonicMs() - this.#scannedMs < missingMs
  }

  async #readStored(): Promise<void> {
    const stored = await spoiledAsAbsent(this.#record.read())
    for (const [arn, name] of Object.entries(stored?.value.nameByArn ?? {})) {
      if (!this.#arnByName.has(name)) this.#arnByName.set(name, permissionSetArn.parse(arn))
    }
  }

  #begin(): Promise<void> {
    this.#scan = this.#rescan().finally(() => {
      this.#scan = undefined
      this.#recent.clear()
    })
    return this.#scan
  }

  async #rescan(): Promise<void> {
    const stored = await spoiledAsAbsent(this.#record.read())
    const before = stored?.value.nameByArn ?? {}
    const names = new Map<PermissionSetArn, PermissionSetName>()
    let described = 0
    for await (const arn of listAll((token) => this.#ports.ssoAdmin.listPermissionSets(token))) {
      const known = Object.hasOwn(before, arn) ? before[arn] : undefined
      const name = known ?? (await this.#ports.ssoAdmin.describePermissionSet(arn))?.name
      if (name === undefined) continue
      names.set(permissionSetArn.parse(arn), name)
      if (known === undefined && ++described % saveEvery === 0)
        await this.#save({ ...before, ...Object.fromEntries(names) })
    }
    this.#arnByName.clear()
    for (const [arn, name] of names) this.#arnByName.set(name, arn)
    for (const [name, arn] of this.#recent) {
      if (arn === undefined) this.#arnByName.delete(name)
      else this.#arnByName.set(name, arn)
    }
    this.#scannedMs = this.#ports.clock.monotonicMs()
    const isAsStored = described === 0 && names.size === Object.keys(before).length
    if (!isAsStored || this.#recent.size > 0) await this.#saveKnown()
  }

  #saveKnown(): Promise<void> {
    return this.#save(Object.fromEntries([...this.#arnByName].map(([name, arn]) => [arn, name])))
  }

  async #save(nameByArn: Record<string, PermissionSetName>): Promise<void> {
    await this.#record.overwrite({ v: 1, nameByArn })
  }
}
