import { type Listing, proveAccess } from '../../domain/assignments/access-proof.ts'
import { type Assignment, renderAssignmentKey } from '../../domain/assignments/assignment.ts'
import type { GrantingLink, LedgerEntry, LedgerState } from '../../domain/assignments/ledger-entry.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { toldUploader } from '../../domain/links/find-uploader.ts'
import { lackOfSuspendedUser, meant } from '../../domain/links/lack.ts'
import { type Link, parseLinkKey } from '../../domain/links/link.ts'
import type { ToldLink } from '../../domain/links/told-link.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import { type Account, isUnplaced } from '../../domain/organization/organization-view.ts'
import { renderUnitPath } from '../../domain/organization/unit-path.ts'
import {
  parsePermissionSetKey,
  permissionSetKey,
  permissionSetPrefix,
} from '../../domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import { type PrincipalId, principalId } from '../../domain/principals/identity-center-ids.ts'
import { renderNear } from '../../domain/principals/near-principal.ts'
import {
  nameInLinks,
  nounOf,
  type PrincipalName,
  type PrincipalType,
  principalName,
  principalTypes,
} from '../../domain/principals/principal.ts'
import type { Reading } from '../../domain/readings/reading.ts'
import { closedBecause, isWithin, type Membership } from '../../domain/scopes/expand-scope.ts'
import type { Status } from '../../domain/statuses/status.ts'
import { suspendedLimit } from '../../domain/suspensions/describe-suspension.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import { nearMatch } from '../../domain/text/near-match.ts'
import { listAll } from '../../ports/page.ts'
import type { Ports } from '../../ports/ports.ts'
import type { AssignmentTarget } from '../../ports/sso-admin.ts'
import { evaluateAssignment } from '../../reconcile/assignments/evaluate-assignment.ts'
import { patientIdentityStore } from '../../reconcile/calls/patient-identity-store.ts'
import { PermissionSetIndex } from '../../reconcile/directory/permission-set-index.ts'
import { PrincipalIndex } from '../../reconcile/directory/principal-index.ts'
import { OrganizationCache } from '../../reconcile/organization/organization-cache.ts'
import { UnitNames } from '../../reconcile/organization/unit-names.ts'
import { type ForeignAssignment, listKnown, readForeign } from '../../reconcile/records/foreign-assignments.ts'
import { type HistoryEvent, listHistory } from '../../reconcile/records/history.ts'
import { Ledger } from '../../reconcile/records/ledger.ts'
import { LinkReadings } from '../../reconcile/records/link-readings.ts'
import { listHeads } from '../../reconcile/records/list-heads.ts'
import { listLinks } from '../../reconcile/records/list-links.ts'
import { readMade } from '../../reconcile/records/owned-groups.ts'
import { describePause, readLedgerState, readPause, remedyOf } from '../../reconcile/records/pause.ts'
import { Policies } from '../../reconcile/records/policies.ts'
import { NameIndex } from '../../reconcile/records/principal-names.ts'
import { StatusStore } from '../../reconcile/records/status-store.ts'
import { Suspensions } from '../../reconcile/records/suspensions.ts'
import { addRequests } from './add-to-links.ts'
import { findNearPrincipal } from './find-subject.ts'
import { askIdentityCenter, isNoAnswer, type ListedAccess, readSparingly } from './listed-access.ts'
import { readOwnUse } from './own-uses.ts'
import { unlessRefused } from './unless-refused.ts'

export type Question = {
  readonly account: AccountId
  readonly permissionSet: PermissionSetName
  readonly principal: PrincipalName
}

/** A link that grants an assignment now, or did at its last evaluation. */
export type ExplainedLink = ToldLink & {
  /** Whether it grants the assignment now. */
  readonly grants: boolean
  readonly status?: Status | undefined
}

/** `wanted`: links grant it, but it is not in force yet. `none`: neither. Others: the state of the ledger entry. */
export type AccessState = LedgerState | 'foreign' | 'wanted' | 'none'

