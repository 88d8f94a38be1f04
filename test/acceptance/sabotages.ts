import { createHash } from 'node:crypto'
import type { ApiReply } from '../../shared/aws/signed-api.ts'
import type { Ended } from '../end-to-end/run-program.ts'
import type { AcceptanceContext, AcceptanceOptions, PersonKind } from './acceptance-context.ts'

/** A call of a step, as it goes over the wire. */
export type WireCall = {
  readonly method: string
  readonly path: string
  /** AWS's name in the JSON protocols (`CreateGroup`) and the query protocol; S3 has none. */
  readonly operation: string
  /** Of the object; `''`: the bucket, or another service. */
  readonly key: string
  readonly query: URLSearchParams
  readonly body: string
}
/** Answered instead of AWS. `body`: text, or JSON. */
export type WireAnswer = {
  readonly status: number
  readonly body?: string | object
  readonly headers?: Readonly<Record<string, string>>
}

/** What a step guards, switched off. */
export type Sabotage = {
  readonly off: string
  /** `undefined`: the call goes on to the local system. */
  readonly answers?: (call: WireCall) => WireAnswer | undefined
  /** What commands and AWS's CLI say, instead of running. */
  readonly commands?: (kind: PersonKind, args: readonly string[]) => Ended
  readonly aws?: (args: readonly string[]) => unknown
  readonly api?: ApiReply
  readonly options?: Partial<AcceptanceOptions>
  readonly before?: (context: AcceptanceContext) => void
  /** The reason of the step. What it only waits for does not come about at all, so a second is as good as five minutes. */
  readonly says: RegExp
  /** Default: failed. Skipped: the step measures, and there was nothing to measure. */
  readonly outcome?: 'skipped'
}

const done: WireAnswer = { status: 200 }
const absent: WireAnswer = { status: 404, body: '<Error><Code>NoSuchKey</Code><Message>absent</Message></Error>' }
const isUpload = ({ method, key }: WireCall) => method === 'PUT' && key !== ''
/** S3 takes the file, and no notification of it arrives. */
const loses = (place: string) => (call: WireCall) => (isUpload(call) && call.key.startsWith(place) ? done : undefined)
/** An operation that says that it is done, and does nothing. */
const pretends =
  (operation: string, body: object = {}) =>
  (call: WireCall) =>
    call.operation === operation ? { status: 200, body } : undefined
const refuses = (operation: string, code: string) => (call: WireCall) =>
  call.operation === operation ? { status: 400, body: { __type: code, message: code } } : undefined
const shows = (key: RegExp, body: object) => (call: WireCall) =>
  call.method === 'GET' && key.test(call.key) ? { status: 200, body } : undefined
const keeps = (call: WireCall) => (call.method === 'DELETE' ? { status: 204 } : undefined)
const lists =
  (prefix: string, ...keys: readonly string[]) =>
  ({ method, key, query }: WireCall) =>
    method === 'GET' && key === '' && query.get('prefix')?.startsWith(prefix)
      ? { status: 200, body: listing(keys.map((one) => (query.get('prefix') ?? '') + one)) }
      : undefined
const listing = (keys: readonly string[]) =>
  `<ListBucketResult>${keys.map((key) => `<Contents><Key>${key}</Key></Contents>`).join('')}</ListBucketResult>`
const misses = (key: string) => (call: WireCall) => (call.method === 'GET' && call.key === key ? absent : undefined)
type Answers = NonNullable<Sabotage['answers']>
const all =
  (...answers: readonly Answers[]): Answers =>
  (call) =>
    answers.map((answer) => answer(call)).find((answer) => answer !== undefined)

