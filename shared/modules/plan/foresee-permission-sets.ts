import pLimit from 'p-limit'
import { ledgerPrefix } from '../../domain/assignments/ledger-entry.ts'
import type { AssignmentSet } from '../../domain/assignments/plan.ts'
import { describeContents, describeLoss } from '../../domain/brake/held-contents.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import {
  parsePermissionSetKey,
  permissionSetKey,
  permissionSetPrefix,
} from '../../domain/permission-sets/permission-set-file.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { PermissionSetArn } from '../../domain/principals/identity-center-ids.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { onceEach } from '../../ports/once.ts'
import { listAll } from '../../ports/page.ts'
import type { Ports } from '../../ports/ports.ts'
import { unlessCode } from '../../ports/service-error.ts'
import { openSettleContext } from '../../reconcile/assignments/settle-context.ts'
import { noMinimums } from '../../reconcile/brake/ask-minimum.ts'
import { Brake } from '../../reconcile/brake/brake.ts'
import { readGently } from '../../reconcile/calls/limited-sso-admin.ts'
import { wrapPort } from '../../reconcile/calls/wrap-port.ts'
import { isAdministratorSet } from '../../reconcile/directory/is-administrator-set.ts'
import { findUncontrolled, type LackOfControl } from '../../reconcile/directory/management-account-sets.ts'
import { type Foreseen, foresee } from '../../reconcile/inputs/reconcile-input.ts'
import type { OrganizationCache } from '../../reconcile/organization/organization-cache.ts'
import { describeObstacle } from '../../reconcile/permission-sets/describe-permission-set.ts'
import { gatherPermissionSet } from '../../reconcile/permission-sets/gather-permission-set.ts'
import { permissionSetController } from '../../reconcile/permission-sets/permission-set-controller.ts'
import type {
  PermissionSetTypes,
  ReadingPermissionSets,
} from '../../reconcile/permission-sets/permission-set-settlement.ts'
import { listHeads, readsAtOnce } from '../../reconcile/records/list-heads.ts'
import { listOwned } from '../../reconcile/records/owned-permission-sets.ts'
import type { PlannedRevocation } from './planned-access.ts'
import { ProposedObjects } from './proposed-objects.ts'
import { holdersOf } from './rules/reach.ts'
import { type ProvisionedSet, renderProvisionedSet } from './rules/vanishing-roles.ts'

/** At six calls each, and five calls a second, this takes a minute. */
const readMost = 50
const deletionsAtOnce = 4

/** The first step that would change a permission set. `rejected`: none, for this reason. */
export type PermissionSetChange =
  /** `blocked`: its file is gone, but links or assignments still use it. */
  | { readonly name: PermissionSetName; readonly change: 'create' | 'update' | 'delete' | 'blocked' }
  | { readonly name: string; readonly change: 'rejected'; readonly reason: string; readonly remedy: string }

type JudgedEdit = { readonly name: PermissionSetName; readonly reason: string }

type Context = ReadingPermissionSets & Pick<Ports, 'objects'>
/** `isUnread`: the step depends on the permission set in Identity Center, and nobody has read it. */
type Look = Omit<Foreseen<PermissionSetTypes>, 'isSettled'> & { readonly key: string; readonly isUnread?: boolean }
type Step = PermissionSetTypes['action']['do'] | PermissionSetTypes['end']['tell']

type InForce = {
  readonly configuration: Configuration
  readonly organization: OrganizationCache
  readonly recorded: readonly AssignmentSet[]
}

export type PermissionSetPreview = Readonly<Awaited<ReturnType<typeof foreseePermissionSets>>>