export type Explanation = {
  readonly assignment: Assignment
  readonly state: AccessState
  /** The access exists, ours or foreign. */
  readonly isInForce: boolean
  /** When it began; for foreign access: when ssofile first saw it. */
  readonly since?: string | undefined
  readonly reason?: string | undefined
  readonly nextAttempt?: string | undefined
  readonly requestId?: string | undefined
  readonly principalId?: PrincipalId | undefined
  /** Further facts from its ledger entry, in whole sentences. */
  readonly remarks: readonly string[]
  readonly links: readonly ExplainedLink[]
  /** Ascending. */
  readonly history: readonly { readonly at: string; readonly event: HistoryEvent }[]
}

export type Answer = Readonly<Awaited<ReturnType<typeof explainAccess>>>

type ExplainSources = {
  readonly ports: Ports
  /** Who has this permission set in this account by Identity Center's present listing. */
  readonly asked: ListedAccess
  readonly configuration: Configuration
  readonly organization: OrganizationCache
  readonly suspensions: Suspensions
  readonly names: NameIndex
  readonly notes: string[]
}

const nearMost = 8
const otherAccount = 'it does not cover this account'

/** Whether a principal has a permission set in an account, and why. `ports.objects` must not write caches. */
export async function explainAccess(question: Question, given: Ports, configuration: Configuration) {
  const ports = { ...given, identityStore: patientIdentityStore(given) }
  const notes: string[] = []
  const organization = new OrganizationCache(ports, configuration.folders)
  const sparing = readSparingly(ports)
  const index = new PermissionSetIndex({ ...ports, ssoAdmin: sparing.ssoAdmin })
  const { account: id, permissionSet } = question
  const asking = { ...sparing, index, isUnknown: false }
  const asked = await askIdentityCenter({ account: id, permissionSet }, ports, asking)
  if (!asked.asked)
    notes.push(`Identity Center was not asked, so access that no drift check has seen is missing here: ${asked.why}`)
  const suspensions = new Suspensions({ objects: ports.objects, policies: new Policies(ports) })
  const names = await NameIndex.read(ports.objects)
  const context: ExplainSources = { ports, asked, configuration, organization, suspensions, names, notes }
  const account = await organization.find(id, await organization.view())
  const noAccount = account ? undefined : `the organization has no account ${id}`
  if (noAccount !== undefined) notes.push(noAccount)
  if (isUnplaced(account))
    notes.push('Organizations does not say State or Paths of the account: nothing is granted or revoked there')
  const missing = await noteMissingPermissionSet(permissionSet, { ...ports, index })
  if (missing !== undefined) notes.push(missing)
  const ledger = await readLedgerState(ports.objects, renderInstant(ports.clock.now()))
  const pause = await readPause(ports.objects)
  if (pause) notes.push(`all changes are ${describePause(pause)}; what is on its way waits for: ${remedyOf(pause)}`)
  const explained = await Promise.all(principalTypes.map((type) => explainFor(type, question, context)))
  const direct = explained.flatMap(({ explanations }) => explanations)
  const userId = explained[principalTypes.indexOf('USER')]?.id
  const throughGroups = userId === undefined ? [] : await explainThroughGroups(userId, question, context)
  if (direct.length === 0) await noteNearPrincipals(question.principal, context)
  const isFound = [...direct, ...throughGroups].some(({ state }) => state !== 'none')
  return {
    question,
    account,
    ledger,
    /** What it means that nothing is granted: that Identity Center lists none, or that it is not known. */
    ifNone: readNone(
      [
        ledger,
        noAccount,
        missing,
        direct.length === 0 ? 'there is no group or user of this name, and no link grants it' : undefined,
      ],
      asked,
    ),
    /** The names of all units above the account, in the form of `renderUnitPath`. */
    path: account && (await renderPath(account, context)),
    /** One for each known type of principal. */
    direct,
    /** For a user: the access of its groups. */
    throughGroups,
    /** For a user: the use of this access. `undefined`: not counted, not readable, or the caller may not read it. */
    use: userId && (await readOwnUse(userId, question, ports, notes)),
    /** If nothing is known: similar links, and how they differ. */
    near: isFound ? [] : await findNearLinks(question, account, context),
    /** Missing objects, failed look-ups and a pause, in whole sentences. */
    notes,
  }
}

