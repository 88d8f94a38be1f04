import { setTimeout as pause } from 'node:timers/promises'
import { CreateGroupCommand, DeleteGroupCommand } from '@aws-sdk/client-identitystore'
import {
  AttachCustomerManagedPolicyReferenceToPermissionSetCommand,
  CreateAccountAssignmentCommand,
  CreatePermissionSetCommand,
  DeleteAccountAssignmentCommand,
  DeletePermissionSetCommand,
  DescribeAccountAssignmentCreationStatusCommand,
  DescribeAccountAssignmentDeletionStatusCommand,
  DescribePermissionSetProvisioningStatusCommand,
  ListAccountAssignmentsCommand,
  ListAccountAssignmentsForPrincipalCommand,
  ListAccountsForProvisionedPermissionSetCommand,
  ListPermissionSetsCommand,
  ProvisionPermissionSetCommand,
  PutInlinePolicyToPermissionSetCommand,
  paginateListAccountAssignmentCreationStatus,
  type SSOAdminClient,
} from '@aws-sdk/client-sso-admin'
import { SkippedStep, type Step } from './acceptance.ts'
import { type AcceptanceContext, refusalOf } from './acceptance-context.ts'
import type { Facts } from './facts.ts'

type Made = {
  readonly sso: SSOAdminClient
  readonly InstanceArn: string
  readonly IdentityStoreId: string
  readonly PermissionSetArn: string
}

/** A permission set of nobody's, beside those of ssofile; it is deleted at the end. */
async function makeSet(context: AcceptanceContext, suffix: string): Promise<Made> {
  const sso = context.ssoAdmin()
  const { InstanceArn, IdentityStoreId } = await context.instance()
  const Name = `${context.prefix}-${suffix}`
  const made = await sso.send(new CreatePermissionSetCommand({ InstanceArn, Name }))
  const PermissionSetArn = made.PermissionSet?.PermissionSetArn ?? ''
  context.undo(`permission set ${Name}`, async () => {
    await context.untilMs(`the deletion of ${Name}`, async () =>
      sso.send(new DeletePermissionSetCommand({ InstanceArn, PermissionSetArn })).then(
        () => true,
        (error: unknown) => error instanceof Error && error.name === 'ResourceNotFoundException',
      ),
    )
  })
  return { sso, InstanceArn, IdentityStoreId, PermissionSetArn }
}

/** Groups of nobody, one after the other; they are deleted at the end. */
export async function makeGroups(
  context: AcceptanceContext,
  suffix: string,
  count: number,
): Promise<readonly string[]> {
  if (!context.options.mayMakeGroups)
    throw new SkippedStep('groups may not be made: --may-make-groups, where no identity provider writes the directory')
  const identityStore = context.identityStore()
  const { IdentityStoreId } = await context.instance()
  const ids: string[] = []
  for (let index = 0; index < count; index++) {
    const DisplayName = `${context.prefix}-${suffix}-${index}`
    const { GroupId = '' } = await identityStore.send(new CreateGroupCommand({ IdentityStoreId, DisplayName }))
    ids.push(GroupId)
    context.undo(`group ${DisplayName}`, async () =>
      identityStore.send(new DeleteGroupCommand({ IdentityStoreId, GroupId })).catch((error: unknown) => {
        if (!(error instanceof Error) || error.name !== 'ResourceNotFoundException') throw error
      }),
    )
  }
  return ids
}

type Kind = 'creation' | 'deletion'
const target = ({ InstanceArn, PermissionSetArn }: Made, PrincipalId: string, TargetId: string) =>
  ({ InstanceArn, PermissionSetArn, PrincipalId, PrincipalType: 'GROUP', TargetId, TargetType: 'AWS_ACCOUNT' }) as const

async function request(made: Made, kind: Kind, PrincipalId: string, account: string): Promise<string> {
  const input = target(made, PrincipalId, account)
  if (kind === 'creation')
    return (
      (await made.sso.send(new CreateAccountAssignmentCommand(input))).AccountAssignmentCreationStatus?.RequestId ?? ''
    )
  return (
    (await made.sso.send(new DeleteAccountAssignmentCommand(input))).AccountAssignmentDeletionStatus?.RequestId ?? ''
  )
}