/** Asks what the dispatcher would do first with each permission set file. Those with most access are read in Identity Center. */
export async function foreseePermissionSets(ports: Ports, { configuration, organization, recorded }: InForce) {
  const { objects } = ports
  const ssoAdmin = readGently(ports)
  const managementAccountId = await organization.managementAccountId()
  const uncontrolled = findUncontrolled({ ...ports, configuration, managementAccountId, ssoAdmin })
  // The caller may lack permission to ask: then nothing is known.
  const lackOf: LackOfControl = (await unlessCode(uncontrolled, 'AccessDeniedException')) ?? (() => undefined)
  const slice = { mayStart: () => false, ending: new AbortController().signal, waitingIn: () => 0 }
  const { permissionSets: index, ...settling } = openSettleContext({ ...ports, ssoAdmin }, configuration, slice)
  // AWS would refuse to create one whose name is taken, so look for it before.
  const others = new Set<PermissionSetArn>()
  const lookUp = async (name: PermissionSetName) => {
    const arn = await index.resolve(name)
    if (arn !== undefined) others.add(arn)
    return arn
  }
  const context: Context = { ...settling, organization, isDriftCheck: false, permissionSets: { lookUp } }
  const files = [...(await listHeads(objects, permissionSetPrefix)).keys()]
  const unread = { ...context, ssoAdmin: leftUnread(ssoAdmin, others) }
  const first = await pLimit(readsAtOnce).map(files, (key) => look(key, unread))
  const assignmentsOf = ({ input }: Look) => (input ? holdersOf(input.name, recorded).reach.assignments : 0)
  const byReach = first
    .flatMap((one) => (one.isUnread ? [{ one, assignments: assignmentsOf(one) }] : []))
    .sort((a, b) => b.assignments - a.assignments)
  const read = await pLimit(readsAtOnce).map(byReach.slice(0, readMost), ({ one }) => look(one.key, context))
  const beyond = byReach.slice(readMost)
  const looks = [...first.filter((one) => !one.isUnread), ...read, ...beyond.map(({ one }) => one)]
  const changes = looks.flatMap((one) => describeLook(one, lackOf))
  const coming = new Set([
    ...changes.flatMap(({ name, change }) => (change === 'create' ? [name] : [])),
    ...looks.flatMap(nameUnjudged),
  ])
  return {
    edits: {
      ...(await judgeEdits(read, ports, configuration)),
      /** Changes of assigned permission sets that were not compared with Identity Center, because there are too many. */
      contentsUnchecked: beyond.filter(({ assignments }) => assignments > 0).length,
    },
    /** All changes, ascending by name, once the revocations are carried out. */
    listChanges: async (gone: Gone) =>
      sortByName([...changes, ...(await previewDeletions({ ...gone, files, lackOf, context }))]),
    /** `new`: it does not exist yet, but a file will create it. `undefined`: it does not exist, and no file will create it. */
    resolve: async (name: PermissionSetName) =>
      (await index.resolve(name)) ?? (coming.has(name) ? ('new' as const) : undefined),
    findNear: (name: PermissionSetName) => index.findNear(name),
    /** The lack of a set that the management account has. */
    lackOf,
    ssoAdmin,
  }
}

class UnreadError extends Error {
  override readonly name = 'UnreadError'
}

function leftUnread(ssoAdmin: Context['ssoAdmin'], others: ReadonlySet<PermissionSetArn>): Context['ssoAdmin'] {
  return wrapPort(ssoAdmin, (_, call) => call(), {
    describePermissionSet: async (arn) => {
      if (!others.has(arn)) throw new UnreadError(arn)
      return ssoAdmin.describePermissionSet(arn)
    },
  })
}

/** A plan says nothing about the denial of ended sessions, nor about accounts that lack the change of a former file: no file asks for them. */
async function look(key: string, context: Context): Promise<Look> {
  const gathered: Pick<Look, 'input'>[] = []
  const gather: typeof gatherPermissionSet = (input, sources) => {
    gathered.push({ input })
    return gatherPermissionSet(input, sources)
  }
  try {
    return {
      key,
      ...(await foresee(key, { ...permissionSetController, gather }, context, { isDenied: true, isFormerTried: true })),
    }
  } catch (error) {
    if (error instanceof UnreadError) return { key, ...gathered[0], isUnread: true }
    throw error
  }
}

/**
 * The planned change for the first step, or for the end. The default is `update` for steps, and `rejected` for ends. If a record has no
 * permission set, its first step is `look for it`.
 */
const changeBy: Readonly<Partial<Record<Step, PermissionSetChange['change'] | 'none'>>> = {
  claim: 'create',
  create: 'create',
  'look for it': 'delete',
  'begin deletion': 'delete',
  delete: 'delete',
  // Identity Center refuses it.
  'put off': 'rejected',
  applied: 'none',
  nothing: 'none',
  blocked: 'blocked',
}

/** The plan also says `rejected` for a key that is no name, and for a set of the management account that ssofile may not change. */
function describeLook({ key, input, facts, step, told }: Look, lackOf: LackOfControl): readonly PermissionSetChange[] {
  const named = parsePermissionSetKey(key)
  const reject = (name: string, { reason = '', remedy = '' }: { reason?: string; remedy?: string } = {}) =>
    [{ name, change: 'rejected', reason, remedy }] as const
  if (!named.ok || input === undefined) return reject(key.slice(permissionSetPrefix.length), told)
  const name = named.value
  const change =
    step && 'tell' in step ? (changeBy[step.tell] ?? 'rejected') : ((step && changeBy[step.do]) ?? 'update')
  if (change === 'none') return []
  if (change === 'rejected')
    return reject(name, told ?? (facts?.obstacle && describeObstacle(facts.obstacle, input.entry)))
  const arn = change === 'update' || change === 'delete' ? input.entry?.arn : undefined
  const lack = arn && lackOf(name, arn)
  return lack ? reject(name, lack) : [{ name, change }]
}