/** `lacks`: what is missing, or why it is not known. The first is the answer. */
function readNone(lacks: readonly (Reading<'whole'> | string | undefined)[], asked: ListedAccess): Reading<string> {
  for (const lack of lacks) {
    if (typeof lack === 'string') return { unread: lack }
    if (lack !== undefined && 'unread' in lack) return lack
  }
  if (!asked.asked) return { unread: `not known: Identity Center was not asked: ${asked.why}` }
  return { is: 'Identity Center lists no such access', asOf: renderInstant(asked.at) }
}

async function renderPath({ parents }: Account, { ports, notes }: ExplainSources): Promise<string> {
  const asked = new UnitNames(ports).of(new Set(parents))
  const names = await unlessRefused(asked, 'the names of organizational units could not be read', notes)
  return renderUnitPath(parents, names ?? new Map())
}

/** For a name that no group and no user has. */
async function noteNearPrincipals(name: PrincipalName, { ports, notes }: ExplainSources): Promise<void> {
  for (const type of principalTypes) {
    const noun = nounOf(type)
    const note = `the directory could not be listed, so no near ${noun} is told`
    const near = await unlessRefused(findNearPrincipal(type, name, ports.identityStore), note, notes)
    if (near !== undefined) notes.push(`the directory has no ${noun} '${name}'${renderNear(name, near)}`)
  }
}

/**
 * Explains the access of the present and of former holders of the name: of both groups if a group was recreated. `id`: the one that has the
 * name now, or the one in the question.
 */
async function explainFor(type: PrincipalType, question: Question, context: ExplainSources) {
  const { account: accountId, permissionSet, principal } = question
  const { names } = context
  const assignment = { accountId, permissionSet, principal, type }
  const present = await findPresent(type, principal, context)
  const asked = present ?? (await findById(type, principal, context))
  if (asked) {
    const explained = await explain({ ...assignment, principal: asked.name }, asked.id, context)
    const former = present ? names.idsOf(type, principal).filter((id) => id !== present.id) : []
    const kept = await Promise.all(former.map((id) => explain(assignment, id, context)))
    const isRecorded = ({ principalId: recorded }: Explanation) => recorded !== undefined
    return { explanations: [explained, ...kept.filter(isRecorded)], id: asked.id }
  }
  // For a name that nobody has now: the remaining ledger access of its last holder.
  const [last] = names.everIdsOf(type, principal)
  const explained = await explain(assignment, last, context)
  const isKnown = explained.state !== 'none' || explained.history.length > 0
  return { explanations: isKnown ? [explained] : [], id: undefined }
}

async function findPresent(type: PrincipalType, name: PrincipalName, { ports, configuration, notes }: ExplainSources) {
  const whole = principalName.parse(name + configuration.principalSuffix)
  const asked = ports.identityStore.findPrincipalId(type, whole)
  const id = await unlessRefused(asked, `the directory could not be asked for a ${nounOf(type)} of this name`, notes)
  return id && { id, name }
}

/** An id may replace a name. */
async function findById(type: PrincipalType, text: string, { ports, configuration, names, notes }: ExplainSources) {
  const { data: id } = principalId.safeParse(text)
  if (id === undefined) return undefined
  const [noted] = names.namesOf(type, id)
  const principals = new PrincipalIndex(ports.identityStore, ports.clock, configuration.principalSuffix)
  const asked = principals.nameOf(type, id, Number.NEGATIVE_INFINITY)
  const name = noted ?? (await unlessRefused(asked, 'the directory could not be asked for this id', notes))
  return name && { id, name }
}

