import { type JsonRule, type JsonRules, needed, rule } from '../json/json-faults.ts'
import { configurationRules } from './configuration.ts'
import { environmentFields } from './environment.ts'
import { pageSettings } from './page-settings.ts'

const object = (fields: readonly string[]): JsonRule =>
  rule(`a JSON object with the fields ${fields.join(', ')}`, 'write { … }')
const principals = needed('a list of at most 50 ARNs of IAM roles or users', '[]')

/** The message for each field of an environment that breaks a rule of its schema. ARNs and folders have messages of their own. */
export const environmentRules: JsonRules = {
  ...configurationRules,
  $: object(environmentFields),
  '$.name': needed('1 to 20 small letters, digits or hyphens, a letter first', '"ssofile"'),
  '$.account': needed('the 12 digits of the account in which ssofile runs', '"111122223333"'),
  '$.managementAccount': needed("the 12 digits of the organization's management account", '"444455556666"'),
  '$.region': needed(
    'the primary Region of IAM Identity Center, in AWS, China or GovCloud (US); the European Sovereign Cloud (aws-eusc) is not supported',
    '"eu-west-1"',
  ),
  '$.bucket': object(['name', 'existing']),
  '$.bucket.name': needed('the name of a bucket: 3 to 63 small letters, digits or hyphens', '"acme-ssofile"'),
  '$.bucket.existing': object(['account', 'keyArn']),
  '$.bucket.existing.account': needed('the 12 digits of the account that owns the bucket', '"777788889999"'),
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
  '$.access.uploaders': needed(
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
  '$.access.accountOwners': needed(
    'a list of at most 20 { folder, principals }',
    '[{ "folder": "team-a", "principals": ["arn:aws:iam::111122223333:role/team-a"] }]',
  ),
  '$.access.accountOwners.[]': object(['folder', 'principals']),
  '$.access.accountOwners.[].folder': needed(
    'the value of the owner tag of their accounts: 1 to 100 letters, digits or _ + = , . @ -',
    '"team-a"',
  ),
  '$.access.accountOwners.[].principals': principals,
  '$.access.memberships': needed(
    'a list of at most 20 { folder, principals }',
    '[{ "folder": "team-a", "principals": ["arn:aws:iam::111122223333:role/team-a"] }]',
  ),
  '$.access.memberships.[]': object(['folder', 'principals']),
  '$.access.memberships.[].folder': needed('one of folders, or "" alone for all of memberships/', '"team-a"'),
  '$.access.memberships.[].principals': principals,
  '$.access.requestAccounts': needed('a list of at most 20 accounts, 12 digits each', '["111122223333"]'),
  '$.provisioning': object(['links', 'permissionSets', 'requests']),
  '$.provisioning.links': needed('how links come in: "s3", "api" or "both"', '"s3"'),
  '$.provisioning.permissionSets': needed('how permission sets come in: "s3", "api" or "both"', '"s3"'),
  '$.provisioning.requests': needed('how requests and approvals come in: "s3", "api" or "both"', '"s3"'),
  '$.page': object(Object.keys(pageSettings.shape)),
  '$.page.signIn': object(['issuer', 'clientId', 'clientSecretArn', 'userNameClaim', 'acr']),
  '$.page.signIn.clientId': needed('how the provider calls this client', '"ssofile"'),
  '$.page.signIn.userNameClaim': needed('the claim that is the UserName of the identity store', '"preferred_username"'),
  '$.page.signIn.acr': needed('the acr value of a sign-in with which people may approve', '"phr"'),
  '$.page.sessionHours': needed('whole hours from 1 to 24', '8'),
  '$.page.approveWithin': needed('how old a sign-in may be that approves', '"PT10M"'),
  '$.page.auditors': needed('at most 20 names of groups', '["team-Auditors"]'),
  '$.page.operators': needed('at most 20 names of groups', '["team-Platform"]'),
  '$.alarmAddress': needed('the mail address that alarms go to', '"platform-team@example.com"'),
  '$.alarmWarmUp': needed('true, or false if CloudFormation does not know WarmUpConfiguration of an alarm', 'false'),
  '$.logRetentionDays': needed('days for which CloudWatch Logs can keep logs: 1, 3, 5, 7, 14, 30, 60, 90, …', '365'),
  '$.schedules': object(['driftCheckAt']),
  '$.schedules.driftCheckAt': needed('a time of day in UTC', '"02:00"'),
}
