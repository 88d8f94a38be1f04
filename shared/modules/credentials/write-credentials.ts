import { describeAnalyzers } from '../../domain/account-facts/unused-access.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { defaultHygiene, type Hygiene, hygieneKey } from '../../domain/files/hygiene-file.ts'
import type { Account, OrganizationView } from '../../domain/organization/organization-view.ts'
import { renderComplaint } from '../../domain/statuses/complaint.ts'
import { count } from '../../domain/text/count.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { Ports } from '../../ports/ports.ts'
import { answerOf } from '../../ports/service-error.ts'
import { OrganizationCache } from '../../reconcile/organization/organization-cache.ts'
import { ObjectWriter } from '../../reconcile/records/object-writer.ts'
import { tellBroken } from '../../reconcile/statuses/tell-broken.ts'
import { sendDigests } from '../notifications/send-digests.ts'
import { openAccountOwners } from './account-owners.ts'
import { CredentialMails } from './credential-mails.ts'
import { type CredentialSummary, credentialReportsPrefix, credentialSummary } from './credential-summary.ts'
import { dateOfRun, KeptCredentials } from './kept-credentials.ts'
import { readAccounts } from './read-accounts.ts'
import { readHygieneFile } from './read-hygiene-file.ts'
import { CredentialTally } from './rules/credential-tally.ts'
import { credentialCsvTitles, renderCredentialPage, renderCredentialRow } from './rules/render-credentials.ts'

/** Lambda runs a function that fails twice again. (Lambda Developer Guide, "How Lambda handles errors and retries".) */
const runsMost = 3
/** The most findings on the page. */
const urgentMost = 300

type CredentialPorts = Pick<
  Ports,
  'objects' | 'organizations' | 'auditor' | 'queues' | 'clock' | 'randomness' | 'log' | 'emergency'
>

/**
 * Reads the credentials of every account through the auditor's role, and writes the findings under the date: `credentials.csv`,
 * `index.html`, and last of all `summary.json`. Notifies the owners. Changes nothing in any account. A repeated run on the same
 * day continues, and does nothing once the summary exists. `undefined`: no auditor's role is configured.
 *
 * Begins no part of the reading after `untilMs` (monotonic). Then it throws, so that Lambda runs the function again, which continues. The
 * last run of a night reports what is there, with a row for each account that it has not read.
 */
export async function writeCredentials(
  ports: CredentialPorts,
  configuration: Configuration,
  untilMs: number,
): Promise<CredentialSummary | undefined> {
  const { objects, clock } = ports
  if (configuration.auditorRole === '') return undefined
  const madeAt = renderInstant(clock.now())
  const date = await dateOfRun(objects, clock.now())
  const folder = `${credentialReportsPrefix}${date}/`
  const written = credentialSummary(objects, date)
  const before = await written.read()
  if (before !== undefined) return before.value
  const { hygiene, notes } = await readHygiene(ports)
  const kept = new KeptCredentials(objects, date)
  const isLastRun = (await kept.countRun()) >= runsMost
  const view = await new OrganizationCache(ports, configuration.folders).storedView()
  if (view === undefined) throw new Error('the organization has not been read yet')
  const { auditorRole } = configuration
  const ownerOf = openOwners(ports, hygiene, view)
  const unknown = await readAccounts(ports, view.accounts, { auditorRole, hygiene, ownerOf, kept, untilMs, isLastRun })
  const tally = new CredentialTally(urgentMost)
  const mails = new CredentialMails(hygiene, configuration.notifications, clock.now())
  const csv = new ObjectWriter(objects, `${folder}credentials.csv`)
  await csv.write(credentialCsvTitles)
  let roles = 0
  const analyzedBy: Record<string, number> = {}
  for await (const part of kept.parts()) {
    roles += part.roles
    for (const [by, count] of Object.entries(part.analyzedBy)) analyzedBy[by] = (analyzedBy[by] ?? 0) + count
    for (const row of part.rows) {
      await csv.write(renderCredentialRow(row))
      tally.add(row)
      mails.add(row)
    }
  }
  await csv.end()
  const { accounts, unread, users, keys, rows, excepted, urgent, findings } = tally
  const messages = mails.messages(date)
  const counts = { accounts, unread, users, keys, roles, rows, excepted }
  const told = [...notes, ...unknown, ...mails.notes]
  const facts = [
    `${count(accounts, 'account')} with ${count(users, 'user')} and ${count(keys, 'access key')}; ${count(unread, 'account')} could not be read`,
    ...(excepted > 0 ? [`${excepted} things are temporary exceptions (hygiene.json)`] : []),
    describeAnalyzers(analyzedBy),
    'AWS reports use up to a day late; this report changes nothing',
  ]
  const page = renderCredentialPage({ madeAt, facts, urgent, top: tally.top, notes: told })
  await objects.put(`${folder}index.html`, Buffer.from(page))
  const unsent = await sendDigests(ports, messages)
  // Without a summary, the next run sends all of them again.
  if (unsent.length > 0) throw new Error(`${count(unsent.length, 'mail')} about credentials could not be sent`)
  const result: CredentialSummary = {
    v: 1,
    date,
    madeAt,
    counts,
    urgent,
    findings,
    analyzedBy,
    mails: messages.length,
    notes: told,
  }
  await written.overwrite(result)
  await kept.forget()
  return result
}

/** An invalid file has a status, but it notifies nobody, and the default standards count. */
async function readHygiene(
  ports: CredentialPorts,
): Promise<{ readonly hygiene: Hygiene; readonly notes: readonly string[] }> {
  const read = await readHygieneFile(ports.objects)
  const broken = read.ok ? [] : [read.complaint]
  await tellBroken(ports, hygieneKey, broken)
  if (read.ok) return { hygiene: read.value, notes: [] }
  const notes = broken.map(
    (complaint) => `ssofile uses the defaults and notifies nobody: ${renderComplaint(complaint)}`,
  )
  return { hygiene: defaultHygiene, notes }
}

/** The owner of an account, by its tag; `''`: unknown. */
function openOwners(ports: CredentialPorts, hygiene: Hygiene, view: OrganizationView) {
  const ownerOf = openAccountOwners(ports, hygiene, view)
  return async (account: Account): Promise<string> => {
    const answer = await answerOf(ownerOf(account))
    if ('is' in answer) return answer.is ?? ''
    const told = 'the tags of an account could not be read: ssofile does not notify its owner'
    ports.log.warn(told, { account: account.id, error: answer.error })
    return ''
  }
}
