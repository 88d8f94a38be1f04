import type { AccessId, AssignmentId } from '../../domain/assignments/assignment.ts'
import { type RoleInPlaceOfSet, roleInPlaceOfSet } from '../../domain/assignments/entitlement.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { Account } from '../../domain/organization/organization-view.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PermissionSetArn } from '../../domain/principals/identity-center-ids.ts'
import { principalName } from '../../domain/principals/principal.ts'
import type { Reading } from '../../domain/readings/reading.ts'
import { isAdmitted, suspendedLimit } from '../../domain/suspensions/describe-suspension.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { Ports } from '../../ports/ports.ts'
import type { TellProgress } from '../../ports/progress.ts'
import { answerOrError } from '../../ports/service-error.ts'
import type { AssignmentTarget } from '../../ports/sso-admin.ts'
import { patientIdentityStore } from '../../reconcile/calls/patient-identity-store.ts'
import { People } from '../../reconcile/directory/people.ts'
import { PermissionSetIndex } from '../../reconcile/directory/permission-set-index.ts'
import { type DriftRun, readDriftRun } from '../../reconcile/drift/drift-run.ts'
import { OrganizationCache } from '../../reconcile/organization/organization-cache.ts'
import { UnitNames } from '../../reconcile/organization/unit-names.ts'
import { MadeMemberships } from '../../reconcile/records/owned-groups.ts'
import { readLedgerState } from '../../reconcile/records/pause.ts'
import { NameIndex } from '../../reconcile/records/principal-names.ts'
import { readStatus } from '../../reconcile/records/status-store.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { judgeUse } from '../usage/rules/role-use.ts'
import type { Watched } from '../usage/rules/watched.ts'
import { type AccessAt, listAccessAt } from './access-at.ts'
import type { ExpansionThen, HeldAccess, MembershipsThen } from './expand-access.ts'
import { type AccessPart, expandParts } from './expand-parts.ts'
import { findSubject, isOfSubject, type Subject, wasMeant } from './find-subject.ts'
import { listRecordedAccess, type Recorded } from './list-recorded-access.ts'
import { askIdentityCenter, type ListedAccess, readSparingly } from './listed-access.ts'
import { mergeAccess } from './merge-access.ts'
import { readOwnUses } from './own-uses.ts'
import { readSuspensions, type SuspensionOf } from './read-suspensions.ts'
import type { AnyAccess } from './recorded-access.ts'
import { notConfigured, type RoleUseAge, RoleUses } from './role-uses.ts'
import { unlessRefused } from './unless-refused.ts'

/** Every given field must match; no field: all access. */
export type WhoQuestion = {
  /** A user name, or the id of a user. */
  readonly user?: string | undefined
  /** A group's display name, or its id. */
  readonly group?: string | undefined
  readonly account?: AccountId | undefined
  /** `role:<name>`: an existing role from account access manager. */
  readonly permissionSet?: PermissionSetName | RoleInPlaceOfSet | undefined
  /** Whether to include this link: limits the answer to access from such links. */
  readonly isLinkWanted?: ((key: string) => boolean) | undefined
  /** `false`: only the bucket, without a call to Identity Center. */
  readonly isLive: boolean
  /** `false`: leaves out uploaders that only a status of a link names. */
  readonly hasUploaders?: boolean
  /** The access at an earlier instant by history; then nothing else is asked. */
  readonly at?: Date | undefined
  /** With `at`: the members of each group by a report. Absent: not recorded. */
  readonly membershipsThen?: MembershipsThen | undefined
  /** Leaves out access used in the last N days; the rest has its known use. */
  readonly unusedForDays?: number | undefined
}

/** The ages of the parts of an answer, as instants. */
export type WhoSources = {
  readonly bucketReadAt: string
  readonly ledger: Reading<'whole'>
  /** Drift checks find foreign access. Absent: none ran. `isOver`: `false` while it runs. */
  readonly driftCheck?: (Pick<DriftRun, 'startedAt' | 'roles'> & { readonly isOver: boolean }) | undefined
  /** When accounts were last read from the organization, or updated by events. */
  readonly organizationReadAt?: string | undefined
  /** With `at`: the first instant in history. Before it nothing is known. */
  readonly historySince?: string | undefined
  /** With `at`: when the memberships for expanding groups were read. Absent: groups are not expanded. */
  readonly membershipsAsOf?: string | undefined
  /** `why`: Identity Center was not asked, as the end of a sentence. */
  readonly identityCenter: { readonly askedAt: string; readonly calls: number } | { readonly why: string }
  /** Absent: the use of roles was not asked. */
  readonly roleUse?: RoleUseAge | undefined
  /** The time for which the uses of each person are counted. Absent: they are not, or the caller may not read them. */
  readonly watched?: Watched | undefined
}

