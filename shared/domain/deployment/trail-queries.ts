import type { AccountId } from '../organization/account-id.ts'
import type { PermissionSetName } from '../permission-sets/permission-set-name.ts'

/**
 * Sessions that one person may have had with one permission set, in one account or any. A session that began before the access
 * ended goes on for up to twelve hours (the longest duration of a permission set), so `until` is later than that end.
 */
export type PossibleSessions = {
  /** Absent: in any account. */
  readonly account?: AccountId | undefined
  readonly permissionSet: PermissionSetName
  /** The UserName: IAM Identity Center names the sessions of its roles so. */
  readonly userName: string
  readonly from: Date
  readonly until: Date
}

/** The role of a permission set in an account; its last part is different in each. (IAM Identity Center User Guide, "AWSReservedSSO".) */
function roleBeginning(permissionSet: PermissionSetName): string {
  return `AWSReservedSSO_${permissionSet}_`
}

/**
 * A command for a shell, to be run with credentials of the account: CloudTrail's event history, which has the management
 * events of 90 days, a Region at a time. Names stand in it as JSON in single quotes, so that a shell reads nothing in them.
 * (CloudTrail API Reference, "LookupEvents": of a role's session the user name is the name of the session.)
 */
export function renderLookupEvents({ permissionSet, userName, from, until }: PossibleSessions): string {
  const attributes = forShell(asJson([{ AttributeKey: 'Username', AttributeValue: userName }]))
  // The names of permission sets have no character that JMESPath or a shell could read as more than itself.
  const events = `Events[?contains(CloudTrailEvent, '${roleBeginning(permissionSet)}')].CloudTrailEvent`
  const regions =
    'aws account list-regions --region-opt-status-contains ENABLED ENABLED_BY_DEFAULT --query "Regions[].RegionName" --output text'
  return [
    `for region in $(${regions}); do`,
    `  aws cloudtrail lookup-events --region "$region" --lookup-attributes ${attributes} \\`,
    `    --start-time ${from.toISOString()} --end-time ${until.toISOString()} \\`,
    `    --query "${events}" --output text`,
    'done',
  ].join('\n')
}

/**
 * A query for Athena, over the table of the organization's trail: what all these sessions did, data events too where the
 * trail has them. (Athena User Guide, "Query AWS CloudTrail logs".) `table` is one or two names as they stand in SQL.
 */
export function renderAthenaQuery(table: string, sessions: readonly PossibleSessions[]): string {
  const conditions = sessions.map(({ account, permissionSet, userName, from, until }) =>
    [
      ...(account === undefined ? [] : [`recipientaccountid = '${account}'`]),
      `starts_with(useridentity.sessioncontext.sessionissuer.username, ${forSql(roleBeginning(permissionSet))})`,
      `split_part(useridentity.principalid, ':', 2) = ${forSql(userName)}`,
      `eventtime BETWEEN '${toSeconds(from)}' AND '${toSeconds(until)}'`,
    ].join('\n    AND '),
  )
  return [
    'SELECT eventtime, recipientaccountid, awsregion, eventsource, eventname, errorcode, sourceipaddress,',
    '  useridentity.arn AS session, readonly, requestparameters, eventid',
    `FROM ${table}`,
    "WHERE useridentity.type = 'AssumedRole' AND (",
    `  (${[...new Set(conditions)].join(')\n  OR (')})`,
    ')',
    'ORDER BY eventtime;',
  ].join('\n')
}

/** One or two names of at most 255 small letters, digits or `_`, as Athena makes them: nothing else is put into SQL. */
export function isTableName(text: string): boolean {
  return /^[a-z0-9_]{1,255}(\.[a-z0-9_]{1,255})?$/.test(text)
}

/** CloudTrail writes whole seconds. */
function toSeconds(instant: Date): string {
  return `${instant.toISOString().slice(0, 19)}Z`
}

const notPrinted = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u

/** Control and direction characters escaped, so that what is shown is what is run. */
function asJson(value: unknown): string {
  const escaped = (character: string) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join('')
  return JSON.stringify(value).replace(new RegExp(notPrinted, 'gu'), escaped)
}

/** One word for a POSIX shell, whatever stands in it. */
function forShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** A string of SQL; one with characters that are not printed has them as escapes. (Trino, "String literals": `U&'…'`.) */
function forSql(text: string): string {
  const quoted = text.replaceAll("'", "''")
  if (!notPrinted.test(text)) return `'${quoted}'`
  const escaped = (character: string) => `\\+${(character.codePointAt(0) ?? 0).toString(16).padStart(6, '0')}`
  return `U&'${quoted.replaceAll('\\', '\\\\').replace(new RegExp(notPrinted, 'gu'), escaped)}'`
}
