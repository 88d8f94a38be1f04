import pLimit from 'p-limit'
import { settlingMs } from '../../domain/assignments/access-proof.ts'
import type { AssignmentKey } from '../../domain/assignments/assignment.ts'
import type { GrantingLink, LedgerEntry } from '../../domain/assignments/ledger-entry.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { type LinkKey, linkPrefix } from '../../domain/links/link.ts'
import { splitFolder } from '../../domain/links/link-fields.ts'
import type { OrganizationView } from '../../domain/organization/organization-view.ts'
import { nounOf } from '../../domain/principals/principal.ts'
import { expandScope } from '../../domain/scopes/expand-scope.ts'
import type { Selectors } from '../../domain/scopes/selector-file.ts'
import type { Complaint } from '../../domain/statuses/complaint.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import { listAll } from '../../ports/page.ts'
import type { Ports } from '../../ports/ports.ts'
import { unlessCode } from '../../ports/service-error.ts'
import type { AssignmentTarget, SsoAdmin } from '../../ports/sso-admin.ts'
import { findGrantingLinks } from '../../reconcile/assignments/evaluate-assignment.ts'
import { mayApplyTo } from '../../reconcile/assignments/user-binding.ts'
import { listAssignmentsIn, listAssignmentsOf, renderTarget } from '../../reconcile/calls/assignment-listings.ts'
import type { PrincipalIndex } from '../../reconcile/directory/principal-index.ts'
import { readForeign, removeForeign, tellFound, writeForeign } from '../../reconcile/records/foreign-assignments.ts'
import { type LastWord, readLastWord, recordHistory } from '../../reconcile/records/history.ts'
import { RecordChangedError } from '../../reconcile/records/json-record.ts'
import { Ledger } from '../../reconcile/records/ledger.ts'
import { scheduleWork } from '../../reconcile/records/open-work.ts'
import type { PrincipalNames } from '../../reconcile/records/principal-names.ts'
import { readLink } from '../../reconcile/records/read-link.ts'
import { readStatus } from '../../reconcile/records/status-store.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import type { Existing } from './judge-existing.ts'
import { complainOfLink, type ImportedLink } from './plan-import.ts'

/** How many links, and how many assignments of each, to adopt at once. */
const adoptedAtOnce = 8
const listedAtOnce = 8

export type AdoptSources = Pick<Ports, 'objects' | 'clock'> & {
  readonly ssoAdmin: SsoAdmin
  readonly configuration: Configuration
  readonly principals: PrincipalIndex
  readonly principalNames: PrincipalNames
  /** The keys of existing links; new ones are added. Other links are not read. */
  readonly present: Set<string>
  /** The present organization, with tags if links name them. */
  readonly view: () => Promise<OrganizationView>
  readonly selectors: () => Promise<Selectors>
}

/** The result for one link of an import. */
export type Adopted = {
  readonly link: LinkKey
  readonly isWritten: boolean
  readonly keys: readonly AssignmentKey[]
  readonly left: readonly Complaint[]
}

/**
 * Makes existing assignments of Identity Center ours. Writes links and records, and makes no write call to SSO Admin. Call it
 * under the dispatcher lease, with so few links that they can be listed again within seconds. Safe to repeat.
 *
 * Each step leaves something true if the process dies after it:
 *
 * 1. List again what the links would grant: what a person removed since the first listing must not be granted again.
 * 2. `foreign/` has the assignment, unless history says that it is ours: its record was lost. It stands in one of the three
 *    all the time.
 * 3. The link. Without a ledger entry it is foreign access that a link grants too: nothing is called for it.
 * 4. The link is read back, in force and without an end: an entry that no link grants would be revoked.
 * 5. The ledger entry, as one that is being released: where the process dies here, the dispatcher gives it back.
 * 6. The links once more, and then the entry as granted. From here on it is ours.
 * 7. History says `adopted`, under the instant of the entry, so that a replay writes the same key.
 * 8. `foreign/` forgets it. A later import looks whether 7 and 8 were done.
 */
export async function adoptAssignments(
  links: readonly ImportedLink[],
  context: AdoptSources,
): Promise<readonly Adopted[]> {
  const startedMs = context.clock.monotonicMs()
  const there = await listAgain(
    links.flatMap(({ granted }) => granted),
    context.ssoAdmin,
  )
  const adopting = { ...context, there, startedMs, ledger: new Ledger(context.objects) }
  return pLimit(adoptedAtOnce).map(links, (link) => adoptBy(link, adopting))
}

