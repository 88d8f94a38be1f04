import pLimit from 'p-limit'
import { type AssignmentKey, assignmentOf } from '../../domain/assignments/assignment.ts'
import { ledgerPrefix } from '../../domain/assignments/ledger-entry.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { describeObjection, type Objection, objectToRevocation } from '../../domain/guardrails/judge-by-policies.ts'
import type { Guardrails } from '../../domain/guardrails/policy-file.ts'
import { separatedFrom } from '../../domain/guardrails/separation.ts'
import { toldUploader } from '../../domain/links/find-uploader.ts'
import { type Link, parseLinkKey, renderGrant } from '../../domain/links/link.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { OrganizationView } from '../../domain/organization/organization-view.ts'
import { fitsOne } from '../../domain/text/glob.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { Memberships } from '../../reconcile/directory/memberships.ts'
import { PrincipalIndex } from '../../reconcile/directory/principal-index.ts'
import { judgeLink } from '../../reconcile/guardrails/judge-link.ts'
import { Minimums } from '../../reconcile/guardrails/minimums.ts'
import { OrganizationCache } from '../../reconcile/organization/organization-cache.ts'
import { EntryCopies } from '../../reconcile/records/entry-copies.ts'
import { InputReadings } from '../../reconcile/records/input-readings.ts'
import {
  Ledger,
  type ListedAssignment,
  listAssignmentHeads,
  listAssignmentKeys,
} from '../../reconcile/records/ledger.ts'
import { forEachAtOnce, readsAtOnce } from '../../reconcile/records/list-heads.ts'
import { Policies } from '../../reconcile/records/policies.ts'
import { NameIndex } from '../../reconcile/records/principal-names.ts'
import { StatusStore } from '../../reconcile/records/status-store.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { Suspensions } from '../../reconcile/records/suspensions.ts'
import { SeparationsIn } from './separations-in.ts'

const notesMost = 100

/** Links whose access stays although enforced rules would refuse it today, ascending, with the objections. */
export type Violations = ReadonlyMap<string, readonly Objection[]>