async function describe({ sso, InstanceArn }: Pick<Made, 'sso' | 'InstanceArn'>, kind: Kind, id: string) {
  const answer =
    kind === 'creation'
      ? (
          await sso.send(
            new DescribeAccountAssignmentCreationStatusCommand({ InstanceArn, AccountAssignmentCreationRequestId: id }),
          )
        ).AccountAssignmentCreationStatus
      : (
          await sso.send(
            new DescribeAccountAssignmentDeletionStatusCommand({ InstanceArn, AccountAssignmentDeletionRequestId: id }),
          )
        ).AccountAssignmentDeletionStatus
  return { status: answer?.Status, reason: answer?.FailureReason ?? '' }
}

/** Until its end. What is throttled is asked again. */
async function ended(context: AcceptanceContext, made: Made, kind: Kind, id: string) {
  let last: Awaited<ReturnType<typeof describe>> | undefined
  const ms = await context.untilMs(`the end of the ${kind} ${id}`, async () => {
    last = await describe(made, kind, id).catch(() => undefined)
    return last !== undefined && last.status !== 'IN_PROGRESS'
  })
  return { status: last?.status ?? '', reason: last?.reason ?? '', ms }
}

async function isListed(
  { sso, InstanceArn, PermissionSetArn }: Made,
  AccountId: string,
  principal: string,
): Promise<boolean> {
  const { AccountAssignments = [] } = await sso.send(
    new ListAccountAssignmentsCommand({ InstanceArn, AccountId, PermissionSetArn }),
  )
  return AccountAssignments.some(({ PrincipalId }) => PrincipalId === principal)
}

const life: Step<AcceptanceContext> = {
  name: 'Identity Center: one assignment is made, made again, listed, and taken away',
  async run(context): Promise<Facts> {
    const { account } = context.options
    const [group = ''] = await makeGroups(context, 'life', 1)
    const made = await makeSet(context, 'life')
    const id = await request(made, 'creation', group, account)
    context.undo('its assignment', async () => {
      if (await isListed(made, account, group))
        await ended(context, made, 'deletion', await request(made, 'deletion', group, account))
    })
    const created = await ended(context, made, 'creation', id)
    const createListingLagMs = await context.untilMs('the listing', () => isListed(made, account, group))
    const again = await ended(context, made, 'creation', await request(made, 'creation', group, account))
    const deleted = await ended(context, made, 'deletion', await request(made, 'deletion', group, account))
    const deleteListingLagMs = await context.untilMs('the listing', async () => !(await isListed(made, account, group)))
    const missing = await ended(context, made, 'deletion', await request(made, 'deletion', group, account))
    return {
      ...{ createStatus: created.status, createMs: created.ms, createListingLagMs },
      ...{
        duplicateCreateStatus: again.status,
        deleteStatus: deleted.status,
        deleteMs: deleted.ms,
        deleteListingLagMs,
      },
      ...{ deleteOfMissingStatus: missing.status, deleteOfMissingReason: missing.reason },
      endedRequestIsDescribed: (await describe(made, 'creation', id)).status === 'SUCCEEDED',
    }
  },
}

const deletedPrincipal: Step<AcceptanceContext> = {
  name: 'Identity Center: an assignment of a group that was deleted',
  async run(context) {
    const [group = ''] = await makeGroups(context, 'deleted', 1)
    const made = await makeSet(context, 'deleted')
    await context
      .identityStore()
      .send(new DeleteGroupCommand({ IdentityStoreId: made.IdentityStoreId, GroupId: group }))
    const refused = await request(made, 'creation', group, context.options.account).then(
      async (id) => {
        const { status, reason } = await ended(context, made, 'creation', id)
        return { status, reason }
      },
      (error: unknown) => ({ status: error instanceof Error ? error.name : '', reason: String(error) }),
    )
    return { assignmentOfDeletedStatus: refused.status, assignmentOfDeletedReason: refused.reason }
  },
}

const errors: Step<AcceptanceContext> = {
  name: 'Identity Center: the words of conflict and throttling',
  async run(context) {
    const made = await makeSet(context, 'errors')
    const { sso, InstanceArn } = made
    const twice = await refusalOf(
      sso.send(new CreatePermissionSetCommand({ InstanceArn, Name: `${context.prefix}-errors` })),
    )
    const impatient = context.ssoAdmin({ isImpatient: true })
    const burst = Array.from({ length: 120 }, () =>
      impatient.send(new ListPermissionSetsCommand({ InstanceArn })).then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error : undefined),
      ),
    )
    const throttled = (await Promise.all(burst)).filter((error) => error !== undefined)
    const [first] = throttled
    return {
      ...{ duplicateSetCode: twice.code, duplicateSetText: twice.text },
      ...{
        burstOf120IsThrottled: throttled.length > 0,
        throttlingCode: first?.name ?? '',
        throttlingText: first?.message ?? '',
      },
    }
  },
}