type Adopting = AdoptSources & {
  readonly there: ReadonlySet<string>
  readonly startedMs: number
  readonly ledger: Ledger
}

async function adoptBy(link: ImportedLink, context: Adopting): Promise<Adopted> {
  const { objects, configuration } = context
  const { key, isNew, toAdopt } = link
  const limit = pLimit(adoptedAtOnce)
  const judged = await limit.map(toAdopt, async (existing) => {
    const history = await readLastWord(objects, existing.key)
    return { existing, history, complaint: await findChange(existing, history, context) }
  })
  const left = judged.flatMap(({ complaint }) => complaint ?? [])
  const ready = judged.filter(({ complaint }) => complaint === undefined)
  const none: Adopted = { link: key, isWritten: false, keys: [], left }
  const gain = isNew && left.length === 0 ? await findGain(link, context) : undefined
  if (isNew && left.length > 0) return none
  if (gain) return { ...none, left: [gain] }
  await limit.map(ready, async ({ existing, history }) => {
    if (history.says !== 'ours') await noteForeign(existing, context)
  })
  const written = isNew ? await objects.put(key, new Uint8Array(), { ifNoneMatch: '*' }) : undefined
  const isWritten = written?.outcome === 'written'
  context.present.add(key)
  const reading = await readLink(objects, key, configuration)
  if (reading.state !== 'in-force' || reading.body.expiresAt !== undefined)
    return { ...none, isWritten, left: [...left, complainOfLink(key, reading)] }
  const keys = await limit.map(ready, async ({ existing }) => {
    // The status of an existing link says that others granted the access: the next evaluation updates it.
    if (!isWritten) await scheduleWork(objects, { at: renderInstant(context.clock.now()) }, existing.key)
    return takeOver(existing, context)
  })
  return {
    link: key,
    isWritten,
    keys: keys.flatMap((adopted) => ('key' in adopted ? [adopted.key] : [])),
    left: [...left, ...keys.flatMap((adopted) => ('complaint' in adopted ? [adopted.complaint] : []))],
  }
}

/** Why an assignment cannot be adopted now although it could at the first listing. */
async function findChange(
  { key, assignment, target }: Existing,
  history: LastWord,
  { there, principals, startedMs }: Adopting,
): Promise<Complaint | undefined> {
  const { type, principal } = assignment
  const complain = (received: string) => complainAgain(key, received, 'the assignment that the import listed')
  if (!there.has(renderTarget(target))) return complain('an assignment that somebody removed during the import')
  const whereabouts = await principals.whereabouts(type, target.principalId, startedMs)
  if (whereabouts === 'gone' || whereabouts.name !== principal) return complain(`another name of its ${nounOf(type)}`)
  // The listing may lag behind our own revocation.
  if (history.says === 'ended' && history.event === 'revoked' && history.ageMs < settlingMs)
    return complain('an assignment that ssofile revoked within the last five minutes')
  return undefined
}

function complainAgain(object: string, received: string, expected: string): Complaint {
  return { object, received, expected, remedy: 'run the import again' }
}

/** Why a new link would grant more than exists. */
async function findGain({ key, scope, granted }: ImportedLink, { there, view, selectors, configuration }: Adopting) {
  const missing = granted.filter(({ target }) => !there.has(renderTarget(target)))
  const known = new Set(granted.map(({ assignment }) => assignment.accountId))
  const scoping = { ...configuration, selectors: await selectors() }
  const { folder } = splitFolder(key.slice(linkPrefix.length))
  const gained = expandScope({ scope, folder }, await view(), scoping).filter((id) => !known.has(id))
  const accounts = [...new Set([...missing.map(({ assignment }) => assignment.accountId), ...gained])]
  if (accounts.length === 0) return undefined
  const received = `accounts without the access: ${accounts.slice(0, 5).join(', ')}`
  const expected = 'the access in every account of the link'
  return { object: key, received, expected, remedy: 'run the import again: it chooses other links' }
}

async function noteForeign({ key, assignment, target }: Existing, { objects, clock }: Adopting): Promise<void> {
  const { permissionSetArn } = target
  const { principal } = assignment
  const seenAt = renderInstant(clock.now())
  await tellFound(objects, { key, at: seenAt }, { principal, permissionSetArn })
  await writeForeign(objects, key, { principal, permissionSetArn, links: [], seenAt }, { isNew: true })
}

