import * as z from 'zod'
import { type PermissionSetArn, permissionSetArn } from '../domain/identity-center-ids.ts'
import { nearMatch } from '../domain/near-match.ts'
import { type PermissionSetName, permissionSetName } from '../domain/permission-set-name.ts'
import type { Clock } from '../ports/clock.ts'
import type { ObjectStore } from '../ports/object-store.ts'
import { listAll } from '../ports/page.ts'
import type { SsoAdmin } from '../ports/sso-admin.ts'
import { readJson, renderJson } from './stored-json.ts'

const indexKey = 'state/permission-sets.json'
/** How long a name that was not found is not looked for again. */
const missingMs = 5_000

const index = z.strictObject({
  v: z.literal(1),
  /** Names never change (UpdatePermissionSet has no name), so an ARN once described need not be again. */
  nameByArn: z.record(z.string(), permissionSetName),
})

/**
 * Permission sets by name. Identity Center finds them by ARN only, so names are kept in `state/permission-sets.json`:
 * a look-up lists the ARNs (100 a page) and describes those never seen before.
 */
export class PermissionSetIndex {
  readonly #objects: ObjectStore
  readonly #ssoAdmin: SsoAdmin
  readonly #clock: Clock
  readonly #arnByName = new Map<PermissionSetName, PermissionSetArn>()
  #scannedMs: number | undefined
  #scan: Promise<void> | undefined

  constructor({ objects, ssoAdmin, clock }: { objects: ObjectStore; ssoAdmin: SsoAdmin; clock: Clock }) {
    this.#objects = objects
    this.#ssoAdmin = ssoAdmin
    this.#clock = clock
  }

  /** `undefined`: Identity Center has no permission set of this name. */
  async resolve(name: PermissionSetName): Promise<PermissionSetArn | undefined> {
    if (!this.#arnByName.has(name) && !this.#isFresh()) {
      this.#scan ??= this.#rescan().finally(() => {
        this.#scan = undefined
      })
      await this.#scan
    }
    return this.#arnByName.get(name)
  }

  /** One that was just created, or is known from our own record. */
  remember(name: PermissionSetName, arn: PermissionSetArn): void {
    this.#arnByName.set(name, arn)
  }

  /** One that turned out to be gone. */
  forget(name: PermissionSetName): void {
    this.#arnByName.delete(name)
    this.#scannedMs = undefined
  }

  findNear(name: PermissionSetName): string | undefined {
    return nearMatch(name, this.#arnByName.keys())
  }

  #isFresh(): boolean {
    return this.#scannedMs !== undefined && this.#clock.monotonicMs() - this.#scannedMs < missingMs
  }

  async #rescan(): Promise<void> {
    const stored = await readJson(this.#objects, indexKey, index)
    const before = stored?.value.nameByArn ?? {}
    const names = new Map<PermissionSetArn, PermissionSetName>()
    let changed = stored === undefined
    for await (const arn of listAll((token) => this.#ssoAdmin.listPermissionSets(token))) {
      const known = Object.hasOwn(before, arn) ? before[arn] : undefined
      const name = known ?? (await this.#ssoAdmin.describePermissionSet(arn))?.name
      if (name === undefined) continue
      changed ||= known === undefined
      names.set(permissionSetArn.parse(arn), name)
    }
    this.#arnByName.clear()
    for (const [arn, name] of names) this.#arnByName.set(name, arn)
    this.#scannedMs = this.#clock.monotonicMs()
    if (changed || names.size !== Object.keys(before).length) {
      await this.#objects.put(indexKey, renderJson({ v: 1, nameByArn: Object.fromEntries(names) }))
    }
  }
}