const outstanding: Step<AcceptanceContext> = {
  name: 'Identity Center: sixteen assignment requests at a time, in one account',
  async run(context) {
    const groups = await makeGroups(context, 'many', 16)
    const made = { ...(await makeSet(context, 'many')), sso: context.ssoAdmin({ isImpatient: true }) }
    const { account } = context.options
    // What was called before counts for a second.
    await pause(1_500)
    const asked = await Promise.all(
      groups.map(async (group) => {
        const id = await request(made, 'creation', group, account).catch((error: unknown) =>
          error instanceof Error ? error : new Error(String(error)),
        )
        return { group, id }
      }),
    )
    context.undo('their assignments', async () => {
      for (const { group, id } of asked)
        if (typeof id === 'string') {
          await ended(context, made, 'creation', id)
          let deletion: string | undefined
          await context.untilMs('a deletion that is taken', async () => {
            deletion = await request(made, 'deletion', group, account).catch(() => undefined)
            return deletion !== undefined
          })
          if (deletion !== undefined) await ended(context, made, 'deletion', deletion)
        }
    })
    // Whether one of them comes too fast besides depends on who else calls.
    const refused = asked.flatMap(({ id }) => (typeof id === 'string' || id.name === 'ThrottlingException' ? [] : [id]))
    return {
      sixteenAtOnceAreRefused: refused.length > 0,
      sixteenthText: refused[0]?.message ?? '',
      sixteenthCode: refused[0]?.name ?? '',
    }
  },
}

/** Somebody else's: a link to it does not make it ours, so that its deletion takes nothing away. */
const byHand: Step<AcceptanceContext> = {
  name: 'an assignment made by hand stays with who made it, whatever becomes of a link to it',
  async run(context) {
    const { account } = context.options
    const [group = ''] = await makeGroups(context, 'hand', 1)
    const set = `${context.prefix}-hnd`
    const file = `permission_sets/${set}.json`
    const grant = `account%${account}%${set}%${context.prefix}-hand-0%GROUP%ssofile`
    const link = `links_data/${grant}`
    const isIn = async (input: string, state: string | undefined) => (await context.stateOf(input)) === state
    context.undo(file, async () => {
      await context.remove(file)
      await context.untilMs('the end of the permission set', () => isIn(file, undefined))
    })
    await context.put(file, JSON.stringify({ permissionSetName: set }))
    await context.untilMs('the permission set', () => isIn(file, 'applied'))
    const { InstanceArn, IdentityStoreId } = await context.instance()
    const PermissionSetArn = String((await context.json(`owned_permission_sets/${set}`))?.arn)
    const made: Made = { sso: context.ssoAdmin(), InstanceArn, IdentityStoreId, PermissionSetArn }
    context.undo('the assignment made by hand', async () => {
      if (await isListed(made, account, group))
        await ended(context, made, 'deletion', await request(made, 'deletion', group, account))
    })
    await ended(context, made, 'creation', await request(made, 'creation', group, account))
    await context.untilMs('the listing', () => isListed(made, account, group))
    await context.put(link)
    const linkToHandMadeMs = await context.untilMs('the link', () => isIn(link, 'applied'))
    const [ours, others] = await Promise.all([context.recordOf(grant), context.recordOf(grant, 'foreign/')])
    if (ours !== undefined || others === undefined) throw new Error('the link took over what was made by hand')
    await context.remove(link)
    await context.untilMs('the end of the link', () => isIn(link, undefined))
    if (!(await isListed(made, account, group))) throw new Error('what was made by hand was revoked with the link')
    return { linkToHandMadeMs }
  },
}