const hasSets = all(loses('permission_sets/'), shows(/^status\/permission_sets/, { state: 'applied' }))
/** Every link is in force, and its access is in the ledger, whatever becomes of its file. */
const stays = all(
  hasSets,
  loses('links_data/'),
  keeps,
  shows(/^status\//, { state: 'applied' }),
  lists('assignments/', 'x'),
  ({ method, key }) => {
    const [place, , set = ''] = key.split('%')
    const principal = set.endsWith('-sus') ? set : 'team-Accountants'
    return method === 'GET' && place === 'assignments/account' ? { status: 200, body: { principal } } : undefined
  },
)
const hasGroup = all(
  loses('groups/'),
  shows(/^status\/groups/, { state: 'applied' }),
  pretends('CreateGroup', { GroupId: 'any' }),
  pretends('GetGroupId', { GroupId: 'any' }),
)
/** Every link waits. */
const waits = all(hasSets, loses('links_data/'), keeps, shows(/^status\/links_data/, { state: 'waiting' }))
const ended = (stdout: object, exitCode = 0): Ended => ({ exitCode, stdout: JSON.stringify(stdout), stderr: '' })
const words = (text: string) => new RegExp(text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&'))
/** The wait for this does not come to its end. */
const never = (what: string) => new RegExp(`${words(what).source}.* did not come about`)

const ofAccess: Readonly<Record<string, Sabotage>> = {
  'a permission set and a link to it are applied': {
    off: 'the notification of links',
    answers: all(hasSets, loses('links_data/')),
    says: never("the state 'applied' of links_data/"),
  },
  'a link that is not valid is rejected, and grants nothing': {
    off: 'the check of links',
    answers: all(loses('links_data/'), shows(/^status\/links_data/, { state: 'applied' })),
    says: never("the state 'rejected'"),
  },
  'a link waits for its group': {
    off: 'the check that its group exists',
    answers: all(loses('links_data/'), shows(/^status\/links_data/, { state: 'applied' })),
    says: never("the state 'waiting'"),
  },
  'a link that is uploaded again, with a reason, keeps its access': {
    off: 'the notification of a second upload',
    answers: stays,
    says: never('the new reason in the ledger'),
  },
  'an expired link counts as absent': {
    off: 'the look at links that expire',
    answers: stays,
    says: never('the end of the access'),
  },
  'during a pause nothing is granted, and afterwards everything': {
    off: 'the pause',
    answers: all(
      loses('control/'),
      misses('control/pause.json'),
      misses('control/dispatcher.json'),
      ({ method, key }) => (method === 'DELETE' && key.startsWith('control/') ? { status: 204 } : undefined),
      shows(/^status\//, { state: 'applying' }),
      stays,
    ),
    says: words('it was granted during the pause'),
  },
  'a deleted link takes its access away, and the permission set can go': {
    off: 'the notification of deletions',
    answers: stays,
    says: never('the end of the access'),
  },
}

const explicitDeny = (call: Pick<WireCall, 'method'>): WireAnswer | undefined =>
  call.method === 'PUT' || call.method === 'DELETE'
    ? {
        status: 403,
        body: '<Error><Code>AccessDenied</Code><Message>with an explicit deny in a resource-based policy</Message></Error>',
      }
    : undefined

const ofS3: Readonly<Record<string, Sabotage>> = {
  'S3: a write on a condition that does not hold is refused': {
    off: 'the condition of writes',
    answers: (call) => (isUpload(call) ? done : undefined),
    says: words('it was accepted'),
  },
  "S3: the bucket's policy refuses a role with all rights on S3, denial by denial": {
    off: 'the denial of OnlyGovernance',
    answers: all(loses('policies/'), explicitDeny),
    says: words('each: OnlyGovernance: bucketAdministrator calls PutObject policies/'),
  },
  "S3: the bucket's policy refuses a session of IAM Identity Center with all rights on S3, denial by denial": {
    off: 'the explicit denial, while the own policies of the session allow nothing',
    answers: ({ method, key }) =>
      method === 'PUT' && key.startsWith('approvals/')
        ? {
            status: 403,
            body: '<Error><Code>AccessDenied</Code><Message>no identity-based policy allows it</Message></Error>',
          }
        : explicitDeny({ method }),
    options: { people: { bucketAdministratorSession: 'any' } },
    says: /each: PeopleApproveOwn: .* no identity-based policy allows it$/,
  },
  'S3: an object that is not there is 404 to those who may list': {
    off: 'the right of the auditor to list',
    answers: ({ method }) => (method === 'HEAD' ? { status: 403 } : undefined),
    says: words('received 403, expected 404'),
  },
}

const ofIdentityCenter: Readonly<Record<string, Sabotage>> = {
  'Identity Center: one assignment is made, made again, listed, and taken away': {
    off: 'the listing of assignments',
    answers: pretends('ListAccountAssignments', { AccountAssignments: [] }),
    says: never('the listing'),
  },
  'an assignment made by hand stays with who made it, whatever becomes of a link to it': {
    off: 'the record of foreign access',
    answers: all(
      hasGroup,
      lists('foreign/'),
      lists('assignments/'),
      shows(/^owned_permission_sets\//, { arn: 'any' }),
      pretends('CreateAccountAssignment'),
      pretends('DescribeAccountAssignmentCreationStatus', {
        AccountAssignmentCreationStatus: { Status: 'SUCCEEDED' },
      }),
      pretends('ListAccountAssignments', { AccountAssignments: [{ PrincipalId: 'any' }] }),
      stays,
    ),
    says: words('the link took over what was made by hand'),
  },
  'Identity Center: a permission set that changed is provisioned, and listed as such': {
    off: 'the listing of what is not provisioned',
    answers: pretends('ListAccountsForProvisionedPermissionSet', { AccountIds: ['233000000002'] }),
    says: never('the change in the listing'),
  },
  'Identity Center: an assignment of a group that was deleted': {
    off: 'the check that the group exists',
    answers: pretends('DescribeAccountAssignmentCreationStatus', {
      AccountAssignmentCreationStatus: { Status: 'SUCCEEDED' },
    }),
    says: words('a group that was deleted got access'),
  },
  'Identity Center: the words of conflict and throttling': {
    off: 'the conflict of two names',
    answers: pretends('CreatePermissionSet', { PermissionSet: { PermissionSetArn: 'arn:aws:sso:::permissionSet/x' } }),
    says: words('it was accepted'),
  },
  'Identity Center: the words of a quota that is reached, by policies of a permission set': {
    off: 'the quota',
    answers: pretends('AttachCustomerManagedPolicyReferenceToPermissionSet'),
    says: words('not measured: quotaCode, quotaText'),
    outcome: 'skipped',
  },
  'Identity Center: sixteen assignment requests at a time, in several accounts': {
    off: 'the limit of open requests',
    answers: all(hasGroup, refuses('CreateAccountAssignment', 'ConflictException')),
    says: words('not measured: sixteenthCode'),
    outcome: 'skipped',
  },
  'Identity Center: the assignments of a principal, as this administrator': {
    off: 'the answer by principal',
    answers: refuses('ListAccountAssignmentsForPrincipal', 'ValidationException'),
    says: words('received ValidationException'),
  },
  'Identity Center: the oldest request whose status is kept': {
    off: 'the listing of requests',
    answers: pretends('ListAccountAssignmentCreationStatus', { AccountAssignmentsCreationStatus: [] }),
    says: words('no request is listed'),
  },
}

/** The tag brings the access. When its link goes, the access goes too, and comes again by the other link. */
function grantsAgain(): Answers {
  let isTagged = false
  const gone = new Set<string>()
  return all(hasSets, loses('links_data/'), lists('assignments/', 'x'), ({ operation, method, key }) => {
    if (operation === 'TagResource') isTagged = true
    if (method === 'DELETE') gone.add(`status/${key}.json`)
    if (operation === 'TagResource' || method === 'DELETE') return { status: 200, body: {} }
    if (method !== 'GET' || key === '') return undefined
    if (gone.has(key)) return absent
    if (key.startsWith('status/')) return { status: 200, body: { state: isTagged ? 'applied' : 'waiting' } }
    return { status: 200, body: { principal: 'team-Accountants', grantedAt: `${gone.size}` } }
  })
}

const ofEvents: Readonly<Record<string, Sabotage>> = {
  'events: a tag of the account brings its access': {
    off: 'the rule of tags, which has no target',
    answers: all(waits, pretends('TagResource')),
    says: never("the state 'applied'"),
  },
  'access that two links give stays until both are gone': {
    off: 'the look at other links before a revoke',
    answers: grantsAgain(),
    says: words('it was granted at 0, and after one link was gone at 1'),
  },
  'events: a group that gets the name a link waits for brings its access': {
    off: 'the rule of groups, which has no target',
    answers: all(waits, pretends('UpdateGroup')),
    says: never("the state 'applied'"),
  },
  'events: an account that moves into an organizational unit gets its access, and loses it when it moves back': {
    off: 'the rule of moves, which has no target',
    answers: all(waits, pretends('MoveAccount')),
    says: never('the access'),
  },
  'events: the hourly call of the watching role arrives': {
    off: 'the hourly call',
    answers: misses('usage/watched.json'),
    says: never('usage/watched.json'),
  },
  'events: uses of access by people are recorded': {
    off: 'the rule of uses, which has no target',
    answers: lists('usage/people/'),
    says: words('not measured: usesOfOne'),
    outcome: 'skipped',
  },
}

const ofRoles: Readonly<Record<string, Sabotage>> = {
  "roles: an operator reads IAM by the auditor's role of the account": {
    off: 'what the role may read',
    answers: ({ operation }) =>
      operation === 'ListRoles'
        ? { status: 200, body: '<ListRolesResponse><ListRolesResult><Roles/></ListRolesResult></ListRolesResponse>' }
        : undefined,
    says: words('the role ssofile-auditor sees no role in 233000000002'),
  },
  'roles: ssofile looks for a key in the account by the hygiene role': {
    off: 'the notification of files under retire/',
    answers: all(
      loses('retire/'),
      shows(/^hygiene\.json$/, { ownerTag: 'owner' }),
      pretends('ListTagsForResource', { Tags: [{ Key: 'owner', Value: 'team' }] }),
    ),
    says: never("the state 'applied' of retire/"),
  },
  'break-glass: it is as its file says': {
    off: 'the MFA device of a responder',
    options: { breakGlass: 'any.json' },
    commands: () => ended([{ check: 'user', level: 'fail', told: 'it has 0 MFA devices' }], 1),
    says: words('user: it has 0 MFA devices'),
  },
}

const ofPeople: Readonly<Record<string, Sabotage>> = {
  'people: a suspended user loses the access within a minute, and gets it back': {
    off: 'the notification of suspensions',
    answers: all(loses('suspended/'), stays),
    says: never('the end of the access'),
  },
  'people: a group by a file, and a user in it by another': {
    off: 'the notification of memberships',
    answers: all(hasGroup, loses('memberships/')),
    says: never("the state 'applied' of memberships/"),
  },
  'people: a rule puts a user into a group, and takes the user out when the title changes': {
    off: 'the notification of rules',
    answers: all(hasGroup, loses('rules/'), pretends('IsMemberInGroups', { Results: [] })),
    says: never('the membership'),
  },
  'people: a user is made and changed by a file': {
    off: 'the notification of people',
    answers: loses('people/'),
    says: never('the user'),
  },
  'attributes: one more is passed into sessions': {
    off: 'the notification of the attributes',
    answers: loses('access_control_attributes.json'),
    says: never("the state 'applied' of access_control_attributes.json"),
  },
}

const identity = `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::000000000000:assumed-role/AWSReservedSSO_Base_0123456789abcdef/kenji.ito@acme.example</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`
const ofRequests: Readonly<Record<string, Sabotage>> = {
  'requests: a person asks, another approves, and the access ends when the person is finished': {
    off: "the denial of requests under another's id",
    options: { people: { requester: 'any', approver: 'other' } },
    answers: all(
      ({ operation }) => (operation === 'GetCallerIdentity' ? { status: 200, body: identity } : undefined),
      pretends('GetUserId', { UserId: 'any' }),
      (call) => (isUpload(call) ? done : undefined),
      shows(/^status\//, { state: 'applied' }),
    ),
    says: words('it was accepted'),
  },
  'sessions: an operator ends those of a user, by a denial in the permission set': {
    off: 'the denial',
    answers: all(
      stays,
      shows(/^owned_permission_sets\//, { arn: 'any' }),
      pretends('GetInlinePolicyForPermissionSet', { InlinePolicy: '{}' }),
    ),
    commands: () => ended({}),
    says: words('the permission set has no denial of'),
  },
  'API: a signed request grants access, another takes it away, and one without a signature is refused': {
    off: 'the write behind the answer',
    answers: hasSets,
    api: { status: 202, retryAfter: undefined, errorType: undefined, body: '' },
    says: never("the state 'applied' of links_data/"),
  },
  'page: it is served with its guards, leads to the sign-in, and tells nothing without one': {
    off: 'the check of the session',
    answers: ({ path }) =>
      path === '/' || path === '/api/me'
        ? { status: 200, headers: { 'content-security-policy': "default-src 'self'" } }
        : undefined,
    says: words('GET /api/me: received 200, expected 401'),
  },
}

const account = '233000000002'
/** It answers once, and never again. */
function trailThatEnds() {
  const Events = [{ CloudTrailEvent: '{}' }]
  return () => ({ Events: Events.splice(0) })
}

const others: Readonly<Record<string, Sabotage>> = {
  'account access manager: an existing role that a group gets is listed as foreign, and its end is seen': {
    off: 'the listing of entitlements',
    options: { entitledRole: `arn:aws:iam::${account}:role/ops/Deploy` },
    answers: lists('foreign/'),
    says: never('the entitlement in foreign/'),
  },
  'applications: one that may act for its users is shown to operators': {
    off: 'the right of operators to list applications',
    commands: () => ended({ applications: [], notes: ['sso:ListApplications is missing'] }),
    says: words('sso:ListApplications is missing'),
  },
  'a dead letter is told and put back by an operator, and worked off': {
    off: "the denial in the queue's policy",
    answers: ({ operation, body }) => {
      if (operation !== 'SendMessage') return undefined
      const MD5OfMessageBody = createHash('md5').update(JSON.parse(body).MessageBody).digest('hex')
      return { status: 200, body: { MessageId: 'any', MD5OfMessageBody } }
    },
    says: words('the operator sends a message to the queue of links: it was accepted'),
  },
  'an upgrade from the last release, and a rollback, with work in progress': {
    off: 'the work of the functions during a deployment',
    options: { deploys: { last: 'true', present: 'true' } },
    answers: loses('links_data/'),
    says: never("the state 'applied'"),
  },
  'every alarm rings once, and its mail goes out': {
    off: 'the action of an alarm',
    aws: ([, verb]) =>
      verb === 'describe-alarms' ? { MetricAlarms: [{ AlarmName: 'ssofile-lost' }] } : { AlarmHistoryItems: [] },
    says: never('the action of ssofile-lost'),
  },
  'events: tag, move, rename, membership and assignment as CloudTrail tells them': {
    off: 'the trail of the organization',
    aws: trailThatEnds(),
    says: never('the events'),
  },
  'what was made is removed': {
    off: 'the right to delete',
    before: (context) => context.undo('a link', () => Promise.reject(new Error('AccessDenied'))),
    says: words('left behind, to be removed by hand: a link: Error: AccessDenied'),
  },
  'the brake holds a flood of deletions, and an operator releases it': {
    off: 'the brake',
    answers: all(hasGroup, misses('control/brake.json'), stays),
    says: never('the brake'),
  },
}

/** For each step, by its name. */
export const sabotages: Readonly<Record<string, Sabotage>> = {
  ...ofAccess,
  ...ofS3,
  ...ofIdentityCenter,
  ...ofEvents,
  ...ofRoles,
  ...ofPeople,
  ...ofRequests,
  ...others,
}