type Standing = Omit<Explanation, 'assignment' | 'remarks' | 'links' | 'history'> & { readonly remark?: string }
type RecordedAccess = { readonly entry: LedgerEntry | undefined; readonly foreign: ForeignAssignment | undefined }

/** Compares our records with Identity Center's listing, and returns the state of the access. If they differ, `proveAccess` decides. */
function findStanding({ entry, foreign }: RecordedAccess, listing: Listing | undefined): Standing | undefined {
  if (entry) {
    const { state, grantedAt, missingSince, reason, call, principalId, openUntil: nextAttempt } = entry
    const isRecorded = grantedAt !== undefined && state !== 'revoking' && missingSince === undefined
    const isInForce = isRecorded && proveAccess(entry, listing) !== 'gone'
    const since = isInForce ? grantedAt : undefined
    const remark = 'Identity Center does not list it: somebody else took it away; the next drift check deals with it'
    const told = { state, isInForce, since, reason, nextAttempt, requestId: call?.id, principalId }
    return isRecorded && !isInForce ? { ...told, remark } : told
  }
  if (foreign && listing?.isListed === false) {
    const remark = 'the last drift check saw it, but Identity Center does not list it any more'
    return { state: 'none', isInForce: false, principalId: foreign.principalId, remark }
  }
  if (foreign) return { state: 'foreign', isInForce: true, since: foreign.seenAt, principalId: foreign.principalId }
  const remark = 'Identity Center lists it; no drift check has seen it yet, so ssofile does not know since when'
  return listing?.isListed ? { state: 'foreign', isInForce: true, remark } : undefined
}

/** `id`: the holder of the name; `undefined`: nobody has, or had, it. */
async function explain(
  assignment: Assignment,
  id: PrincipalId | undefined,
  context: ExplainSources,
): Promise<Explanation> {
  const { ports, configuration, organization } = context
  const key = id && renderAssignmentKey({ ...assignment, principalId: id })
  const readings = new LinkReadings(ports.objects, configuration)
  const [stored, foreign, evaluation, history, suspension] = await Promise.all([
    key && new Ledger(ports.objects).read(key),
    key && readForeign(ports.objects, key),
    evaluateAssignment(assignment, { readings, organization, configuration, place: 'view' }),
    key ? listHistory(ports.objects, key) : [],
    id && assignment.type === 'USER' ? findSuspension(id, assignment.principal, context) : undefined,
  ])
  const unclear = evaluation.links.length === 0 ? evaluation.unreadable : []
  for (const link of unclear) context.notes.push(noteOfUnclear(link, configuration))
  const links = await explainLinks(stored?.entry.links ?? foreign?.links ?? [], evaluation.links, ports)
  const ended = suspension === undefined ? [] : [lackOfSuspendedUser(assignment.principal, suspension).reason]
  const listing = id && listingOf(id, assignment.type, context)
  const isWanted = evaluation.links.length > 0
  const { remark, ...standing } = findStanding({ entry: stored?.entry, foreign }, listing) ?? {
    ...(isWanted ? { state: 'wanted' as const, reason: reasonOf(links) } : { state: 'none' as const }),
    isInForce: false,
  }
  const remarks = [...ended, ...(stored ? remarksOn(stored.entry) : []), ...(remark === undefined ? [] : [remark])]
  return { assignment, links, history, principalId: listing?.isListed ? id : undefined, ...standing, remarks }
}

/** `undefined`: Identity Center was not asked. */
function listingOf(id: PrincipalId, type: PrincipalType, { asked }: ExplainSources): Listing | undefined {
  if (!asked.asked) return undefined
  const isIt = ({ principalId, principalType }: AssignmentTarget) => principalId === id && principalType === type
  return { isListed: asked.targets.some(isIt), at: asked.at }
}

function findSuspension(id: PrincipalId, name: PrincipalName, { suspensions, notes }: ExplainSources) {
  return unlessRefused(suspensions.find(id, name), 'whether the user is suspended could not be read', notes)
}

