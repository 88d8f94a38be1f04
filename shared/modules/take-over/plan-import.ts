import { renderAssignmentName } from '../../domain/assignments/assignment.ts'
import { toAssignment } from '../../domain/assignments/plan.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { listGrantingLinks } from '../../domain/links/granting-links.ts'
import { type Grant, type LinkKey, renderGrant, renderLinkKey } from '../../domain/links/link.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { OrganizationView } from '../../domain/organization/organization-view.ts'
import type { Scoping } from '../../domain/scopes/expand-scope.ts'
import type { Scope } from '../../domain/scopes/scope.ts'
import type { Complaint } from '../../domain/statuses/complaint.ts'
import type { Status } from '../../domain/statuses/status.ts'
import { toGrantingLink } from '../../reconcile/assignments/evaluate-assignment.ts'
import { mayApplyTo } from '../../reconcile/assignments/user-binding.ts'
import type { InputReadings } from '../../reconcile/records/input-readings.ts'
import { forEachAtOnce } from '../../reconcile/records/list-heads.ts'
import type { LinkReading } from '../../reconcile/records/read-link.ts'
import type { Existing, Judgement } from './judge-existing.ts'
import { type AccessOfGrant, type CompactLink, compactLinks, type Obstacle } from './rules/compact-links.ts'
import type { ImportSource } from './rules/import-source.ts'

/** A link, and the assignments that it makes ours. */
export type ImportedLink = {
  readonly key: LinkKey
  readonly grant: Grant
  readonly scope: Scope
  /** False: it exists and grants them permanently. */
  readonly isNew: boolean
  readonly toAdopt: readonly Existing[]
  /** Everything that a new link would grant: the link is written only while all of it exists. */
  readonly granted: readonly Existing[]
}

export type ImportPlan = {
  readonly links: readonly ImportedLink[]
  readonly obstacles: readonly Obstacle[]
  readonly left: readonly Complaint[]
  /** Adopted before, perhaps with an interruption. */
  readonly adopted: readonly Existing[]
  /** How many of the listed assignments are in the ledger. */
  readonly ours: number
  /** Those of them that are granted, by a link that has no end. */
  readonly kept: readonly Existing[]
}

type Options = {
  readonly view: OrganizationView
  readonly configuration: Configuration & Scoping
  readonly readings: InputReadings
  /** The status of a link, which names its user. Throws SpoiledObjectError. */
  readonly readStatus: (link: string) => Promise<Status | undefined>
  readonly isCompact: boolean
  readonly tagKeys: readonly string[]
  /** Links of another tool. */
  readonly source?: Pick<ImportSource, 'links'> | undefined
  readonly folder?: string | undefined
  readonly byPresentLinks?: boolean | undefined
}

/** Plans which links an import writes, and which link makes which assignment ours. Reads only links and their statuses; changes nothing. */
export async function planImport(judgements: readonly Judgement[], options: Options): Promise<ImportPlan> {
  const { view, configuration, readings, isCompact, tagKeys, source, folder, byPresentLinks } = options
  const left = judgements.flatMap((one) => (one.is === 'left' ? [one.complaint] : []))
  const ours = judgements.flatMap((one) => (one.is === 'ours' ? [one] : []))
  const fresh = judgements.flatMap((one) => (one.is === 'new' ? [one.existing] : []))
  const kept = ours.flatMap(({ existing, isGranted }) => (isGranted ? [existing] : []))
  const lasting = await findLasting([...fresh, ...kept], options)
  const present = new Set(readings.keys)
  const access = groupAccess(fresh, kept, lasting)
  const isTaken = (key: LinkKey) => present.has(key)
  const bySource = Map.groupBy(source?.links ?? [], renderGrant)
  const ownScopes = new Map([...bySource].map(([name, links]) => [name, links.map(({ scope }) => scope)]))
  const compacted = byPresentLinks
    ? noLinks
    : compactLinks(access, { view, configuration, isCompact, tagKeys, ownScopes, folder, isTaken })
  const known = new Map([...fresh, ...kept].map((existing) => [renderAssignmentName(existing.assignment), existing]))
  const pending = new Set(fresh.filter(({ key }) => !lasting.has(key)).map(({ key }) => key))
  const written = compacted.links.map((link) => toImported(link, known, pending))
  const rest = fresh.filter(({ key }) => pending.has(key))
  const complain = (existing: (typeof rest)[number]) =>
    byPresentLinks ? complainOfLack(existing) : complainOfFile(existing, folder, readings)
  return {
    links: [...adoptByPresent(fresh, lasting), ...written],
    obstacles: compacted.obstacles,
    left: [...left, ...(await Promise.all(rest.map(complain)))],
    adopted: ours.flatMap(({ existing, isAdopted }) => (isAdopted ? [existing] : [])),
    ours: ours.length,
    kept: kept.filter(({ key }) => lasting.has(key)),
  }
}

