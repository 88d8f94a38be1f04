import * as z from 'zod'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { record } from '../../domain/json/record.ts'
import { type Lack, lackOfManagementAccount } from '../../domain/links/lack.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import { type PermissionSetArn, permissionSetArn } from '../../domain/principals/identity-center-ids.ts'
import type { Complaint } from '../../domain/statuses/complaint.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import { listAll } from '../../ports/page.ts'
import type { Ports } from '../../ports/ports.ts'
import { isServiceError } from '../../ports/service-error.ts'
import { defineRecord } from '../records/define-record.ts'
import type { JsonRecord } from '../records/json-record.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'

/** How long a listing counts before the next one. */
const believedMs = 60 * 60_000

const seen = record({ v: z.literal(1), seenAt: z.iso.datetime(), arns: z.array(permissionSetArn) })
type Seen = z.infer<typeof seen>
export const managementAccountRecord = defineRecord({
  at: 'state/management-account.json',
  meaning: 'the permission sets of the management account, once a call was refused because of them',
  source: { is: 'cache', of: 'Identity Center' },
  value: seen,
})
type ManagementAccountSources = Pick<Ports, 'objects' | 'ssoAdmin' | 'clock'> & {
  readonly configuration: OwnAccountSettings
  readonly managementAccountId: () => Promise<AccountId>
}

/**
 * The permission sets of the management account: a delegated administrator can neither change nor assign them anywhere. (IAM Identity
 * Center User Guide, "Delegated administration".) The first refusal shows whether ssofile is one. From then on one listing answers for all
 * accounts and permission sets, and ssofile tries no further call. In the management account nothing is lacking, whatever was refused.
 */
export class ManagementAccountSets {
  readonly #context: ManagementAccountSources
  readonly #record: JsonRecord<Seen>
  #seen: Promise<Seen | undefined> | undefined

  constructor(context: ManagementAccountSources) {
    this.#context = context
    this.#record = managementAccountRecord.of(context.objects)
  }

  /** The lack that links and the file of this permission set have, if an earlier refusal showed it. */
  async lackOf(name: PermissionSetName, arn: PermissionSetArn): Promise<Lack | undefined> {
    const { clock, managementAccountId } = this.#context
    let seen = await (this.#seen ?? this.#load())
    if (!seen?.arns.includes(arn) || (await this.#isControlled())) return undefined
    if (clock.now().getTime() - Date.parse(seen.seenAt) > believedMs) seen = await this.#list()
    return seen?.arns.includes(arn) ? lackOfManagementAccount(name, await managementAccountId()) : undefined
  }

  /** After AccessDeniedException: the lack that explains it; `undefined`: something else was refused. */
  async explain(error: unknown, name: PermissionSetName, arn: PermissionSetArn): Promise<Lack | undefined> {
    if (!isServiceError(error, 'AccessDeniedException') || (await this.#isControlled())) return undefined
    const known = await this.lackOf(name, arn)
    if (known) return known
    await this.#list()
    return this.lackOf(name, arn)
  }

  /**
   * Forgets the list if it contains this permission set. Identity Center accepted a change of the permission set, so ssofile is not a
   * delegated administrator now.
   */
  async disprove(arn: PermissionSetArn): Promise<void> {
    const seen = await (this.#seen ?? this.#load())
    if (!seen?.arns.includes(arn)) return
    await this.#context.objects.delete(this.#record.key)
    this.#seen = undefined
  }

  /** A deployment knows its account, so it need not ask for its credentials' account. */
  async #isControlled(): Promise<boolean> {
    const { configuration, managementAccountId } = this.#context
    const accounts = { accountId: undefined, managementAccountId: await managementAccountId() }
    return controlsManagementAccount(configuration, accounts)
  }

  #load(): Promise<Seen | undefined> {
    return this.#keep(async () => (await spoiledAsAbsent(this.#record.read()))?.value)
  }

  #list(): Promise<Seen | undefined> {
    return this.#keep(async () => {
      const { clock, managementAccountId } = this.#context
      const arns = await listSetsOf(await managementAccountId(), this.#context)
      const seen: Seen = { v: 1, seenAt: renderInstant(clock.now()), arns: arns.toSorted() }
      await this.#record.overwrite(seen)
      return seen
    })
  }

  /** Concurrent callers share the reading. A failed reading is not kept. */
  #keep(read: () => Promise<Seen | undefined>): Promise<Seen | undefined> {
    this.#seen = read().catch((error: unknown) => {
      this.#seen = undefined
      throw error
    })
    return this.#seen
  }
}

function listSetsOf(
  managementAccountId: AccountId,
  { ssoAdmin }: Pick<Ports, 'ssoAdmin'>,
): Promise<readonly PermissionSetArn[]> {
  const list = (token: string | undefined) =>
    ssoAdmin.listPermissionSetsProvisionedToAccount(managementAccountId, undefined, token)
  return Array.fromAsync(listAll(list))
}

type OwnAccountSettings = Pick<Configuration, 'includeManagementAccount' | 'ownAccount'>

/** The management account may change its own sets. A deployment says which account it is in; otherwise the credentials do. */
export function controlsManagementAccount(
  { includeManagementAccount, ownAccount }: OwnAccountSettings,
  { accountId, managementAccountId }: { readonly accountId: string | undefined; readonly managementAccountId: string },
): boolean {
  return includeManagementAccount || (ownAccount ?? accountId) === managementAccountId
}

type Asking = Pick<Ports, 'ssoAdmin' | 'callerAccountId'> & {
  readonly configuration: OwnAccountSettings
  readonly managementAccountId: AccountId
}

/** Finds the lack for a permission set of the management account, before any refusal. */
export type LackOfControl = (name: PermissionSetName, arn: PermissionSetArn) => Lack | undefined

/** Why an import skips it: its link would wait, and its access could not be revoked. */
export function faultOfControl({ reason, remedy }: Lack): Omit<Complaint, 'object'> {
  return {
    received: `a permission set that ssofile cannot control: ${reason}`,
    expected: 'a permission set that the management account does not have',
    remedy,
  }
}

/** For commands that predict what ssofile can do. Lists the management account's permission sets once. */
export async function findUncontrolled(asking: Asking): Promise<LackOfControl> {
  const { configuration, managementAccountId, callerAccountId } = asking
  const nothing: LackOfControl = () => undefined
  if (configuration.includeManagementAccount) return nothing
  const arns = new Set<PermissionSetArn>(await listSetsOf(managementAccountId, asking))
  if (arns.size === 0) return nothing
  const accountId = await callerAccountId?.()
  if (controlsManagementAccount(configuration, { accountId, managementAccountId })) return nothing
  return (name, arn) => (arns.has(arn) ? lackOfManagementAccount(name, managementAccountId) : undefined)
}