async function takeOver(
  existing: Existing,
  context: Adopting,
): Promise<{ readonly key: AssignmentKey } | { readonly complaint: Complaint }> {
  const { key, assignment, target } = existing
  const { ledger, clock, principalNames } = context
  const complain = (received: string) => ({
    complaint: complainAgain(key, received, 'the assignment as the import found it'),
  })
  const { principalId, permissionSetArn } = target
  const { principal, type } = assignment
  await principalNames.note({ type, id: principalId, name: principal })
  const now = renderInstant(clock.now())
  const entry: LedgerEntry = {
    ...{ v: 1, state: 'granted', principal, principalId, permissionSetArn, links: [] },
    ...{ grantedAt: now, attempts: 0, updatedAt: now },
  }
  try {
    const begun = await ledger.write(key, { ...entry, releasedAt: now }, undefined)
    // A later deletion of a link finds this entry; an earlier one did not.
    const links = await findLinks(existing, context)
    if (links.length > 0) await ledger.write(key, { ...entry, links: [...links] }, begun)
    else {
      await ledger.remove(begun)
      return complain('no link that grants it')
    }
  } catch (error) {
    if (!(error instanceof RecordChangedError)) throw error
    // Another import may have adopted it.
    if ((await ledger.read(key))?.entry.state !== 'granted')
      return complain('a ledger entry that somebody wrote during the import')
  }
  await finishAdoption(existing, context)
  return { key }
}

/** Steps 7 and 8, for entries that say granted, including interrupted adoptions. */
export async function finishAdoption(
  { key }: Pick<Existing, 'key'>,
  { objects, clock }: Pick<AdoptSources, 'objects' | 'clock'>,
): Promise<void> {
  const stored = await new Ledger(objects).read(key)
  const access = stored?.entry
  if (access?.state !== 'granted' || access.grantedAt === undefined || access.releasedAt !== undefined) return
  const known = await readLastWord(objects, key)
  if (known.says !== 'ours')
    await recordHistory(objects, {
      key,
      event: 'adopted',
      at: access.grantedAt,
      access,
      confirmedAt: renderInstant(clock.now()),
    })
  const foreign = await spoiledAsAbsent(readForeign(objects, key))
  if (foreign) await removeForeign(objects, key, foreign)
}

/** Every link that grants it to this principal now, as an evaluation would record them. */
async function findLinks(
  { assignment, target }: Existing,
  { view, selectors: readSelectors, configuration, objects, present: among }: Adopting,
): Promise<readonly GrantingLink[]> {
  const { accounts, managementAccountId } = await view()
  const account = accounts.find(({ id }) => id === assignment.accountId)
  if (!account) return []
  const read = (link: string) => readLink(objects, link, configuration)
  const selectors = await readSelectors()
  const sources = { configuration, managementAccountId, selectors, among, read }
  const { links } = await findGrantingLinks(assignment, account, sources)
  const known = await Promise.all(
    links.map(async (link) => {
      const isOwn = await mayApplyTo(target, link, (key) => readStatus(objects, key))
      return isOwn ? [link] : []
    }),
  )
  return known.flat()
}

/** Lists by principal (100 assignments a call) or by account and permission set (one place a call), whichever needs fewer calls. */
async function listAgain(all: readonly Existing[], ssoAdmin: SsoAdmin): Promise<ReadonlySet<string>> {
  const principals = new Map(all.map(({ target }) => [`${target.principalType} ${target.principalId}`, target]))
  const places = new Map(all.map(({ target }) => [`${target.accountId} ${target.permissionSetArn}`, target]))
  const limit = pLimit(listedAtOnce)
  const byPlace = () =>
    limit.map([...places.values()], (one) => listAssignmentsIn(one.accountId, one.permissionSetArn, ssoAdmin))
  const byPrincipal = () => limit.map([...principals.values()], (one) => listAssignmentsOf(one, ssoAdmin))
  // AWS documents it for the management account: a delegated administrator may be refused.
  const own = principals.size <= places.size ? await unlessCode(byPrincipal(), 'AccessDeniedException') : undefined
  const rows = own ?? (await byPlace())
  const there = new Set(rows.flat().map(renderTarget))
  for (const target of await listDeletions(ssoAdmin)) there.delete(renderTarget(target))
  return there
}

/** Access that is being deleted now may still be listed. */
async function listDeletions(ssoAdmin: SsoAdmin): Promise<readonly AssignmentTarget[]> {
  const pages = (token?: string) => ssoAdmin.listAssignmentRequests('deletion', 'IN_PROGRESS', token)
  const targets: AssignmentTarget[] = []
  for await (const { requestId } of listAll(pages)) {
    const request = await ssoAdmin.describeAssignmentRequest('deletion', requestId)
    if (request && request.state !== 'FAILED') targets.push(request.target)
  }
  return targets
}