export type WhoAnswer = {
  /** Account by account, ascending, and in each by person, permission set and group. They are read while the caller takes them. */
  readonly rows: AsyncIterable<readonly HeldAccess[]>
  /** Complete after the last row. */
  readonly facts: () => WhoFacts
}

export type WhoFacts = {
  /** The meaning of an answer without rows: nobody, and how ssofile knows; or not known. */
  readonly ifEmpty: Reading<string>
  readonly sources: WhoSources
  /** Failed reads, in whole sentences. */
  readonly notes: readonly string[]
}

/** Who has which access, with groups expanded to people. `ports.objects` must not write caches. */
export async function whoHasAccess(
  question: WhoQuestion,
  ports: Ports,
  configuration: Configuration,
  onStep: TellProgress = () => {},
  partSize?: number,
): Promise<WhoAnswer> {
  const notes: string[] = []
  const { objects, clock } = ports
  const bucketReadAt = renderInstant(clock.now())
  const people = new People(patientIdentityStore(ports))
  const [subject, organization, drift, ledger] = await Promise.all([
    findSubject(question, { ports, people, configuration, notes }),
    readOrganization(ports, configuration, notes),
    readDriftRun(objects),
    // History knows it of an earlier time.
    question.at === undefined ? readLedgerState(objects, bucketReadAt) : ({ is: 'whole', asOf: bucketReadAt } as const),
  ])
  const finding = { question, subject, people, ports, notes, spoiled: [], onStep, partSize }
  const { parts, asked, historySince, ifEmpty } = await (question.at === undefined
    ? findAccess(finding)
    : findAccessAt(finding, question.at))
  const { unusedForDays, membershipsThen, hasUploaders } = question
  const isThen = question.at !== undefined
  const isUseAsked = unusedForDays !== undefined
  const uses = isUseAsked ? new RoleUses(ports, configuration) : undefined
  const ownUses = isThen ? undefined : await readOwnUses(ports, notes, isUseAsked)
  const watched = ownUses?.watched
  if (isUseAsked && configuration.auditorRole === '' && watched === undefined)
    notes.push(`${notConfigured}: name a role that may ask IAM in each account; docs/audit.md says what it needs`)
  const suspended = readSuspensions(ports, configuration)
  const suspensionOf = (await unlessRefused(suspended, 'who is suspended could not be read', notes)) ?? nobodyKnows
  const suspension = isThen ? undefined : findSuspension(subject, configuration, suspensionOf)
  const accounts = new Map(organization?.accounts.map((account) => [account.id, account]))
  const isMeant: ExpansionThen['isMeant'] = ({ personId: id, person: name }) => wasMeant('USER', { id, name }, subject)
  const then = isThen ? { memberships: membershipsThen, ...(question.user !== undefined && { isMeant }) } : undefined
  const isLost = 'unread' in ledger
  const known = { people, subject, accounts, suspensionOf, made: new MadeMemberships(objects), notes, onStep, isLost }
  const units = new UnitNames(ports)
  const contextOf = async ({ access, isOnly }: Part) => {
    const unitNames = await nameUnits(access, accounts, units, finding)
    return { ...known, then, unitNames, ownUses: isOnly || isUseAsked ? ownUses : undefined }
  }
  async function* rows(): AsyncGenerator<readonly HeldAccess[]> {
    const told = { ports, uses, hasUploaders: hasUploaders !== false, onStep }
    let isAllForeign = true
    for await (const held of expandParts(chooseLinks(parts, question), told, contextOf)) {
      isAllForeign &&= held.rows.every(({ origin }) => origin === 'foreign')
      yield isUseAsked ? held.rows.filter((row) => judgeUse(row, unusedForDays) !== 'used') : held.rows
    }
    if (suspension) notes.push(await describeFile(suspension, isAllForeign, objects))
    notes.push(...(uses?.notes ?? []))
  }
  const driftCheck = isThen ? undefined : ageOf(drift)
  const membershipsAsOf = membershipsThen?.asOf
  const identityCenter = asked.asked ? { askedAt: renderInstant(asked.at), calls: asked.calls } : { why: asked.why }
  const read = { bucketReadAt, ledger, driftCheck, organizationReadAt: organization?.readAt, historySince }
  const facts = () => {
    const sources = { ...read, roleUse: uses?.age, watched, membershipsAsOf, identityCenter }
    return { ifEmpty: isLost ? ledger : ifEmpty(), sources, notes }
  }
  return { rows: rows(), facts }
}