/** A set whose file only an invalid policy refuses. */
function nameUnjudged({ input, facts, step }: Look): readonly PermissionSetName[] {
  const refusals = step && 'tell' in step && step.tell === 'objected' ? facts?.objections?.refusals : undefined
  return input && refusals?.every(({ rule }) => rule === undefined) ? [input.name] : []
}

/** Asks the brake about the edits, on a copy. Those with most access first. */
async function judgeEdits(looks: readonly Look[], ports: Ports, configuration: Configuration) {
  const objects = new ProposedObjects(ports.objects, ports.clock.now())
  const brake = new Brake({ ...ports, objects }, configuration, noMinimums)
  const contents: JudgedEdit[] = []
  const losses: JudgedEdit[] = []
  for (const { input, facts } of looks) {
    const edit = facts?.comparison?.edit
    if (!input?.head || edit === undefined) continue
    const answer = await brake.admitContents(edit)
    const { name } = input
    const loss = describeLoss(edit)
    if (!('admission' in answer)) contents.push({ name, reason: describeContents(answer) })
    else if (loss !== undefined) losses.push({ name, reason: loss })
  }
  return {
    /** The permission set files that the brake would hold, and why. */
    contents: sortByName(contents),
    /** Passing changes that may take access away: the access, and from how many. */
    losses: sortByName(losses),
  }
}

type Gone = {
  readonly revocations: readonly PlannedRevocation[]
  /** The other assignments in the accounts of the revocations. */
  readonly remaining: readonly ProvisionedSet[]
}

type GoneSources = Gone & {
  readonly files: readonly string[]
  readonly lackOf: LackOfControl
  readonly context: Context
}

/** What becomes of the sets without a file, once the revocations are carried out. Identity Center keeps one that others assign. */
async function previewDeletions(sources: GoneSources): Promise<readonly PermissionSetChange[]> {
  const { revocations, files, lackOf, context } = sources
  const { objects, clock } = context
  const present = new Set(files)
  const gone = (await Array.fromAsync(listOwned(objects))).filter((name) => !present.has(permissionSetKey(name)))
  if (gone.length === 0) return []
  const deletions = revocations.map(({ key }) => ({ key: `${ledgerPrefix}${key}` }))
  const left = { ...context, objects: new ProposedObjects(listingOnce(objects), clock.now(), { deletions }) }
  const found = await pLimit(deletionsAtOnce).map(gone, async (name): Promise<readonly PermissionSetChange[]> => {
    const one = await look(permissionSetKey(name), left)
    const changes = describeLook(one, lackOf)
    const arn = one.input?.entry?.arn
    if (arn === undefined || changes[0]?.change !== 'delete' || !(await isAssigned(name, arn, sources))) return changes
    return [{ name, change: 'blocked' }]
  })
  return found.flat()
}

/** An account that has it and loses no assignment of it keeps one. */
async function isAssigned(
  permissionSet: PermissionSetName,
  arn: PermissionSetArn,
  { revocations, remaining, context: { ssoAdmin } }: GoneSources,
): Promise<boolean> {
  if (remaining.some((one) => one.permissionSet === permissionSet)) return true
  const emptied = new Set(revocations.map(({ assignment }) => renderProvisionedSet(assignment)))
  const pages = (token?: string) => ssoAdmin.listAccountsForProvisionedPermissionSet(arn, undefined, token)
  for await (const accountId of listAll(pages))
    if (!emptied.has(renderProvisionedSet({ accountId, permissionSet }))) return true
  return false
}

/** The same bucket; each prefix is listed once. */
function listingOnce(objects: ObjectStore): ObjectStore {
  const list = onceEach((prefix: string) => Array.fromAsync(objects.list(prefix)))
  return wrapPort(objects, (_, call) => call(), {
    async *list(prefix) {
      yield* await list(prefix)
    },
  })
}

/** Picks the permission sets that allow everything, ascending. */
export async function findAdministrators(
  names: Iterable<PermissionSetName>,
  objects: ObjectStore,
  { resolve, ssoAdmin }: Pick<PermissionSetPreview, 'resolve' | 'ssoAdmin'>,
): Promise<readonly PermissionSetName[]> {
  const judged = await pLimit(readsAtOnce).map([...new Set(names)].sort(), async (name) =>
    (await isAdministratorSet(name, { objects, ssoAdmin, resolve })) ? [name] : [],
  )
  return judged.flat()
}

function sortByName<T extends { readonly name: string }>(all: readonly T[]): readonly T[] {
  return all.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}
