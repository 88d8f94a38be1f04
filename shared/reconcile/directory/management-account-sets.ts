import * as z from 'zod'
import type { AccountId } from '../../domain/account-id.ts'
import { type PermissionSetArn, permissionSetArn } from '../../domain/identity-center-ids.ts'
import { renderInstant } from '../../domain/instant.ts'
import { type Lack, lackOfManagementAccount } from '../../domain/lack.ts'
import type { PermissionSetName } from '../../domain/permission-set-name.ts'
import type { Clock } from '../../ports/clock.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { listAll } from '../../ports/page.ts'
import { isServiceError } from '../../ports/service-error.ts'
import type { SsoAdmin } from '../../ports/sso-admin.ts'
import { JsonRecord } from '../records/json-record.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'

/** So long what was seen is believed; then it is listed again. */
const believedMs = 60 * 60_000

const seenRecord = z.strictObject({ v: z.literal(1), seenAt: z.iso.datetime(), arns: z.array(permissionSetArn) })
type Seen = { readonly seenAt: Date; readonly arns: ReadonlySet<PermissionSetArn> }

/**
 * The permission sets that the management account has: a delegated administrator can neither change nor assign them
 * anywhere. (IAM Identity Center User Guide, "Delegated administration".) The first refusal shows whether we are one. From
 * then on one listing answers for all accounts and permission sets, and nothing more is tried.
 */
export class ManagementAccountSets {
  readonly #objects: ObjectStore
  readonly #record: JsonRecord<z.infer<typeof seenRecord>>
  readonly #ssoAdmin: SsoAdmin
  readonly #clock: Clock
  readonly #managementAccountId: () => Promise<AccountId>
  #seen: Promise<Seen | undefined> | undefined

  constructor(options: {
    objects: ObjectStore
    ssoAdmin: SsoAdmin
    clock: Clock
    managementAccountId: () => Promise<AccountId>
  }) {
    this.#objects = options.objects
    this.#record = new JsonRecord(options.objects, 'state/management-account.json', seenRecord)
    this.#ssoAdmin = options.ssoAdmin
    this.#clock = options.clock
    this.#managementAccountId = options.managementAccountId
  }

  /** What links and files of this permission set lack, if a refusal showed it before. */
  async lackOf(name: PermissionSetName, arn: PermissionSetArn): Promise<Lack | undefined> {
    this.#seen ??= this.#load()
    let seen = await this.#seen
    if (!seen?.arns.has(arn)) return undefined
    if (this.#clock.now().getTime() - seen.seenAt.getTime() > believedMs) {
      this.#seen = this.#list()
      seen = await this.#seen
    }
    return seen?.arns.has(arn) ? lackOfManagementAccount(name, await this.#managementAccountId()) : undefined
  }

  /** After AccessDeniedException: the lack that explains it; `undefined`: something else is refused. */
  async explain(error: unknown, name: PermissionSetName, arn: PermissionSetArn): Promise<Lack | undefined> {
    if (!isServiceError(error, 'AccessDeniedException')) return undefined
    const known = await this.lackOf(name, arn)
    if (known) return known
    this.#seen = this.#list()
    return this.lackOf(name, arn)
  }

  /** A change of this permission set was accepted, so we are no delegated administrator (any more). */
  async disprove(arn: PermissionSetArn): Promise<void> {
    this.#seen ??= this.#load()
    if (!(await this.#seen)?.arns.has(arn)) return
    await this.#objects.delete(this.#record.key)
    this.#seen = undefined
  }

  async #load(): Promise<Seen | undefined> {
    const stored = await spoiledAsAbsent(this.#record.read()).catch((error: unknown) => {
      this.#seen = undefined
      throw error
    })
    return stored && { seenAt: new Date(stored.value.seenAt), arns: new Set(stored.value.arns) }
  }

  async #list(): Promise<Seen> {
    try {
      const accountId = await this.#managementAccountId()
      const list = (token: string | undefined) =>
        this.#ssoAdmin.listPermissionSetsProvisionedToAccount(accountId, undefined, token)
      const arns = await Array.fromAsync(listAll(list))
      const seenAt = this.#clock.now()
      await this.#record.overwrite({ v: 1, seenAt: renderInstant(seenAt), arns: arns.sort() })
      return { seenAt, arns: new Set(arns) }
    } catch (error) {
      this.#seen = undefined
      throw error
    }
  }
}