const nobodyKnows = () => undefined

async function* chooseLinks(parts: AsyncGenerator<Part>, { isLinkWanted }: WhoQuestion): AsyncGenerator<Part> {
  const isWanted = ({ links }: AnyAccess) => isLinkWanted === undefined || links.some(({ key }) => isLinkWanted(key))
  for await (const part of parts) yield { ...part, access: part.access.filter(isWanted) }
}

type SuspendedUser = { readonly name: string; readonly file: string }

/** The file that suspends the user of the question. */
function findSuspension(
  { user }: Subject,
  { principalSuffix }: Pick<Configuration, 'principalSuffix'>,
  suspensionOf: SuspensionOf,
): SuspendedUser | undefined {
  if (user === undefined) return undefined
  // Spelled as in links, or as in the directory.
  const names = [user.name + principalSuffix, user.name].map((name) => principalName.safeParse(name).data)
  const file = names.map((name) => suspensionOf(user.id, name)).find((found) => found !== undefined)
  return file === undefined ? undefined : { name: user.name, file }
}

/** Also for a user without access, who has no row that says it. Only the status knows why access from ssofile is still there. */
async function describeFile(
  { name, file }: SuspendedUser,
  isAllForeign: boolean,
  objects: Ports['objects'],
): Promise<string> {
  const is = `'${name}' is suspended by ${file}`
  const status = await spoiledAsAbsent(readStatus(objects, file))
  if (isAllForeign && isAdmitted(status))
    return `${is}. Access that is still listed comes from others: ${suspendedLimit}`
  return `${is}: ${status?.reason ?? `its status is ${status?.state ?? 'not written yet'}`}`
}

/** The names of the units above these accounts. Units without a known name appear with their ids. */
async function nameUnits(
  access: readonly AnyAccess[],
  accounts: ReadonlyMap<AccountId, Account>,
  names: UnitNames,
  { question: { isLive }, notes }: Finding,
): Promise<ReadonlyMap<string, string>> {
  const ids = new Set(access.flatMap(({ accountId }) => accounts.get(accountId)?.parents ?? []))
  const asked = isLive && unlessRefused(names.of(ids), 'the names of organizational units could not be read', notes)
  return (await asked) || names.stored()
}

type Finding = {
  readonly question: WhoQuestion
  readonly subject: Subject
  readonly people: People
  readonly ports: Ports
  readonly notes: string[]
  /** Unreadable records so far. */
  readonly spoiled: string[]
  readonly onStep: TellProgress
  readonly partSize: number | undefined
}

/** Some of the access. `isOnly`: there is no other part. */
type Part = AccessPart & { readonly isOnly: boolean }

/** Reads the bucket, and Identity Center if that is cheap. */
async function findAccess(finding: Finding) {
  const { question, subject, ports } = finding
  const { account, permissionSet } = question
  const { ssoAdmin, calls } = readSparingly(ports)
  const index = new PermissionSetIndex({ ...ports, ssoAdmin })
  const isNarrow = (account ?? permissionSet) !== undefined
  const [asked, begun] = await Promise.all([
    ask(finding, { ssoAdmin, index, calls }),
    // For one principal, read only its own access, once that is known.
    isNarrow && subject.principals === undefined ? readRecords(finding, () => true) : undefined,
  ])
  const fits = asked.asked ? asked.targets.filter((target) => isInPlace(target.accountId, question)) : []
  const isOwn = ({ principalId: id }: AssignmentId) => subject.principals?.some((one) => one.id === id) !== false
  async function* findParts(): AsyncGenerator<Part> {
    if (!asked.asked) {
      if (begun) return yield merge(begun, asked, new Map(), finding)
      const parts = mergeParts(listRecords(finding, isOwn), asked, finding)
      if (subject.isAnybody) yield* parts
      // One subject has little access. Only one part shows its last uses.
      else yield { access: (await Array.fromAsync(parts)).flatMap(({ access }) => access), isOnly: true }
      return
    }
    const known = await nameSets(fits, begun?.accesses ?? [], index)
    const places = new Set(fits.map((target) => `${target.accountId} ${known.get(target.permissionSetArn)}`))
    const mayBeOwn = (one: AssignmentId) => isOwn(one) || places.has(`${one.accountId} ${one.permissionSet}`)
    const recorded = begun ?? (await readRecords(finding, mayBeOwn))
    yield merge(recorded, { ...asked, targets: fits }, known, finding)
  }
  const ifEmpty = (): Reading<string> => emptyNow(asked, finding)
  return { parts: findParts(), asked, historySince: undefined, ifEmpty }
}

