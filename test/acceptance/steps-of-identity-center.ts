import { DeleteGroupCommand } from '@aws-sdk/client-identitystore'
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
  SSOAdminServiceException,
} from '@aws-sdk/client-sso-admin'
import { SkippedStep, type Step } from './acceptance.ts'
import { type AcceptanceContext, refusalOf } from './acceptance-context.ts'
import { makeGroups } from './make-principals.ts'
import { putSet } from './put-link.ts'

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

/** What becomes of a request. AWS may refuse the call at once, or take it and answer FAILED later: both are facts. */
async function answerTo(context: AcceptanceContext, made: Made, kind: Kind, principal: string, account: string) {
  const beganMs = performance.now()
  try {
    const id = await request(made, kind, principal, account)
    return { id, ...(await ended(context, made, kind, id)) }
  } catch (error) {
    if (!(error instanceof SSOAdminServiceException)) throw error
    return { id: '', status: error.name, reason: error.message, ms: Math.round(performance.now() - beganMs) }
  }
}

/** A request that succeeded has no reason. */
function reasonOf(kind: 'create' | 'delete', { status, reason }: { readonly status: string; readonly reason: string }) {
  return status === 'SUCCEEDED' ? {} : { [`${kind}Reason`]: reason }
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
  async run(context, note) {
    const { account } = context.options
    const [group = ''] = await makeGroups(context, 'life', 1)
    const made = await makeSet(context, 'life')
    context.undo('its assignment', async () => {
      if (await isListed(made, account, group))
        await ended(context, made, 'deletion', await request(made, 'deletion', group, account))
    })
    const answer = (kind: Kind) => answerTo(context, made, kind, group, account)
    const created = await answer('creation')
    note({ createStatus: created.status, ...reasonOf('create', created), createMs: created.ms })
    note({ createListingLagMs: await context.untilMs('the listing', () => isListed(made, account, group)) })
    note({ duplicateCreateStatus: (await answer('creation')).status })
    const deleted = await answer('deletion')
    note({ deleteStatus: deleted.status, ...reasonOf('delete', deleted), deleteMs: deleted.ms })
    const isGone = async () => !(await isListed(made, account, group))
    note({ deleteListingLagMs: await context.untilMs('the end in the listing', isGone) })
    const missing = await answer('deletion')
    note({ deleteOfMissingStatus: missing.status, deleteOfMissingReason: missing.reason })
    note({ endedRequestIsDescribed: (await describe(made, 'creation', created.id)).status === 'SUCCEEDED' })
  },
}

const deletedPrincipal: Step<AcceptanceContext> = {
  name: 'Identity Center: an assignment of a group that was deleted',
  async run(context, note) {
    const [group = ''] = await makeGroups(context, 'deleted', 1)
    const made = await makeSet(context, 'deleted')
    await context
      .identityStore()
      .send(new DeleteGroupCommand({ IdentityStoreId: made.IdentityStoreId, GroupId: group }))
    const { status, reason } = await answerTo(context, made, 'creation', group, context.options.account)
    note({ assignmentOfDeletedStatus: status, assignmentOfDeletedReason: reason })
    if (status === 'SUCCEEDED') throw new Error('a group that was deleted got access')
  },
}

const errors: Step<AcceptanceContext> = {
  name: 'Identity Center: the words of conflict and throttling',
  async run(context, note) {
    const made = await makeSet(context, 'errors')
    const { sso, InstanceArn } = made
    const twice = await refusalOf(
      sso.send(new CreatePermissionSetCommand({ InstanceArn, Name: `${context.prefix}-errors` })),
    )
    note({ duplicateSetCode: twice.code, duplicateSetText: twice.text })
    const impatient = context.ssoAdmin({ isImpatient: true })
    const burst = Array.from({ length: 120 }, () =>
      impatient.send(new ListPermissionSetsCommand({ InstanceArn })).then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error : undefined),
      ),
    )
    const throttled = (await Promise.all(burst)).filter((error) => error !== undefined)
    const [first] = throttled
    note({
      burstOf120IsThrottled: throttled.length > 0,
      throttlingCode: first?.name,
      throttlingText: first?.message,
    })
  },
}