type Lasting = ReadonlyMap<Existing['key'], { readonly key: LinkKey; readonly scope: Scope }>

/** The first link of each assignment that grants it now to this principal and has no end. */
async function findLasting(
  all: readonly Existing[],
  { view, configuration, readings, readStatus }: Options,
): Promise<Lasting> {
  const accounts = new Map(view.accounts.map((account) => [account.id, account]))
  const membership = { ...configuration, managementAccountId: view.managementAccountId }
  const lasting = new Map<Existing['key'], { key: LinkKey; scope: Scope }>()
  await forEachAtOnce(all, async ({ key, assignment, target }) => {
    const account = accounts.get(assignment.accountId)
    const candidates = account ? listGrantingLinks(assignment, account, membership) : []
    for (const reading of await readings.inForce(candidates.map((link) => link.key))) {
      if (reading.body.expiresAt !== undefined) continue
      if (!(await mayApplyTo(target, toGrantingLink(reading), readStatus))) continue
      lasting.set(key, reading.link)
      return
    }
  })
  return lasting
}

/** Our own access counts for a wider link only if a link grants it permanently: the wider link must not outlive it. */
function groupAccess(fresh: readonly Existing[], kept: readonly Existing[], lasting: Lasting) {
  const groups = new Map<string, { grant: Grant; has: Set<AccountId>; needed: Set<AccountId> }>()
  const note = ({ assignment: { permissionSet, principal, type, accountId } }: Existing, isNeeded: boolean) => {
    const grant = { permissionSet, principal, type }
    const name = renderGrant(grant)
    const group = groups.get(name) ?? { grant, has: new Set(), needed: new Set() }
    groups.set(name, group)
    group.has.add(accountId)
    if (isNeeded) group.needed.add(accountId)
  }
  for (const existing of fresh) note(existing, !lasting.has(existing.key))
  for (const existing of kept) if (lasting.has(existing.key)) note(existing, false)
  return [...groups.values()] satisfies AccessOfGrant[]
}

function toImported(
  { key, grant, scope, accounts }: CompactLink,
  known: ReadonlyMap<string, Existing>,
  pending: Set<string>,
): ImportedLink {
  const granted = accounts.flatMap((id) => known.get(renderAssignmentName(toAssignment(grant, id))) ?? [])
  const toAdopt = granted.filter((existing) => pending.delete(existing.key))
  return { key, grant, scope, isNew: true, toAdopt, granted }
}

function adoptByPresent(fresh: readonly Existing[], lasting: Lasting): readonly ImportedLink[] {
  const byLink = Map.groupBy(fresh, ({ key }) => lasting.get(key)?.key)
  return [...byLink].flatMap(([key, toAdopt]) => {
    const [first] = toAdopt
    const link = first && lasting.get(first.key)
    if (key === undefined || !link) return []
    const { permissionSet, principal, type } = first.assignment
    const grant = { permissionSet, principal, type }
    return [{ key, grant, scope: link.scope, isNew: false, toAdopt, granted: toAdopt }]
  })
}

const noLinks: ReturnType<typeof compactLinks> = { links: [], obstacles: [] }

function complainOfLack({ assignment }: Existing): Complaint {
  return {
    object: renderAssignmentName(assignment),
    received: 'access that no link grants',
    expected: 'a link that grants it permanently',
    remedy: `leave it alone, or upload such a link and run the import again`,
  }
}

/** The link's name is that of an existing file that does not grant the access permanently. */
async function complainOfFile(
  { assignment }: Existing,
  folder: string | undefined,
  readings: InputReadings,
): Promise<Complaint> {
  const link = renderLinkKey({ ...assignment, scope: { kind: 'account', id: assignment.accountId }, folder })
  const reading = await readings.read(link)
  const isBound = reading.state === 'in-force' && reading.body.expiresAt === undefined
  return isBound ? complainOfBinding(link) : complainOfLink(link, reading)
}

/** The link would grant the access, but not to this user. */
function complainOfBinding(object: LinkKey): Complaint {
  return {
    object,
    received: 'a link that was applied to another user of this name, or whose status cannot be read',
    expected: 'no file of this name, or a link that grants the access to the present user',
    remedy: 'if the present user may have the access, run ssofile touch with this key and --rebind, then import again',
  }
}

export function complainOfLink(object: LinkKey, reading: LinkReading): Complaint {
  const received =
    reading.state === 'in-force' ? 'a link that ends by itself (expiresAt)' : `a file that is ${reading.state}`
  return {
    object,
    received: `${received}, which would end the access sooner or later`,
    expected: 'no file of this name, or a link that grants the access permanently',
    remedy: 'delete the file or upload an empty one, then import again',
  }
}