/** Reads only the bucket, and uses the last reading of the organization. */
export async function findViolations(
  /** `identityStore`: a patient one (see `patientIdentityStore`). */
  ports: Pick<Ports, 'objects' | 'clock' | 'organizations' | 'randomness' | 'log' | 'identityStore'>,
  configuration: Configuration,
): Promise<Violations> {
  const { objects, clock, identityStore } = ports
  const policies = new Policies({ objects, clock })
  const found = new Map<string, readonly Objection[]>()
  const cache = new OrganizationCache(ports, configuration.folders)
  const view = await cache.storedView()
  const guardrails = await policies.read()
  if (!view || guardrails.policies.length === 0) return found
  const memberships = new Memberships(identityStore, clock)
  const principals = new PrincipalIndex(identityStore, clock, configuration.principalSuffix)
  const statuses = new StatusStore(objects, clock)
  const suspensions = new Suspensions({ objects, policies })
  const minimums = new Minimums({ objects, policies, memberships, suspensions, statuses })
  for (const [account, objections] of await findUnkeptMinimums(guardrails, view, { objects, minimums }))
    found.set(account, objections)
  const people = { objects, policies, principals, memberships }
  const owned = await listOwned(objects)
  const separations = new SeparationsIn((link) => listGranted(link, owned, objects), people)
  const selectors = await cache.selectors()
  const organization = { view: async () => view, viewWithTags: async () => view, selectors: async () => selectors }
  const readings = await InputReadings.list(objects, configuration)
  const apart = readings.keys.flatMap((key) => {
    const link = parseLinkKey(key, configuration.folders)
    return link.ok && separatedFrom(guardrails, link.value.permissionSet) !== undefined ? [link.value] : []
  })
  await principals.foresee(apart)
  await forEachAtOnce(readings.keys, async (key) => {
    const reading = await readings.read(key)
    if (reading.state !== 'in-force') return
    const { link, body, object } = reading
    let status: ReturnType<StatusStore['read']> | undefined
    // Needed only for a rule about uploaders, or a refused link.
    const readStatus = () => {
      status ??= spoiledAsAbsent(statuses.read(key))
      return status
    }
    const { refusals } = await judgeLink(
      {
        ...{ link, body, uploadedAt: object.lastModified },
        findUploader: async () => toldUploader(await readStatus(), object),
      },
      { policies, organization, configuration, separations },
    )
    const objections = refusals.filter(({ rule }) => rule !== undefined)
    if (objections.length === 0) return
    const mayBeNew = (await readStatus())?.state === 'rejected'
    if (!mayBeNew || (await listGranted(link, owned, objects)).length > 0) found.set(key, objections)
  })
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** By each name that a principal has, or had. */
async function listOwned(objects: ObjectStore): Promise<ReadonlyMap<string, readonly AssignmentKey[]>> {
  const names = await NameIndex.read(objects)
  const owned = new Map<string, AssignmentKey[]>()
  for await (const key of listAssignmentKeys(objects, ledgerPrefix)) {
    const id = assignmentOf(key)
    for (const principal of names.everNamesOf(id.type, id.principalId)) {
      const grant = renderGrant({ ...id, principal })
      const keys = owned.get(grant) ?? []
      keys.push(key)
      owned.set(grant, keys)
    }
  }
  return owned
}

/** The accounts with ledger access from this link: a link that is refused now may have granted some before. */
async function listGranted(
  link: Link,
  owned: ReadonlyMap<string, readonly AssignmentKey[]>,
  objects: ObjectStore,
): Promise<readonly AccountId[]> {
  const ledger = new Ledger(objects)
  const granted: AccountId[] = []
  for (const key of owned.get(renderGrant(link)) ?? []) {
    const stored = await spoiledAsAbsent(ledger.read(key))
    if (stored?.entry.links.some((one) => one.key === link.key)) granted.push(assignmentOf(key).accountId)
  }
  return granted
}

export function describeViolations(violations: Violations): readonly string[] {
  const told = [...violations].map(([key, objections]) => {
    const [first] = objections
    const more = objections.length > 1 ? ` (and ${objections.length - 1} more)` : ''
    return `${key} stands against a policy: ${first ? describeObjection(first) : ''}${more}`
  })
  if (told.length <= notesMost) return told
  return [...told.slice(0, notesMost), `${told.length - notesMost} more links stand against a policy`]
}

/** Accounts where fewer people have an access than a minimum demands, with the objection. */
async function findUnkeptMinimums(
  { policies }: Guardrails,
  { accounts }: OrganizationView,
  { objects, minimums }: { readonly objects: ObjectStore; readonly minimums: Minimums },
): Promise<ReadonlyMap<string, readonly Objection[]>> {
  const found = new Map<string, Objection[]>()
  const rules = policies.flatMap((policy) =>
    policy.minimums.filter(({ mode }) => mode === 'enforce').map((rule) => ({ policy, rule })),
  )
  if (rules.length === 0) return found
  const [leaving, copies] = [new Set<string>(), new EntryCopies(objects)]
  const isThere = (await minimums.readPresence())(leaving)
  const byAccount = new Map<AccountId, ListedAssignment[]>()
  for await (const one of listAssignmentHeads(objects, ledgerPrefix)) {
    const { accountId, permissionSet } = assignmentOf(one.key)
    // A minimum concerns few of half a million entries, and memory keeps only those.
    if (!rules.some(({ rule }) => fitsOne(rule.for.permissionSets, permissionSet))) continue
    const ofAccount = byAccount.get(accountId) ?? []
    ofAccount.push(one)
    byAccount.set(accountId, ofAccount)
  }
  for (const { policy, rule } of rules) {
    const meant = accounts.filter(({ id, state }) => state === 'ACTIVE' && fitsOne(rule.for.accounts ?? ['*'], id))
    const objections = await pLimit(readsAtOnce).map(meant, async ({ id }) => {
      const fitting = (byAccount.get(id) ?? []).filter(({ key }) =>
        fitsOne(rule.for.permissionSets, assignmentOf(key).permissionSet),
      )
      const people = await minimums.listKeeping(fitting, rule, { leaving, isThere, copies })
      const left = people.size
      return left < rule.must.peopleLeast ? [{ id, told: objectToRevocation(policy, rule, { left, account: id }) }] : []
    })
    for (const { id, told } of objections.flat())
      found.set(`account ${id}`, [...(found.get(`account ${id}`) ?? []), told])
  }
  return found
}