/** What it means that nothing was found now. Access by links is only that of the ledger, so its records are enough. */
function emptyNow(
  asked: ListedAccess,
  { question: { isLinkWanted }, ports: { clock }, spoiled, subject: { unreadGroups } }: Finding,
): Reading<string> {
  if (unreadGroups !== undefined) return { unread: `not known: ${unreadGroups}` }
  if (asked.asked)
    return {
      is: 'Identity Center lists no such access, and ssofile has no record of any',
      asOf: renderInstant(asked.at),
    }
  if (isLinkWanted !== undefined && spoiled.length === 0)
    return { is: 'ssofile has no record of access by such links', asOf: renderInstant(clock.now()) }
  const lack = spoiled.length > 0 ? ', and not every record could be read' : ''
  return {
    unread: `no such access is recorded, but Identity Center was not asked and may have some${lack}: ${asked.why}`,
  }
}

async function* mergeParts(
  parts: AsyncGenerator<Recorded>,
  asked: ListedAccess,
  finding: Finding,
): AsyncGenerator<Part> {
  for await (const part of parts) yield merge(part, asked, new Map(), finding)
}

function merge(
  { accesses, entitlements, spoiled, isOnly }: Recorded,
  asked: ListedAccess,
  names: ReadonlyMap<PermissionSetArn, PermissionSetName>,
  { question: { permissionSet }, subject, notes, spoiled: all }: Finding,
): Part {
  notes.push(...spoiled)
  all.push(...spoiled)
  const access = [...mergeAccess(accesses, asked, names), ...entitlements].filter(
    (one) => (permissionSet === undefined || one.permissionSet === permissionSet) && isOfSubject(one, subject),
  )
  return { access, isOnly }
}

async function ask(
  { question: { account, permissionSet, isLive }, subject, ports }: Finding,
  asking: Omit<Parameters<typeof askIdentityCenter>[2], 'isUnknown'>,
): Promise<ListedAccess> {
  if (!isLive) return { asked: false, why: 'only the bucket was to be read' }
  if (isRole(permissionSet)) return { asked: false, why: 'its assignments give permission sets, not roles' }
  const isUnknown = !subject.isAnybody && !subject.principals
  const filter = { account, permissionSet, principals: subject.principals }
  return askIdentityCenter(filter, ports, { ...asking, isUnknown })
}

async function* listRecords(
  { question: { account, permissionSet }, subject, people, ports, onStep, partSize }: Finding,
  isWanted: (assignment: AssignmentId) => boolean,
): AsyncGenerator<Recorded> {
  if (subject.isAnybody && (account ?? permissionSet) === undefined) await foreseeAllGroups(people, ports)
  const wanted = { account, permissionSet, isWanted }
  for await (const part of listRecordedAccess(ports.objects, wanted, onStep, partSize)) {
    // Otherwise each part would list the names that it needs. The later caller receives the error.
    if (subject.isAnybody && !part.isOnly)
      for (const type of ['USER', 'GROUP'] as const) void people.listNames(type).catch(() => {})
    const groups = part.accesses.flatMap(({ type, principalId }) => (type === 'GROUP' ? [principalId] : []))
    if (subject.isAnybody) people.foresee(new Set(groups))
    yield part
  }
}

/** All records as one part. */
async function readRecords(finding: Finding, isWanted: (assignment: AssignmentId) => boolean): Promise<Recorded> {
  const parts = await Array.fromAsync(listRecords(finding, isWanted))
  return {
    accesses: parts.flatMap(({ accesses }) => accesses),
    entitlements: parts.flatMap(({ entitlements }) => entitlements),
    spoiled: parts.flatMap(({ spoiled }) => spoiled),
    unreadOurs: parts.flatMap(({ unreadOurs }) => unreadOurs),
    isOnly: true,
  }
}

/**
 * Begins to read the members of all groups with access while the records are read: the directory is asked 15 times a second, once for
 * each group, which takes longest. Without the names, it begins after the records.
 */
async function foreseeAllGroups(people: People, { objects }: Ports): Promise<void> {
  const answer = await answerOrError(NameIndex.read(objects))
  const names = 'is' in answer ? answer.is : new NameIndex()
  people.foresee(new Set(names.idsOfType('GROUP')))
}

