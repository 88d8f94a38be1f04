import pLimit from 'p-limit'
import { noPrincipals } from '../../domain/account-facts/emergency-principals.ts'
import { describeAnalyzers } from '../../domain/account-facts/unused-access.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { defaultHygiene, type Hygiene } from '../../domain/files/hygiene-file.ts'
import { kinds } from '../../domain/inputs/kinds.ts'
import type { Account, OrganizationView } from '../../domain/organization/organization-view.ts'
import { renderComplaint } from '../../domain/statuses/complaint.ts'
import { count } from '../../domain/text/count.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { Ports } from '../../ports/ports.ts'
import { answerOrError } from '../../ports/service-error.ts'
import { OrganizationCache } from '../../reconcile/organization/organization-cache.ts'
import { ObjectWriter } from '../../reconcile/records/object-writer.ts'
import { tellFiles } from '../../reconcile/statuses/tell-files.ts'
import { sendDigests } from '../notifications/send-digests.ts'
import { openAccountOwners } from './account-owners.ts'
import { CredentialMails } from './credential-mails.ts'
import { type CredentialSummary, credentialReportsPrefix, credentialSummary } from './credential-summary.ts'
import { dateOfRun, KeptCredentials } from './kept-credentials.ts'
import { type CredentialContext, readCredentials, readUsersOfLarge, tellUsersLeft } from './read-credentials.ts'
import { readHygieneFile } from './read-hygiene-file.ts'
import { readSecurityAccount } from './read-unused-access.ts'
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
  const { hygiene, notes } = await readHygiene(ports, configuration)
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
  configuration: Configuration,
): Promise<{ readonly hygiene: Hygiene; readonly notes: readonly string[] }> {
  const read = await readHygieneFile(ports.objects)
  const broken = read.ok ? [] : [read.complaint]
  await tellFiles(ports, kinds.hygiene, configuration)
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
    const answer = await answerOrError(ownerOf(account))
    if ('is' in answer) return answer.is ?? ''
    const told = 'the tags of an account could not be read: ssofile does not notify its owner'
    ports.log.warn(told, { account: account.id, error: answer.error })
    return ''
  }
}

/** How many accounts' rows to keep in memory; they are read again after a crash. */
const accountsAtOnce = 128
/** Each of them has a portion of its users in memory. */
const largeAccountsAtOnce = 32

type ReadingPorts = Pick<Ports, 'auditor' | 'clock' | 'randomness' | 'emergency'>
type Night = Pick<CredentialContext, 'auditorRole' | 'hygiene' | 'ownerOf'> & {
  readonly kept: KeptCredentials
  /** Begins no part after this time (monotonic). */
  readonly untilMs: number
  /** No run follows that could read on. */
  readonly isLastRun: boolean
}

/**
 * Reads the accounts in parts, by their ids, without those that an earlier run of this day has read. Reads the users of large accounts
 * beside that, so no account waits for another one's users. If the time is over, throws; the last run keeps a row for each account that
 * it has not read. Returns the security account's notes.
 */
async function readAccounts(
  ports: ReadingPorts,
  unsorted: readonly Account[],
  night: Night,
): Promise<readonly string[]> {
  const { kept, untilMs, isLastRun } = night
  const accounts = unsorted.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const ids = new Set<string>(accounts.map(({ id }) => id))
  const notes = new Set<string>()
  // Opened again for each part, because the session ends after a quarter of an hour.
  const openContext = async (): Promise<CredentialContext> => {
    const organization = await readSecurityAccount(ports, night.hygiene.securityAccount, night.auditorRole)
    for (const note of organization.notes) notes.add(note)
    return { ...night, accounts: ids, organization, emergency: ports.emergency?.() ?? noPrincipals }
  }
  const large = new LargeAccounts(ports, night)
  const before = await kept.largeAccounts()
  const begun = accounts.filter(({ id }) => before.has(id))
  if (before.size > 0) large.begin(begun, await openContext())
  const upTo = await kept.readUpTo()
  const rest = accounts.filter(({ id }) => id > upTo)
  let left = rest.length
  while (left > 0) {
    const part = rest.slice(-left, rest.length - left + accountsAtOnce)
    const last = part.at(-1)
    const isOver = ports.clock.monotonicMs() >= untilMs
    if (last === undefined || (isOver && !isLastRun)) break
    const context = await openContext()
    const read = await Promise.all(
      part.map(async (account) => [account, await readCredentials(ports, account, { ...context, isOver })] as const),
    )
    const found = read.flatMap(([account, { isLarge }]) => (isLarge ? [account] : []))
    large.begin(found, context)
    await kept.keep(last.id, new Map(read.map(([{ id }, one]) => [id, one])))
    left -= part.length
  }
  const leftLarge = await large.end()
  if (left + leftLarge > 0)
    throw new Error(
      `the time of this run is over: ${count(left, 'account')} and the users of ${count(leftLarge, 'large account')} are left; the next run reads them`,
    )
  return [...notes]
}

/** The users of large accounts. */
class LargeAccounts {
  readonly #ports: ReadingPorts
  readonly #night: Night
  readonly #limit = pLimit(largeAccountsAtOnce)
  readonly #reading: Promise<readonly [PromiseSettledResult<boolean>]>[] = []

  constructor(ports: ReadingPorts, night: Night) {
    this.#ports = ports
    this.#night = night
  }

  begin(accounts: readonly Account[], context: CredentialContext): void {
    for (const account of accounts)
      this.#reading.push(Promise.allSettled([this.#limit(() => this.#read(account, context))]))
  }

  /** Waits for all. Returns how many accounts have users that are left. Throws the first error. */
  async end(): Promise<number> {
    const ended = (await Promise.all(this.#reading)).flat()
    for (const one of ended) if (one.status === 'rejected') throw one.reason
    return ended.filter((one) => one.status === 'fulfilled' && !one.value).length
  }

  /** Returns whether no user is left. */
  async #read(account: Account, context: CredentialContext): Promise<boolean> {
    const { kept, untilMs, isLastRun } = this.#night
    const left = await readUsersOfLarge(this.#ports, account, { ...context, kept, untilMs })
    if (left === undefined) return true
    if (isLastRun) await kept.keepUsers(account.id, await tellUsersLeft(this.#ports, account, { ...context, left }))
    return isLastRun
  }
}
