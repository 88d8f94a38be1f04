import {
  directoryActions,
  type FunctionPermissions,
  functionPermissions,
  groupActions,
  groupChangeActions,
  identityCenterActions,
  identityCenterReads,
  memberActions,
  operatorPermissions,
  organizationsActions,
  peopleChangeActions,
  plannerPermissions,
  policyCheckActions,
} from '../../../infra/function-permissions.ts'
import { functionNames, functionSettings } from '../../../shared/ports/deployment-settings.ts'
import { uncalledRights } from './uncalled-rights.ts'

const code = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(' ') || '–'
const list = (service: string, actions: readonly string[]) =>
  actions
    .toSorted()
    .map((action) => `- \`${service}:${action}\``)
    .join('\n')

/** docs/permissions.md: what each function may do, for the people who have to approve it. */
export function renderPermissions(): string {
  const rows = functionNames.map((name) => {
    const { send = [], receive = [] } = functionPermissions[name]
    const { reads, puts, deletes, services } = tell(functionPermissions[name])
    const own = functionSettings[name].queues?.map((queue) => queue.name) ?? []
    const receives = code([...own, ...receive])
    return `| \`${name}\` | ${reads} | ${deletes} | ${puts} | ${receives} | ${code(send)} | ${services} |`
  })
  const operator = tell(operatorPermissions)
  const planner = tell(plannerPermissions)
  return `# Permissions

What the role of each function may do. Written by \`npm run permissions\` from \`infra/function-permissions.ts\`; the simulation fails for a call that is not
granted, and CI compares the table with every call of the end-to-end tests: a right that nothing uses stands at the end, with its reason. Every function may also list the bucket's names, read \`control/owner.json\`, read what it writes, use the key, and
write its own logs. \`api\` is deployed only where inputs come in by it, and writes only those; it asks the directory and reads requests only where these come in by it. \`page\` is deployed only where the environment has [a page](page.md); it reads \`assignments/\` and writes \`control/\` only where that names operators.

| function | reads | puts and deletes | puts | receives from | sends to | calls |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

## The role of operators

\`<name>-operator\`, for the commands \`import\`, \`release\`, \`restore\` and \`sessions end\` ([deployment.md](deployment.md#the-role-of-operators)). Those whom \`access.operators\` names may assume it; IAM users only with MFA.
It may also list the bucket's names, read older versions, and use the key. Of Identity Center it may only call what reads: none of them changes anything there.

| reads | puts and deletes | puts | calls |
| --- | --- | --- | --- |
| ${operator.reads} | ${operator.deletes} | ${operator.puts} | ${operator.services} |

## A role that plans

For the job of a pull request ([pull-requests.md](pull-requests.md)), which you make yourself: \`ssofile plan\` writes nothing. It also lists the bucket's names, and reads with the key of the bucket.

| reads | calls |
| --- | --- |
| ${planner.reads} | ${planner.services} |

## Organizations

${list('organizations', Object.values(organizationsActions).flat())}

## Identity Store

${list('identitystore', directoryActions)}

With members of groups:

${list('identitystore', memberActions)}

The functions \`requests\`, \`api\` and \`page\` and the role of operators also ask for the groups of a user:

${list('identitystore', groupActions)}

The role of operators asks for the id of a membership (\`identitystore:GetGroupMembershipId\`) for \`restore\`.

Only \`requests\` makes groups and memberships, and only where files under \`groups/\`, \`memberships/\` and \`rules/\` ask for it:

${list('identitystore', groupChangeActions)}

Only \`requests\` writes users, and only where the configuration has \`"directory": "identity-center"\` ([people.md](people.md#people-by-files)). Elsewhere it has none of these rights, reads no \`people/\`, and writes neither \`owned_people/\` nor \`suspended/\` nor \`history/people/\`:

${list('identitystore', peopleChangeActions)}

## Identity Center

On the one instance, its permission sets, and accounts; \`ListInstances\` knows no resource.

${list('sso', ['ListInstances', ...identityCenterActions])}

The role of operators, and one that plans: ${code(['ListInstances', ...identityCenterReads].toSorted())}.

Where a customer's key encrypts IAM Identity Center (\`identityCenterKeyArn\`), the functions that call it may also \`kms:Decrypt\` with that key: only through IAM
Identity Center for the one instance, and through the Identity Store of the organization.

In the management account, and only where links may name it, the dispatcher may also make the roles of Identity Center there: \`infra/function-policy.ts\`.

## Account access manager

In the partition \`aws\`, for the drift check: \`account-access:ListEntitlements\` of its instance in ssofile's Region, and \`account-access:ListApplications\`, which knows no resource.

## The auditor's role

Only where the configuration names one (\`auditorRole\`): \`sts:AssumeRole\` of the role of that name, in accounts of the organization (condition \`aws:ResourceOrgID\`). What that
role may do is up to the accounts: [audit.md](audit.md#which-access-is-unused).

## IAM Access Analyzer

The role of operators, and one that plans, for \`plan --check-access\` only ([less-privilege.md](less-privilege.md)): ${code(policyCheckActions.map((action) => `access-analyzer:${action}`))}, which know no resource.

## The role that retires credentials

Only where the configuration names one (\`hygieneRole\`), and then there is the function \`retire\`: \`sts:AssumeRole\` of the role of that name, in accounts of the organization.
What that role may do: [credentials.md](credentials.md#the-role-that-retires).

## Granted, and used by no end-to-end test

Not all of them in each run.

${uncalledRights.map(({ reason, of }) => `- ${of}: ${reason}`).join('\n')}
`
}

/** The cells of a row that functions and operators share. */
function tell(permissions: FunctionPermissions) {
  const {
    read = [],
    write = [],
    put = [],
    organizations,
    directory,
    identityCenter,
    accountAccess,
    ownRoles,
    auditorRole,
    hygieneRole,
    policyChecks,
    outcomes,
    pageSecret,
  } = permissions
  const services = [
    organizations && 'Organizations',
    directory === 'read' && 'Identity Store',
    directory === 'members' && 'Identity Store, with members of groups',
    directory === 'groups' && 'Identity Store, with members of groups and groups of users',
    directory === 'memberships' && 'Identity Store, with members of groups, groups of users and ids of memberships',
    directory === 'change' &&
      'Identity Store, with members of groups and groups of users; makes groups and memberships',
    directory === 'people' &&
      'Identity Store, with members of groups and groups of users; makes groups, memberships and users',
    identityCenter === 'change' && 'Identity Center',
    accountAccess && 'Account access manager: reads',
    identityCenter === 'read' && 'Identity Center: reads',
    identityCenter === 'instance' && 'Identity Center: the instance',
    ownRoles && "IAM: Identity Center's roles in ssofile's own account",
    auditorRole && "STS: the auditor's role",
    hygieneRole && 'STS: the role that retires credentials',
    policyChecks && 'IAM Access Analyzer: checks of policies',
    pageSecret && 'Secrets Manager: the secret of the page',
    outcomes === 'publish' && 'EventBridge: the bus of outcomes',
    outcomes === 'deliver' &&
      'SNS: the topic of notifications; Secrets Manager: the webhooks of the configuration; SQS: puts off its own messages',
  ].filter((service) => typeof service === 'string')
  const reads = read.some((prefix) => prefix === '') ? 'everything' : code(read)
  return { reads, puts: code(put), deletes: code(write), services: services.join(', ') || '–' }
}