/** Names never change, so names in the records need no call. */
async function nameSets(
  targets: readonly AssignmentTarget[],
  recorded: Recorded['accesses'],
  index: PermissionSetIndex,
): Promise<ReadonlyMap<PermissionSetArn, PermissionSetName>> {
  const names = new Map(recorded.map(({ permissionSetArn, permissionSet }) => [permissionSetArn, permissionSet]))
  const arns = new Set(targets.map(({ permissionSetArn }) => permissionSetArn))
  const unknown = [...arns].filter((arn) => !names.has(arn))
  const found = await Promise.all(unknown.map(async (arn) => [arn, await index.nameOf(arn)] as const))
  for (const [arn, name] of found) if (name !== undefined) names.set(arn, name)
  return names
}

async function findAccessAt({ question, subject, ports: { objects }, notes }: Finding, at: Date) {
  const { account, permissionSet } = question
  const isWanted = (one: AccessId) => permissionSet === undefined || one.permissionSet === permissionSet
  const { access, since, unread } = await listAccessAt(objects, at, { account, isWanted })
  for (const key of unread) notes.push(`${key} cannot be read, so access recorded in it is missing here`)
  const then = chooseThen(subject, question)
  notes.push(...then.notes)
  const asked: ListedAccess = { asked: false, why: 'it knows only the present' }
  const found = access.filter(then.isChosen)
  async function* parts(): AsyncGenerator<Part> {
    yield { access: found, isOnly: true }
  }
  const ifEmpty = () => emptyThen({ since, unread }, at, question)
  return { parts: parts(), asked, historySince: since, ifEmpty }
}

/** What it means that history has nothing at this instant. */
function emptyThen(
  { since, unread }: Pick<AccessAt, 'since' | 'unread'>,
  at: Date,
  { user, group, account, membershipsThen }: WhoQuestion,
): Reading<string> {
  const asOf = renderInstant(at)
  const place = account === undefined ? '' : ` of account ${account}`
  if (since === undefined) return { unread: `not known: history${place} has nothing yet: nothing is known of ${asOf}` }
  if (at.getTime() < Date.parse(since))
    return { unread: `not known: history${place} begins at ${since}: nothing is known of ${asOf}`, since }
  if (unread.length > 0)
    return { unread: `not known: history could not be read in full, so access at ${asOf} may be missing` }
  if (user !== undefined && group === undefined && membershipsThen === undefined)
    return { unread: `not known: no report before ${asOf} has the members of groups` }
  return { is: `according to history, which begins at ${since}`, asOf }
}

/**
 * Which access of an earlier time to expand. The expansion then leaves only the rows of the user, if the question has one.
 *
 * | question                               | access                                                      |
 * | -------------------------------------- | ----------------------------------------------------------- |
 * | about anybody                          | all                                                         |
 * | about a group, perhaps one user in it  | the group's, by its id or its name then                     |
 * | about a user, a report has members     | the user's, by the id or the name then; that of all groups  |
 * | about a user, no report has members    | the user's, the same way; that of the user's present groups |
 */
function chooseThen(
  subject: Subject,
  { user, group, membershipsThen }: WhoQuestion,
): { readonly isChosen: (one: AnyAccess) => boolean; readonly notes: readonly string[] } {
  const isMeant = ({ type, principalId: id, principal: name }: AnyAccess) => wasMeant(type, { id, name }, subject)
  if (subject.isAnybody) return { isChosen: () => true, notes: [] }
  if (group !== undefined) return { isChosen: (one) => one.type === 'GROUP' && isMeant(one), notes: [] }
  if (membershipsThen) return { isChosen: (one) => one.type === 'GROUP' || isMeant(one), notes: [] }
  const known = 'history has no memberships: the groups of this user are those of now'
  const unknown = `history has no memberships, and the directory does not have '${user}': access through groups is not shown`
  const hasGroups = subject.principals?.some(({ type }) => type === 'GROUP')
  const notes = subject.user === undefined ? [unknown] : hasGroups ? [known] : []
  return { isChosen: (one) => isMeant(one) || isOfSubject(one, subject), notes }
}

function isInPlace(accountId: AccountId, { account }: WhoQuestion): boolean {
  return account === undefined || account === accountId
}

function isRole(permissionSet: WhoQuestion['permissionSet']): permissionSet is RoleInPlaceOfSet {
  return roleInPlaceOfSet.safeParse(permissionSet).success
}

async function readOrganization(ports: Ports, { folders }: Configuration, notes: string[]) {
  const cache = new OrganizationCache(ports, folders)
  const stored = await cache.storedView()
  return stored ?? (await unlessRefused(cache.view(), 'the organization could not be read', notes))
}

/** The age of facts that only drift checks know. */
export function ageOf(drift: DriftRun | undefined): WhoSources['driftCheck'] {
  return drift && { startedAt: drift.startedAt, roles: drift.roles, isOver: drift.open.length === 0 }
}
