import {
  applicationReads,
  directoryActions,
  groupActions,
  groupChangeActions,
  identityCenterActions,
  identityCenterReads,
  memberActions,
  organizationsActions,
  peopleChangeActions,
  permissionsOf,
  policyCheckActions,
} from '../../../infra/function-permissions.ts'
import { functionNames, functionSettings } from '../../../shared/ports/deployment-settings.ts'
import type { Rights } from '../../../shared/ports/rights.ts'

const code = (names: readonly string[]) => [...new Set(names)].map((name) => `\`${name}\``).join(' ') || '–'
const list = (service: string, actions: readonly string[]) => `\`${service}:\` ${code(actions.toSorted())}`

/** docs/permissions.md: what each function may do, for the people who have to approve it. */
export function renderPermissions(): string {
  const rows = functionNames.map((name) => {
    const { send = [], receive = [], deadLetters } = permissionsOf(name)
    const { reads, puts, deletes, services } = tell(permissionsOf(name))
    const own = functionSettings[name].queues?.map((queue) => queue.name) ?? []
    const receives = deadLetters ? 'every dead-letter queue' : code([...own, ...receive])
    return `| \`${name}\` | ${reads} | ${deletes} | ${puts} | ${receives} | ${code(send)} | ${services} |`
  })
  const operator = tell(permissionsOf('operator'))
  const planner = tell(permissionsOf('planner'))
  return `# Permissions

For reviewers who have to approve a deployment. After this page you know every right of every role. \`npm run permissions\` writes it from the kinds (\`shared/domain/inputs/kinds.ts\`), the jobs (\`handlers/schedules.ts\`) and \`shared/ports/rights.ts\`; tests fail for a call that is not granted, and CI compares the table with every call of the end-to-end tests (\`test/infra/permissions/uncalled-rights.ts\` has the rights that these do not use, with reasons).

Every function may also list the bucket's names, read \`control/owner.json\` and what it writes, use the key, and write its own logs. \`api\` is deployed only if inputs come in by it, and has rights only for these. \`page\` is deployed only with [a page](page.md); it reads \`assignments/\` and writes \`control/\` only if that names operators.

| function | reads | puts and deletes | puts | receives from | sends to | calls |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

## The role of operators

\`<name>-operator\` ([deployment.md](deployment.md#the-role-of-operators)). \`access.operators\` may assume it; IAM users only with MFA. It may also list the bucket's names, read older versions, and use the key. It may invoke the function \`redrive\`. It changes nothing in Identity Center.

| reads | puts and deletes | puts | calls |
| --- | --- | --- | --- |
| ${operator.reads} | ${operator.deletes} | ${operator.puts} | ${operator.services} |

## A role that plans

You make it for the job of a [pull request](pull-requests.md). \`ssofile plan\` writes nothing; it also lists the bucket's names, and reads with the bucket's key.

| reads | calls |
| --- | --- |
| ${planner.reads} | ${planner.services} |

## Organizations

${list('organizations', Object.values(organizationsActions).flat())}

With the tags of all accounts: \`sts:AssumeRole\` of the role \`<name>-tags\` in the management account, which may only \`tag:GetResources\` ([deployment.md](deployment.md)).

## Identity Store

${list('identitystore', directoryActions)}

With members of groups:

${list('identitystore', memberActions)}

Groups of a user (\`requests\`, \`api\`, \`page\`, the role of operators):

${list('identitystore', groupActions)}

The id of a membership (the role of operators, for \`restore\`): \`GetGroupMembershipId\`.

Groups and memberships (only \`requests\`, for files under \`groups/\`, \`memberships/\` and \`rules/\`):

${list('identitystore', groupChangeActions)}

Users (only \`requests\`, and only with [\`"directory": "identity-center"\`](people.md#people-by-files); otherwise it also reads no \`people/\` and writes no \`owned_people/\`, \`suspended/\` and \`history/people/\`):

${list('identitystore', peopleChangeActions)}

## Identity Center

On the one instance, its permission sets, and accounts; \`ListInstances\` knows no resource.

${list('sso', ['ListInstances', ...identityCenterActions])}

The role of operators, and one that plans: ${code(['ListInstances', ...identityCenterReads].toSorted())}. The report: ${code(applicationReads)}.

With a customer's key (\`identityCenterKeyArn\`) the calling functions may also \`kms:Decrypt\` with it, only through this instance and the organization's Identity Store. In the management account, if links may name it, the dispatcher may also make the roles of Identity Center: \`infra/function-policy.ts\`.

## Account access manager

In the partition \`aws\`, for the drift check: \`account-access:ListEntitlements\` of its instance in ssofile's Region, and \`account-access:ListApplications\`, which knows no resource.

## The auditor's role

If the configuration names one (\`auditorRole\`): \`sts:AssumeRole\` of the role of that name, in accounts of the organization (condition \`aws:ResourceOrgID\`). [Its rights](audit.md#which-access-is-unused).

## IAM Access Analyzer

The role of operators, and one that plans, for \`plan --check-access\` only ([less-privilege.md](less-privilege.md)): ${code(policyCheckActions.map((action) => `access-analyzer:${action}`))}, which know no resource.

## The role that retires credentials

If the configuration names one (\`hygieneRole\`), for the function \`retire\`: \`sts:AssumeRole\` of the role of that name, in accounts of the organization. [Its rights](credentials.md#the-role-that-retires).
`
}

/** The cells of a row that functions and operators share. */
function tell(permissions: Rights) {
  const {
    read = [],
    write = [],
    put = [],
    remove = [],
    organizations,
    directory,
    identityCenter,
    versions,
    accountAccess,
    ownRoles,
    auditorRole,
    hygieneRole,
    policyChecks,
    outcomes,
    pageSecret,
  } = permissions
  const services = [
    versions === 'list' && 'S3: `s3:ListBucketVersions`',
    organizations && `Organizations${organizations === 'tags' ? ', with the tags of all accounts' : ''}`,
    directory === 'read' && 'Identity Store',
    directory === 'members' && 'Identity Store, with members of groups',
    directory === 'groups' && 'Identity Store, with groups of users',
    directory === 'members and groups' && 'Identity Store, with members of groups and groups of users',
    directory === 'memberships' && 'Identity Store, with members of groups, groups of users and ids of memberships',
    directory === 'change' &&
      'Identity Store, with members of groups and groups of users; makes groups and memberships',
    directory === 'people' &&
      'Identity Store, with members of groups and groups of users; makes groups, memberships and users',
    identityCenter === 'change' && 'Identity Center',
    accountAccess && 'Account access manager: reads',
    identityCenter === 'read' && 'Identity Center: reads',
    identityCenter === 'instance' && 'Identity Center: the instance',
    identityCenter === 'applications' && 'Identity Center: applications',
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
  return { reads, puts: code(put), deletes: code([...write, ...remove]), services: services.join(', ') || '–' }
}
