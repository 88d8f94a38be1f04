import { type JsonRule, type JsonRules, required, rule } from '../json/json-faults.ts'
import { configurationRules } from './configuration.ts'
import { environmentFields } from './environment.ts'
import { pageSettings } from './page-settings.ts'

const object = (fields: readonly string[]): JsonRule =>
  rule(`a JSON object with the fields ${fields.join(', ')}`, 'write { … }')
const principals = required('a list of at most 50 ARNs of IAM roles or users', '[]')

/** The message for each field of an environment that breaks a rule of its schema. ARNs and folders have messages of their own. */
export const environmentRules: JsonRules = {
  ...configurationRules,
  $: object(environmentFields),
  '$.name': required('1 to 20 small letters, digits or hyphens, a letter first', '"ssofile"'),
  '$.account': required('the 12 digits of the account in which ssofile runs', '"111122223333"'),
  '$.managementAccount': required("the 12 digits of the organization's management account", '"444455556666"'),
  '$.region': required(
    'the primary Region of IAM Identity Center, in AWS, China or GovCloud (US); the European Sovereign Cloud (aws-eusc) is not supported',
    '"eu-west-1"',
  ),
  '$.bucket': object(['name', 'existing']),
  '$.bucket.name': required('the name of a bucket: 3 to 63 small letters, digits or hyphens', '"acme-ssofile"'),
  '$.bucket.existing': object(['account', 'keyArn']),
  '$.bucket.existing.account': required('the 12 digits of the account that owns the bucket', '"777788889999"'),
  '$.access': object([
    'uploaders',
    'permissionSetUploaders',
    'auditors',
    'operators',
    'governance',
    'responders',
    'people',
    'accountOwners',
    'memberships',
    'requestAccounts',
  ]),
  '$.access.uploaders': required(
    'a list of { folder, principals }',
    '[{ "folder": "team-a", "principals": ["arn:aws:iam::111122223333:role/team-a"] }]',
  ),
  '$.access.uploaders.[]': object(['folder', 'principals']),
  '$.access.uploaders.[].principals': principals,
  '$.access.permissionSetUploaders': principals,
  '$.access.auditors': principals,
  '$.access.governance': principals,
  '$.access.responders': principals,
  '$.access.people': principals,
  '$.access.operators': principals,
  '$.access.accountOwners': required(
    'a list of at most 20 { folder, principals }',
    '[{ "folder": "team-a", "principals": ["arn:aws:iam::111122223333:role/team-a"] }]',
  ),
  '$.access.accountOwners.[]': object(['folder', 'principals']),
  '$.access.accountOwners.[].folder': required(
    'the value of the owner tag of their accounts: 1 to 100 letters, digits or _ + = , . @ -',
    '"team-a"',
  ),
  '$.access.accountOwners.[].principals': principals,
  '$.access.memberships': required(
    'a list of at most 20 { folder, principals }',
    '[{ "folder": "team-a", "principals": ["arn:aws:iam::111122223333:role/team-a"] }]',
  ),
  '$.access.memberships.[]': object(['folder', 'principals']),
  '$.access.memberships.[].folder': required('one of folders, or "" alone for all of memberships/', '"team-a"'),
  '$.access.memberships.[].principals': principals,
  '$.access.requestAccounts': required('a list of at most 20 accounts, 12 digits each', '["111122223333"]'),
  '$.provisioning': object(['links', 'permissionSets', 'requests']),
  '$.provisioning.links': required('how links come in: "s3", "api" or "both"', '"s3"'),
  '$.provisioning.permissionSets': required('how permission sets come in: "s3", "api" or "both"', '"s3"'),
  '$.provisioning.requests': required('how requests and approvals come in: "s3", "api" or "both"', '"s3"'),
  '$.page': object(Object.keys(pageSettings.shape)),
  '$.page.signIn': object(['issuer', 'clientId', 'clientSecretArn', 'userNameClaim', 'acr']),
  '$.page.signIn.clientId': required('how the provider calls this client', '"ssofile"'),
  '$.page.signIn.userNameClaim': required(
    'the claim that is the UserName of the identity store',
    '"preferred_username"',
  ),
  '$.page.signIn.acr': required('the acr value of a sign-in with which people may approve', '"phr"'),
  '$.page.sessionHours': required('whole hours from 1 to 24', '8'),
  '$.page.approveWithin': required('how old a sign-in may be that approves', '"PT10M"'),
  '$.page.auditors': required('at most 20 names of groups', '["team-Auditors"]'),
  '$.page.operators': required('at most 20 names of groups', '["team-Platform"]'),
  '$.alarmAddress': required('the mail address that alarms go to', '"platform-team@example.com"'),
  '$.alarmWarmUp': required('true, or false if CloudFormation does not know WarmUpConfiguration of an alarm', 'false'),
  '$.logRetentionDays': required('days for which CloudWatch Logs can keep logs: 1, 3, 5, 7, 14, 30, 60, 90, …', '365'),
  '$.schedules': object(['driftCheckAt']),
  '$.schedules.driftCheckAt': required('a time of day in UTC', '"02:00"'),
}