function noteOfUnclear(key: string, { folders }: Configuration): string {
  const link = parseLinkKey(key, folders)
  const isSelecting = link.ok && link.value.scope.kind === 'select'
  const why = isSelecting ? `nobody knows which accounts ${key} selects` : `S3 does not give ${key} to ssofile`
  return `${why}, so it is not known whether that link grants this access; see: ssofile status '${key}'`
}

/** Facts of an entry besides its state, in whole sentences. */
export function remarksOn({ orphanedAt, missingSince }: LedgerEntry): readonly string[] {
  return [
    ...(orphanedAt === undefined ? [] : [`the principal is gone since ${orphanedAt}; its access is kept for a while`]),
    ...(missingSince === undefined ? [] : [`a drift check misses it in Identity Center since ${missingSince}`]),
  ]
}

/** Why links grant access that is not in force yet. */
function reasonOf(links: readonly ExplainedLink[]): string {
  const [told] = links.flatMap(({ status }) => status ?? [])
  if (told === undefined) return 'its link has not been looked at yet'
  return told.reason ?? (told.state === 'applying' ? 'it is on its way' : `the status of its link is '${told.state}'`)
}

async function explainLinks(
  recorded: readonly GrantingLink[],
  granting: readonly GrantingLink[],
  { objects, clock }: Ports,
): Promise<readonly ExplainedLink[]> {
  const statuses = new StatusStore(objects, clock)
  const byKey = new Map<string, GrantingLink>()
  // The record of the evaluated version names the uploader.
  for (const link of [...granting, ...recorded]) byKey.set(link.key, { ...byKey.get(link.key), ...link })
  const grantsNow = new Set(granting.map(({ key }) => key))
  const [told] = await addRequests([{ links: [...byKey.values()] }], objects)
  return Promise.all(
    (told?.links ?? []).map(async (link: ToldLink): Promise<ExplainedLink> => {
      const status = await statuses.read(link.key)
      const by = link.by ?? toldUploader(status, link)
      return { ...link, by, grants: grantsNow.has(link.key), status }
    }),
  )
}

/** Explains each group of the user that has the access: by the ledger, by `foreign/` or in Identity Center. */
async function explainThroughGroups(
  userId: PrincipalId,
  { account: accountId, permissionSet, principal: name }: Question,
  context: ExplainSources,
): Promise<readonly Explanation[]> {
  const { notes, ports, asked, names } = context
  const suspension = await findSuspension(userId, name, context)
  const listing = Array.fromAsync(listAll((token) => ports.identityStore.listGroupsOf(userId, token)))
  const note = 'the groups of this user could not be listed, so access through them is not shown'
  const groups = await unlessRefused(listing, note, notes)
  if (!groups) return []
  const known = await Array.fromAsync(listKnown(ports.objects, `account%${accountId}%${permissionSet}%`))
  const recorded = new Set(known.map(({ assignment }) => assignment.principalId))
  const listed = asked.asked ? asked.targets.map(({ principalId }) => principalId) : []
  const having = [...new Set([...recorded, ...listed])].filter((id) => groups.includes(id))
  return Promise.all(
    having.map(async (id) => {
      const [principal = recorded.has(id) ? undefined : await askGroup(id, context)] = names.namesOf('GROUP', id)
      const group = { type: 'GROUP' as const, principal: principal ?? principalName.parse(id) }
      const explained = await explain({ accountId, permissionSet, ...group }, id, context)
      const { files } = await readMade(ports.objects, { group: id, user: userId })
      const remarks = [
        ...explained.remarks,
        ...files.map((key) => `the user is in the group through ${key}`),
        ...(suspension ? [`the user is suspended by ${suspension}, and stays in this group: ${suspendedLimit}`] : []),
      ]
      return { ...explained, remarks }
    }),
  )
}

