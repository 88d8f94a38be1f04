import type { Command } from 'commander'
import {
  isTableName,
  type PossibleSessions,
  renderAthenaQuery,
  renderLookupEvents,
} from '../../../shared/domain/deployment/trail-queries.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { readRequestStories } from '../../../shared/modules/requests/read-request-stories.ts'
import { possibleSessionsOf } from '../../../shared/modules/requests/rules/possible-sessions.ts'
import type { RequestStory } from '../../../shared/modules/requests/rules/request-story.ts'
import { findUnknownUses, notKnown } from '../../../shared/modules/usage/find-unknown-uses.ts'
import { hourMs, listHours } from '../../../shared/modules/usage/rules/hours.ts'
import { keyOf, type UsedAccess } from '../../../shared/modules/usage/rules/person-uses.ts'
import { personKey, personRecord } from '../../../shared/modules/usage/use-records.ts'
import type { ObjectStore } from '../../../shared/ports/object-store.ts'
import { unlessCode } from '../../../shared/ports/service-error.ts'
import { readOwner } from '../../../shared/reconcile/records/owner.ts'
import { Refusal } from '../arguments/refusal.ts'
import { chooseConfiguration } from '../bucket/deployment.ts'
import { openBucket } from '../bucket/open-bucket.ts'
import { renderLines } from '../requests/render-request.ts'
import { explainHistory } from '../requests/requests.ts'
import { renderJson } from '../terminal/render-json.ts'
import { show } from '../terminal/show.ts'

type Options = { readonly table: string; readonly json?: boolean }

/** `ssofile incident`: shows all temporary access requested for an incident. */
export function addIncident(program: Command): void {
  program
    .command('incident')
    .argument('<id>', 'the incident, exactly as in the requests; or the digest of one request')
    .description(
      "Requests with this incident: who asked, who approved, begin and end; and commands that show the sessions: aws cloudtrail lookup-events in each account (management events of 90 days), and an Athena query for the organization's trail.\nNeeds to read history/ (auditors, operators); runs nothing itself.",
    )
    .option('--table <name>', "the table of the organization's trail in Athena", 'cloudtrail_logs')
    .option('--json', 'the answer as JSON')
    .addHelpText('after', '\nExample:\n  ssofile incident INC-77 --table security.cloudtrail_logs')
    .action(async (incident: string, options: Options) => {
      process.exitCode = await tellIncident(incident, options)
    })
}

async function tellIncident(incident: string, { table, json }: Options): Promise<number> {
  if (!isTableName(table))
    throw new Refusal(
      `received the table '${quote(table)}', expected one or two names of small letters, digits and _, as in security.cloudtrail_logs`,
    )
  const { objects, clock } = await openBucket()
  const stories = await readRequestStories(objects, { incident }).catch(explainHistory)
  const owner = await readOwner(objects)
  const { principalSuffix } = await chooseConfiguration(objects, owner?.deployment, undefined)
  const now = clock.now()
  const told = await Promise.all(
    stories.map(async (story) => {
      const sessions = possibleSessionsOf(story, { now, principalSuffix })
      return {
        story,
        sessions,
        uses: sessions && (await unlessCode(readIncidentUses(objects, sessions), 'AccessDenied')),
      }
    }),
  )
  const sessions = told.flatMap((one) => one.sessions ?? [])
  const athena = sessions.length === 0 ? undefined : renderAthenaQuery(table, sessions)
  if (json) {
    const requests = told.map((one) => ({
      ...one.story,
      uses: one.uses,
      lookupEvents: one.sessions && renderLookupEvents(one.sessions),
    }))
    process.stdout.write(renderJson({ incident, requests, athena }))
  } else await show(renderIncident(incident, told, athena))
  return stories.length > 0 ? 0 : 2
}

/** `hours`: the beginning of each hour with a use in this time, ascending. `isUnknown`: as in `OwnUse`. */
type Uses = Pick<UsedAccess, 'account' | 'ways'> & { readonly hours: readonly Date[]; readonly isUnknown?: true }
export type ToldOfIncident = {
  readonly story: RequestStory
  readonly sessions: PossibleSessions | undefined
  /** The recorded uses of this access in that time. Absent: there is no such time, or the caller may not read them. */
  readonly uses?: readonly Uses[] | undefined
}

export async function readIncidentUses(objects: ObjectStore, sessions: PossibleSessions): Promise<readonly Uses[]> {
  const { user, account, permissionSet, from, until } = sessions
  const isWithin = (hour: Date) => hour.getTime() > from.getTime() - hourMs && hour < until
  const stored = await personRecord(objects, personKey(user)).read()
  const used = stored?.value.uses.filter((one) => one.permissionSet === permissionSet) ?? []
  const meant = used
    .map((one) => ({ ...one, hours: listHours(one.hours).filter(isWithin) }))
    .filter((one) => (account ?? one.account) === one.account && one.hours.length > 0)
  const unknown = await findUnknownUses(objects, meant)
  return meant.map((one) => {
    const { account, ways, hours } = one
    return { account, ways, hours, ...(unknown.has(keyOf(one)) && { isUnknown: true }) }
  })
}

export function renderIncident(incident: string, told: readonly ToldOfIncident[], athena: string | undefined): string {
  if (told.length === 0) return `there is no request with the incident or digest '${quote(incident)}'\n`
  const query = athena === undefined ? '' : `all of them, in Athena:\n\n${athena}\n`
  return `${told.map(renderTold).join('\n')}\n${query}`
}

function renderTold({ story, sessions, uses = [] }: ToldOfIncident): string {
  const { userName, user, permissionSet = '', scope = '', startsAt, expiresAt, endedAt, events, reason, ticket } = story
  const end = endedAt ?? expiresAt
  const lines = renderLines([
    ['what', `${permissionSet} in ${scope}`],
    ['reason', reason],
    ['ticket', ticket],
    ...events.map(({ event, at, by, comment }): [string, string] => [
      event,
      `${at}${by ? ` by ${by.name ?? by.user}` : ''}${comment === undefined ? '' : `: ${comment}`}`,
    ]),
    ['access', startsAt && `from ${startsAt} until ${end}${endedAt === undefined ? '' : ' (ended)'}`],
    ...uses.map(({ account, ways, hours, isUnknown }): [string, string] => {
      const how = ways.map(({ by, at, from }) => `by ${by} last at ${at}${from ? ` from ${from}` : ''}`)
      const [first, last] = [hours[0], hours.at(-1)].map((at) => `${at?.toISOString().slice(0, 13)}Z`)
      const where = isUnknown ? `${account} (${notKnown})` : account
      return ['used', [`in ${where} in ${count(hours.length, 'hour')} from ${first} to ${last}`, ...how].join(', ')]
    }),
    ['digest', story.digest],
  ])
  const where = sessions?.account === undefined ? `each account of ${quote(scope)}` : `account ${sessions.account}`
  const command = sessions === undefined ? '' : `\n# with credentials of ${where}\n${renderLookupEvents(sessions)}\n`
  return `${quote(userName ?? user)}\n${lines}${command}`
}
