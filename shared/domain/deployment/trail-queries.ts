import type { AccountId } from '../organization/account-id.ts'
import type { PermissionSetName } from '../permission-sets/permission-set-name.ts'
import type { PrincipalId } from '../principals/identity-center-ids.ts'

/**
 * Sessions that one person may have had with one permission set, in one account or in all accounts. A session that began before the access
 * ended goes on for up to twelve hours (the longest duration of a permission set), so `until` is later than that end.
 */
export type PossibleSessions = {
  /** Absent: in all accounts. */
  readonly account?: AccountId | undefined
  readonly permissionSet: PermissionSetName
  readonly user: PrincipalId
  /** The UserName, which is also the name of a session of Identity Center's roles. */
  readonly userName: string
  readonly from: Date
  readonly until: Date
}

/**
 * The prefix of a permission set's role name in an account. The rest of the name differs in each account. (IAM Identity Center User Guide,
 * "AWSReservedSSO".)
 */
function roleBeginning(permissionSet: PermissionSetName): string {
  return `AWSReservedSSO_${permissionSet}_`
}

/**
 * A shell command for CloudTrail's event history, which has the management events of 90 days, for one Region at a time. Run it with
 * credentials of the account. Names are JSON in single quotes, so the shell interprets nothing in them. (CloudTrail API Reference,
 * "LookupEvents": the user name of a role's session is the session's name.) Names can change hands, so an event that names the
 * user's id must have this one. (CloudTrail User Guide, "userIdentity element": `onBehalfOf`.)
 */
export function renderLookupEvents({ permissionSet, user, userName, from, until }: PossibleSessions): string {
  const attributes = forShell(asJson([{ AttributeKey: 'Username', AttributeValue: userName }]))
  // Neither names of permission sets nor ids have a character that JMESPath or a shell would interpret.
  const has = (text: string) => `contains(CloudTrailEvent, \`"${text}"\`)`
  const events = `Events[?${has(roleBeginning(permissionSet))} && (${has(user)} || !${has('onBehalfOf')})].CloudTrailEvent`
  const regions =
    'aws account list-regions --region-opt-status-contains ENABLED ENABLED_BY_DEFAULT --query "Regions[].RegionName" --output text'
  return [
    `for region in $(${regions}); do`,
    `  aws cloudtrail lookup-events --region "$region" --lookup-attributes ${attributes} \\`,
    `    --start-time ${from.toISOString()} --end-time ${until.toISOString()} \\`,
    `    --query '${events}' --output text`,
    'done',
  ].join('\n')
}

/**
 * An Athena query over the table of the organization's trail. It finds all events of these sessions, also data events if the trail has
 * them. (Athena User Guide, "Query AWS CloudTrail logs".) `table` is one or two names in SQL syntax.
 */
export function renderAthenaQuery(table: string, sessions: readonly PossibleSessions[]): string {
  const conditions = sessions.map(({ account, permissionSet, user, userName, from, until }) =>
    [
      ...(account === undefined ? [] : [`recipientaccountid = '${account}'`]),
      `starts_with(useridentity.sessioncontext.sessionissuer.username, ${forSql(roleBeginning(permissionSet))})`,
      `(useridentity.onbehalfof.userid = '${user}' OR (useridentity.onbehalfof.userid IS NULL`,
      `split_part(useridentity.principalid, ':', 2) = ${forSql(userName)}))`,
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

/** One or two names of at most 255 small letters, digits or `_`, which Athena allows. Nothing else goes into SQL. */
export function isTableName(text: string): boolean {
  return /^[a-z0-9_]{1,255}(\.[a-z0-9_]{1,255})?$/.test(text)
}

/** An instant in whole seconds, which CloudTrail uses. */
function toSeconds(instant: Date): string {
  return `${instant.toISOString().slice(0, 19)}Z`
}

const notPrinted = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u

/** JSON with escaped control and direction characters, so that the command does exactly the visible thing. */
function asJson(value: unknown): string {
  const escaped = (character: string) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join('')
  return JSON.stringify(value).replace(new RegExp(notPrinted, 'gu'), escaped)
}

/** The text as one word for a POSIX shell, with all its characters taken literally. */
function forShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** A string in SQL. Characters that are not printable become escapes. (Trino, "String literals": `U&'…'`.) */
function forSql(text: string): string {
  const quoted = text.replaceAll("'", "''")
  if (!notPrinted.test(text)) return `'${quoted}'`
  const escaped = (character: string) => `\\+${(character.codePointAt(0) ?? 0).toString(16).padStart(6, '0')}`
  return `U&'${quoted.replaceAll('\\', '\\\\').replace(new RegExp(notPrinted, 'gu'), escaped)}'`
}