/** The name in links. A group of others may have one without the suffix. */
async function askGroup(id: PrincipalId, { ports, configuration, notes }: ExplainSources) {
  const asked = ports.identityStore.findPrincipalName('GROUP', id)
  const name = await unlessRefused(asked, 'a group could not be named', notes)
  return name && (nameInLinks(name, configuration.principalSuffix) ?? name)
}

/** Links that differ in one of account, permission set and principal; the closest name first. */
async function findNearLinks(
  question: Question,
  account: Account | undefined,
  { ports, configuration, organization }: ExplainSources,
) {
  const { permissionSet, principal } = question
  const { managementAccountId } = await organization.view()
  const membership = { ...configuration, managementAccountId, selectors: await organization.selectors() }
  const near: { key: string; differs: string; rank: number }[] = []
  for await (const link of listLinks(ports.objects, configuration.folders)) {
    const inAccount = differsInAccount(link, question.account, account, membership)
    const differences = [
      ...inAccount,
      ...differs('permission set', permissionSet, link.permissionSet),
      ...differs(nounOf(link.type), principal, link.principal),
    ]
    const [only] = differences
    if (differences.length !== 1 || only === undefined) continue
    const isSimilar =
      nearMatch(permissionSet, [link.permissionSet]) !== undefined &&
      nearMatch(principal, [link.principal]) !== undefined
    const isMeant = inAccount.length > 0 && only !== otherAccount
    near.push({ key: link.key, differs: only, rank: isMeant ? 0 : isSimilar ? 1 : 2 })
  }
  return near
    .sort((a, b) => a.rank - b.rank || (a.key < b.key ? -1 : 1))
    .slice(0, nearMost)
    .map(({ key, differs: how }) => ({ key, differs: how }))
}

const closedAccounts = {
  'management-account': 'which is the management account',
  'own-account': 'in which ssofile runs',
}

/** How the link's account scope differs. Says so if only the state of the account excludes it. */
function differsInAccount(
  link: Link,
  id: AccountId,
  account: Account | undefined,
  membership: Membership,
): readonly string[] {
  if (account && isWithin(link, account, membership)) return []
  const { scope } = link
  const meant = scope.kind === 'account' && scope.id === id
  if (meant && !account) return ['it means this account, which is not in the organization']
  const closed = meant && closedBecause(link, id, membership)
  if (closed) return [`it means this account, ${closedAccounts[closed]}`]
  const isKept = account && isWithin(link, { ...account, state: 'ACTIVE' }, membership)
  return [isKept ? `it means this account, which is ${account.state}, not ACTIVE` : otherAccount]
}

function differs(noun: string, asked: string, named: string): readonly string[] {
  return asked === named ? [] : [`it names the ${noun} '${named}'`]
}

type NotingSources = Pick<Ports, 'objects'> & { readonly index: PermissionSetIndex }

/**
 * A sentence for a person: no file and no permission set has this name, and which name is similar; or a few calls cannot tell.
 * `undefined`: it exists. `index`: over a port that makes few calls.
 */
export async function noteMissingPermissionSet(
  name: PermissionSetName,
  { objects, index }: NotingSources,
): Promise<string | undefined> {
  const key = permissionSetKey(name)
  if (await objects.head(key)) return undefined
  let doubt: string | undefined
  try {
    if (await index.resolve(name)) return undefined
  } catch (error) {
    if (!isNoAnswer(error)) throw error
    doubt = error.message
  }
  const files = await listHeads(objects, permissionSetPrefix)
  const named = [...files.keys()].map(parsePermissionSetKey).flatMap((file) => (file.ok ? file.value : []))
  const near = nearMatch(name, [...named, ...[index.findNear(name) ?? []].flat()])
  return doubt === undefined
    ? `there is no permission set '${name}': no file ${key}, and none of this name in Identity Center${meant(near)}`
    : `there is no file ${key}, and it is not known whether Identity Center has a permission set of this name: ${doubt}${meant(near)}`
}