/** One request for each account as far as there are accounts: two in one account conflict before AWS counts them. */
const outstanding: Step<AcceptanceContext> = {
  name: 'Identity Center: sixteen assignment requests at a time, in several accounts',
  async run(context, note) {
    const accounts = [context.options.account, ...context.options.moreAccounts]
    if (accounts.length === 1)
      throw new SkippedStep('requests in one account conflict before AWS counts them: give --account up to 16 times')
    const groups = await makeGroups(context, 'many', 16)
    const patient = await makeSet(context, 'many')
    const made = { ...patient, sso: context.ssoAdmin({ isImpatient: true }) }
    const targets = groups.map((group, index) => ({ group, account: accounts[index % accounts.length] ?? '' }))
    const taken = new Map<string, (typeof targets)[number]>()
    const untilEnded = () => Promise.all([...taken.keys()].map((id) => ended(context, patient, 'creation', id)))
    context.undo('their assignments', async () => {
      await untilEnded()
      const revoke = async ({ group, account }: (typeof targets)[number]) => {
        let deletion: string | undefined
        await context.untilMs('a deletion that is taken', async () => {
          deletion = await request(patient, 'deletion', group, account).catch(() => undefined)
          return deletion !== undefined
        })
        if (deletion !== undefined) await ended(context, patient, 'deletion', deletion)
      }
      await Promise.all([...new Set(taken.values())].map(revoke))
    })
    const refusals: SSOAdminServiceException[] = []
    const ask = async (target: (typeof targets)[number]) => {
      try {
        taken.set(await request(made, 'creation', target.group, target.account), target)
      } catch (error) {
        if (!(error instanceof SSOAdminServiceException)) throw error
        refusals.push(error)
      }
    }
    const isLimit = ({ name, message }: Error) => name !== 'ConflictException' && !/rate exceeded/i.test(message)
    // The rate of calls is another limit, and others call too: then all ask once more.
    for (let burst = 0; burst < burstsMost && !refusals.some(isLimit); burst++) {
      await untilEnded()
      // AWS counts earlier calls for a second, and ssofile looks at what changed by hand.
      await context.rest(3_000)
      await Promise.all(targets.map(ask))
    }
    const limit = refusals.find(isLimit)
    const others = new Set(refusals.map(({ name, message }) => `${name}: ${message}`))
    note({ sixteenInAccounts: Math.min(accounts.length, groups.length) })
    note({ sixteenthCode: limit?.name, sixteenthText: limit?.message ?? [...others].sort().join('; ') })
  },
}

const burstsMost = 3

/** Somebody else's: a link to it does not make it ours, so that its deletion takes nothing away. */
const byHand: Step<AcceptanceContext> = {
  name: 'an assignment made by hand stays with who made it, whatever becomes of a link to it',
  async run(context, note) {
    const { account } = context.options
    const [group = ''] = await makeGroups(context, 'hand', 1)
    const set = `${context.prefix}-hnd`
    const grant = `account%${account}%${set}%${context.prefix}-hand-0%GROUP%ssofile`
    const link = `links_data/${grant}`
    await putSet(context, set)
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
    note({ linkToHandMadeMs: await context.untilStateMs('applied', link) })
    const [ours, others] = await Promise.all([context.recordOf(grant), context.recordOf(grant, 'foreign/')])
    if (ours !== undefined || others === undefined) throw new Error('the link took over what was made by hand')
    await context.remove(link)
    await context.untilGoneMs(link)
    if (!(await isListed(made, account, group))) throw new Error('what was made by hand was revoked with the link')
  },
}

const provisioning: Step<AcceptanceContext> = {
  name: 'Identity Center: a permission set that changed is provisioned, and listed as such',
  async run(context, note) {
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
    const isChanged = async () => !(await isListedAs('LATEST_PERMISSION_SET_PROVISIONED'))
    note({ changeListingLagMs: await context.untilMs('the change in the listing', isChanged) })
    const asked = await sso.send(
      new ProvisionPermissionSetCommand({
        ...{ InstanceArn, PermissionSetArn },
        ...{ TargetType: 'AWS_ACCOUNT', TargetId: account },
      }),
    )
    const ProvisionPermissionSetRequestId = asked.PermissionSetProvisioningStatus?.RequestId
    let status: string | undefined
    const isOver = async () => {
      const command = new DescribePermissionSetProvisioningStatusCommand({
        InstanceArn,
        ProvisionPermissionSetRequestId,
      })
      status = (await sso.send(command)).PermissionSetProvisioningStatus?.Status
      return status !== 'IN_PROGRESS'
    }
    note({ provisionMs: await context.untilMs('the end of the provisioning', isOver), provisionStatus: status ?? '' })
    const isProvisioned = () => isListedAs('LATEST_PERMISSION_SET_PROVISIONED')
    note({ provisionListingLagMs: await context.untilMs('the provisioning in the listing', isProvisioned) })
  },
}

/** More than any organization has been given. */
const policiesMost = 60

const quota: Step<AcceptanceContext> = {
  name: 'Identity Center: the words of a quota that is reached, by policies of a permission set',
  async run(context, note) {
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
      if (refused) return note({ policiesOfASet: count, quotaCode: refused.name, quotaText: refused.message })
    }
    note({ policiesOfASet: policiesMost, quotaCode: undefined, quotaText: undefined })
  },
}

/** How long statuses of requests are kept, AWS does not say: at least as long as the oldest that is listed. */
const oldestStatus: Step<AcceptanceContext> = {
  name: 'Identity Center: the oldest request whose status is kept',
  async run(context, note) {
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
    note({ oldestStatusAgeMs: Date.now() - oldest.at.getTime(), oldestListedIsDescribed: status !== undefined })
  },
}

const byPrincipal: Step<AcceptanceContext> = {
  name: 'Identity Center: the assignments of a principal, as this administrator',
  async run(context, note) {
    const { InstanceArn } = await context.instance()
    const [PrincipalId = ''] = await makeGroups(context, 'listed', 1)
    const asked = context
      .ssoAdmin()
      .send(new ListAccountAssignmentsForPrincipalCommand({ InstanceArn, PrincipalId, PrincipalType: 'GROUP' }))
    const answer = await asked.then(
      () => 'answered',
      (error: unknown) => (error instanceof Error ? error.name : 'refused'),
    )
    note({ listForPrincipal: answer })
    if (answer !== 'answered' && answer !== 'AccessDeniedException')
      throw new Error(`received ${answer}, expected an answer or AccessDeniedException`)
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