const provisioning: Step<AcceptanceContext> = {
  name: 'Identity Center: a permission set that changed is provisioned, and listed as such',
  async run(context) {
    const { account } = context.options
    const [group = ''] = await makeGroups(context, 'prov', 1)
    const made = await makeSet(context, 'prov')
    const { sso, InstanceArn, PermissionSetArn } = made
    context.undo('its assignment', async () => {
      await ended(context, made, 'deletion', await request(made, 'deletion', group, account))
    })
    await ended(context, made, 'creation', await request(made, 'creation', group, account))
    const InlinePolicy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }],
    })
    await sso.send(new PutInlinePolicyToPermissionSetCommand({ InstanceArn, PermissionSetArn, InlinePolicy }))
    const isListedAs = async (ProvisioningStatus: 'LATEST_PERMISSION_SET_PROVISIONED' | undefined) => {
      const { AccountIds = [] } = await sso.send(
        new ListAccountsForProvisionedPermissionSetCommand({ InstanceArn, PermissionSetArn, ProvisioningStatus }),
      )
      return AccountIds.includes(account)
    }
    const changeListingLagMs = await context.untilMs(
      'the change',
      async () => !(await isListedAs('LATEST_PERMISSION_SET_PROVISIONED')),
    )
    const asked = await sso.send(
      new ProvisionPermissionSetCommand({
        ...{ InstanceArn, PermissionSetArn },
        ...{ TargetType: 'AWS_ACCOUNT', TargetId: account },
      }),
    )
    const ProvisionPermissionSetRequestId = asked.PermissionSetProvisioningStatus?.RequestId
    let status: string | undefined
    const provisionMs = await context.untilMs('the end of the provisioning', async () => {
      const command = new DescribePermissionSetProvisioningStatusCommand({
        InstanceArn,
        ProvisionPermissionSetRequestId,
      })
      status = (await sso.send(command)).PermissionSetProvisioningStatus?.Status
      return status !== 'IN_PROGRESS'
    })
    const provisionListingLagMs = await context.untilMs('the listing', () =>
      isListedAs('LATEST_PERMISSION_SET_PROVISIONED'),
    )
    return { provisionStatus: status ?? '', provisionMs, changeListingLagMs, provisionListingLagMs }
  },
}

/** More than any organization has been given. */
const policiesMost = 60

const quota: Step<AcceptanceContext> = {
  name: 'Identity Center: the words of a quota that is reached, by policies of a permission set',
  async run(context): Promise<Facts> {
    const { sso, InstanceArn, PermissionSetArn } = await makeSet(context, 'quota')
    for (let count = 0; count < policiesMost; count++) {
      const CustomerManagedPolicyReference = { Name: `${context.prefix}-${count}` }
      const attach = new AttachCustomerManagedPolicyReferenceToPermissionSetCommand({
        ...{ InstanceArn, PermissionSetArn, CustomerManagedPolicyReference },
      })
      let refused: Error | undefined
      // That another change is in progress is no quota.
      await context.untilMs('an answer', async () => {
        refused = await sso.send(attach).then(
          () => undefined,
          (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
        )
        return refused?.name !== 'ConflictException'
      })
      if (refused) return { policiesOfASet: count, quotaCode: refused.name, quotaText: refused.message }
    }
    return { policiesOfASet: policiesMost }
  },
}

/** How long statuses of requests are kept, AWS does not say: at least as long as the oldest that is listed. */
const oldestStatus: Step<AcceptanceContext> = {
  name: 'Identity Center: the oldest request whose status is kept',
  async run(context) {
    const { InstanceArn } = await context.instance()
    const sso = context.ssoAdmin()
    const listed: { readonly id: string; readonly at: Date }[] = []
    for await (const { AccountAssignmentsCreationStatus = [] } of paginateListAccountAssignmentCreationStatus(
      { client: sso },
      { InstanceArn },
    ))
      for (const { RequestId: id = '', CreatedDate: at } of AccountAssignmentsCreationStatus)
        if (at) listed.push({ id, at })
    const [oldest] = listed.sort((a, b) => a.at.getTime() - b.at.getTime())
    if (oldest === undefined) throw new Error('no request is listed, and some were made')
    const { status } = await describe({ sso, InstanceArn }, 'creation', oldest.id)
    return { oldestStatusAgeMs: Date.now() - oldest.at.getTime(), oldestListedIsDescribed: status !== undefined }
  },
}

const byPrincipal: Step<AcceptanceContext> = {
  name: 'Identity Center: the assignments of a principal, as this administrator',
  async run(context) {
    const { InstanceArn } = await context.instance()
    const [PrincipalId = ''] = await makeGroups(context, 'listed', 1)
    const asked = context
      .ssoAdmin()
      .send(new ListAccountAssignmentsForPrincipalCommand({ InstanceArn, PrincipalId, PrincipalType: 'GROUP' }))
    const answer = await asked.then(
      () => 'answered',
      (error: unknown) => (error instanceof Error ? error.name : 'refused'),
    )
    return { listForPrincipal: answer }
  },
}

export const stepsOfIdentityCenter: readonly Step<AcceptanceContext>[] = [
  life,
  byHand,
  provisioning,
  deletedPrincipal,
  errors,
  quota,
  outstanding,
  byPrincipal,
  oldestStatus,
]
