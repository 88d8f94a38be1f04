import type { Unused } from './compare-calls.ts'

/** Rights that no call of the end-to-end tests uses, and why they are granted all the same. */
export const uncalledRights: readonly Unused[] = [
  {
    right: / (logs|kms):/,
    of: 'logs and the key, of all functions',
    reason: 'Lambda writes the logs, and S3 and SQS use the key for the function',
  },
  {
    right:
      / sqs:(ReceiveMessage|DeleteMessage|GetQueueAttributes) .*-(uploads|links|permission-sets|requests|people|urgent|events|dispatch|digests|usage)\b/,
    of: "`sqs:ReceiveMessage`, `DeleteMessage`, `GetQueueAttributes` of a function's own queue",
    reason: 'Lambda calls the queue of an event source mapping with the role of the function',
  },
  {
    right: /^(router|permission-sets|nightly|owner|digests|usage): s3:ListBucket/,
    of: '`s3:ListBucket`, of `router`, `permission-sets`, `nightly`, `owner`, `digests`, `usage`',
    reason: 'without it a missing object is 403, which is never absence (S3 API Reference, "GetObject")',
  },
  {
    right: / s3:(Get|Put|Delete)Object .*\/state\/failures\//,
    of: 'objects under `state/failures/`',
    reason: 'only for messages that fail again and again; failures.test.ts and redrive.test.ts have them',
  },
  {
    right: / sqs:SendMessage .*-(work-urgent|work|work-bulk)\./,
    of: '`sqs:SendMessage` to the work queues',
    reason: 'which lane depends on how many hints there are, and on the configuration',
  },
  {
    right: /^(events|hourly|sweep|dispatcher|minute-links): sqs:SendMessage .*-permission-sets\./,
    of: '`sqs:SendMessage` to `permission-sets`, of `events`, `hourly`, `sweep`, `dispatcher`, `minute-links`',
    reason: 'only where a message about a file was lost, or its status could not be told for long',
  },
  {
    right: /^(events|hourly|permission-sets|minute-links): s3:\w+ .*\/attention\//,
    of: 'objects under `attention/`, of `events`, `hourly`, `permission-sets`, `minute-links`',
    reason: 'only where the index and a status disagree: their writer has died between the two',
  },
  {
    right: /^(sweep|minute-links): sqs:SendMessage .*-events\./,
    of: '`sqs:SendMessage` to `events`, of `sweep` and `minute-links`',
    reason: 'only where `state/` is gone: whichever of them notices it first',
  },
  {
    right: /^permission-sets: sqs:SendMessage .*-permission-sets\./,
    of: '`sqs:SendMessage` of `permission-sets` to its own queue',
    reason: 'only for a file that fails: it is tried again alone; permission-sets.test.ts has it',
  },
  {
    right: / s3:\w+ .*\/status\/too-(many|long)\//,
    of: 'objects under `status/too-many/` and `status/too-long/`',
    reason: 'only for a folder with more than 1,000 invalid files, or a very long name; too-many.test.ts has them',
  },
  {
    right: /^(events|sweep): s3:DeleteObject .*\/state\//,
    of: '`s3:DeleteObject` under `state/`, of `events` and `sweep`',
    reason: 'only for records that have lost their subject since they were listed',
  },
  {
    right: /^(events|hourly|sweep): s3:DeleteObject .*\/access\//,
    of: '`s3:DeleteObject` under `access/`, of `events`, `hourly` and `sweep`',
    reason: 'only where a name is left that nobody has any more: whichever of them finds it first',
  },
  {
    right: /^(events|hourly): s3:\w+ .*\/(changes|history\/leavers)\//,
    of: 'objects under `changes/` and `history/leavers/`, of `events` and `hourly`',
    reason: 'only where a user who has something is disabled or deleted, or comes back; leavers.test.ts has them',
  },
  {
    right: /^nightly: s3:\w+ .*\/usage\//,
    of: 'objects under `usage/`, of `nightly`',
    reason: 'only after a day with uses; use-records.test.ts has them',
  },
  {
    right: / s3:\w+ .*\/state\/organization\//,
    of: 'objects under `state/organization/`',
    reason: 'only where the organization has more than 1,000 accounts; organization-file.test.ts has them',
  },
  {
    right: / s3:\w+ .*\/control\/brake\//,
    of: 'objects under `control/brake/`',
    reason: 'only where more than 500 names are held on one list; long-lists.test.ts has them',
  },
  {
    right: /^nightly: s3:GetObject .*\/state\/drift\.json/,
    of: '`s3:GetObject` of `state/drift.json`, of `nightly`',
    reason: 'the right to write with If-Match (S3 User Guide, "Conditional writes")',
  },
  {
    right: /^((api|links|minute-links): s3:GetObject .*\/policies\/|minute-links: s3:\w+ .*\/state\/policies\.json)/,
    of: 'objects under `policies/`, of `api`, `links` and `minute-links`, and `state/policies.json`',
    reason: 'only where governance has written policies; guardrails.test.ts has them',
  },
  {
    right: /^dispatcher: identitystore:ListGroupMemberships/,
    of: '`identitystore:ListGroupMemberships`, of `dispatcher`',
    reason: 'only for policies about people; guardrails.test.ts has them',
  },
  {
    right:
      /^((links|minute-links): s3:GetObject .*\/selectors\/|minute-links: s3:\w+ .*\/state\/(selectors|organization)\.json|minute-links: sqs:\w+ .*(work|dispatch))/,
    of: 'objects under `selectors/`, of `links` and `minute-links`, and what `minute-links` does when one changes',
    reason: 'only where governance has written selectors; selectors.test.ts has them',
  },
  {
    right:
      /^(api: (organizations:|identitystore:(Describe|List(Users|Groups)\b)|s3:GetObject .*\/state\/organization\.json)|page: (organizations:|identitystore:List(Users|Groups)\b))/,
    of: 'what `api` and `page` may ask Organizations, lists of the directory, and its names, of `api`',
    reason: 'only for requests whose approver is the owner that a tag of the account names; requests.test.ts has one',
  },
  {
    right: /^(requests: s3:\w+|operator: s3:DeleteObject) .*\/control\/ended-sessions\.json/,
    of: '`control/ended-sessions.json`, of `requests`, and deleting it, of `operator`',
    reason:
      'only where an eligibility ends sessions; requests.test.ts has one. Who writes a record may also remove it, when it is empty',
  },
  {
    right: /^(api|page|usage): s3:GetObject .*\/control\/pause\.json/,
    of: 'reading `control/pause.json`, of `api`, `page` and `usage`',
    reason: 'only if the file of a suspended person is lost; lost-requests.test.ts has a case',
  },
  {
    right: /^minute-links: s3:\w+ .*\/(control\/ended-sessions\.json|state\/owed-endings\/)/,
    of: 'writing `control/ended-sessions.json`, and `state/owed-endings/`, of `minute-links`',
    reason: 'only after access ended while the record of ended sessions could not be read; requests.test.ts has a case',
  },
  {
    right: /^requests: sqs:SendMessage .*-(requests|people|urgent)\b/,
    of: '`sqs:SendMessage`, of `requests` to its own queues',
    reason:
      'only for a look that failed, which is tried again beside the others, and for what hangs on a group or a suspension; requests.test.ts and suspend.test.ts have some',
  },
  {
    right: /^(requests: (organizations:|identitystore:List(Users|Groups)\b|s3:GetObject .*\/selectors\/))/,
    of: 'what `requests` may ask Organizations, lists of the directory, and objects under `selectors/`',
    reason:
      'only where the account is not in the stored view, or an eligibility names tags or a selector; requests.test.ts has them',
  },
  {
    right:
      /^(requests: s3:(GetObject .*\/(attention|changes|history\/(suspensions|groups|memberships|people))|DeleteObject .*\/state)\/|dispatcher: s3:PutObject .*\/control\/ended-sessions\.json)/,
    of: 'what belongs to a right to write, of `requests` and `dispatcher`',
    reason:
      'the right to write with If-Match, and to take away what was written (S3 User Guide, "Conditional writes"); only a dead writer, or the end of a denial, needs it',
  },
  {
    right: /^requests: s3:GetObject .*\/(policies|foreign)\//,
    of: 'objects under `policies/` and `foreign/`, of `requests`',
    reason:
      'only where a policy has `neverSuspend`, and for people who are suspended and have access of others; suspend.test.ts of `shared/modules/people` has them',
  },
  {
    right: /^(sweep|hourly|events|minute-links): sqs:SendMessage .*-(requests|people|urgent)\./,
    of: '`sqs:SendMessage` to `requests`, `people` and `urgent`, of `sweep`, `hourly`, `events` and `minute-links`',
    reason: 'only where a message about a request was lost, or an approval waits to be read; requests.test.ts has them',
  },
  {
    right:
      /^credentials: (sqs:SendMessage .*-digests\b|organizations:|s3:\w+ .*\/(hygiene\.json|(owned_)?permission_sets\/|status\/hygiene\.json\.json|attention\/rejected\/hygiene\.json|state\/((credentials|permissions)\/|organization\.json)|reports\/(credentials\/|permissions))|sts:)/,
    of: 'mails, owners, reports, what is kept of a night or month and the status of `hygiene.json`, of `credentials`',
    reason:
      "only where an auditor's role is configured and governance has written `hygiene.json`; write-credentials.test.ts and write-permissions.test.ts have them",
  },
  {
    right: /^retire: (organizations:|s3:\w+ |sts:)/,
    of: 'everything of `retire` but its pause',
    reason: 'only where a `hygieneRole` is configured; test/shared/modules/credentials/retire-credentials has it',
  },
  {
    right:
      /^notifications: s3:GetObject .*\/(history\/|eligibility\/|permission_sets\/|state\/(drift|organization)\.json)/,
    of: '`history/`, `eligibility/`, `permission_sets/`, `state/drift.json` and `state/organization.json`, of `notifications`',
    reason: 'only for acts of people, requests that wait and after a drift check; tell-outcomes.test.ts has them',
  },
  {
    right: /^(digests|page|usage): s3:GetObject .*\/control\/owner\.json/,
    of: '`control/owner.json`, of `digests`, `page` and `usage`',
    reason: 'its bundle looks whose bucket it is; the local system runs it without a bundle',
  },
  {
    right: /^digests: sqs:ChangeMessageVisibility/,
    of: '`sqs:ChangeMessageVisibility`, of `digests`',
    reason: 'only for a receiver that cannot be reached; notifications.test.ts has one',
  },
  {
    right: /^report: s3:\w+ .*\/state\/report\//,
    of: 'objects under `state/report/`, of `report`',
    reason: 'only with more than a thousand groups; kept-memberships.test.ts has them',
  },
  {
    right: / organizations:ListRoots/,
    of: '`organizations:ListRoots`',
    reason: 'only for a link to a root by its id, which may not be known yet, and from the second hour on for its name',
  },
  {
    right: /^(links|events|hourly|dispatcher): (organizations:|sts:AssumeRole .*-tags)/,
    of: 'Organizations and the tags of all accounts, of `links`, `events`, `hourly`, `dispatcher`',
    reason:
      'the function that finds the view of the organization missing or too old reads it again; mostly that is another function',
  },
  {
    right: /^(events|hourly|report): identitystore:/,
    of: 'Identity Store, of `events`, `hourly` and `report`',
    reason: 'names are asked one by one or listed, by how many there are; the tests have few of them',
  },
  {
    right: /^dispatcher: sso:(Delete(InlinePolicy|PermissionsBoundary)|Detach\w+)FromPermissionSet/,
    of: '`sso:Detach…` and `sso:Delete…FromPermissionSet`, of `dispatcher`',
    reason: 'a field is taken out of a file; permission-set-states.test.ts takes each of them out',
  },
  {
    right: /^dispatcher: sso:ListPermissionSetsProvisionedToAccount/,
    of: '`sso:ListPermissionSetsProvisionedToAccount`, of `dispatcher`',
    reason: 'only where a permission set of the management account is refused to a delegated administrator',
  },
  {
    right: /^api: iam:GetRole/,
    of: '`iam:GetRole`, of `api`',
    reason: 'on the local system nobody can forge a session, and the account has no roles; own-roles.test.ts has it',
  },
  {
    right:
      /^operator: s3:(DeleteObject .*\/(links_data|permission_sets)\/|\w+Object .*\/memberships\/|PutObject .*\/owner\.json|\w+Versions?\b)/,
    of: 'of `operator`: deleting inputs, files of memberships, the claim of the bucket, older versions',
    reason: 'for `restore`, and an import into a bucket that nobody has claimed yet',
  },
  {
    right: /^operator: s3:(\w+Object .*\/attention|DeleteObject .*\/state)\//,
    of: 'objects under `attention/`, and `s3:DeleteObject` under `state/`, of `operator`',
    reason: 'only for records that have lost their subject',
  },
  {
    right: /^operator: (organizations|identitystore|sso):(Describe|Get|List)/,
    of: 'Organizations, Identity Store and Identity Center, of `operator`',
    reason: 'reads only; which of them a command calls depends on its filters and on what there is',
  },
]
