import pLimit from 'p-limit'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { complainOfObjections, judgePermissionSetByPolicies } from '../../domain/guardrails/judge-by-policies.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import {
  parsePermissionSetKey,
  permissionSetKey,
  permissionSetPrefix,
} from '../../domain/permission-sets/permission-set-file.ts'
import { type PermissionSetName, permissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { Complaint } from '../../domain/statuses/complaint.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import { isServiceError } from '../../ports/service-error.ts'
import type { SsoAdmin } from '../../ports/sso-admin.ts'
import { limitSsoAdmin } from '../calls/limited-sso-admin.ts'
import { RateLimiter } from '../calls/rate-limiter.ts'
import { findUncontrolled, type LackOfControl } from '../directory/management-account-sets.ts'
import { PermissionSetIndex } from '../directory/permission-set-index.ts'
import { notOurs } from '../permission-sets/describe-permission-set.ts'
import { listHeads, readsAtOnce } from '../records/list-heads.ts'
import { ownedPrefix, readOwned } from '../records/owned-permission-sets.ts'
import { Policies } from '../records/policies.ts'
import { readPermissionSetFile } from '../records/read-permission-set-file.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'

/** A quarter of AWS's rate for all callers together, because a dispatcher may be running. */
const callsPerSecond = 5

/** What a reconcile would do to a permission set. `rejected`: nothing, for this reason. */
export type PermissionSetChange =
  /** `blocked`: its file is gone, but links or assignments still use it. */
  | { readonly name: PermissionSetName; readonly change: 'create' | 'update' | 'delete' | 'blocked' }
  | { readonly name: string; readonly change: 'rejected'; readonly reason: string; readonly remedy: string }

/** Reads at a rate that leaves room for a dispatcher. `perSecond`: a higher rate for callers of a few dozen calls. */
export function readGently(
  ports: Pick<Ports, 'ssoAdmin' | 'clock' | 'randomness' | 'metrics'>,
  perSecond = callsPerSecond,
): SsoAdmin {
  const limiter = new RateLimiter(ports.clock, perSecond)
  return limitSsoAdmin(ports, limiter, { mayStart: () => false, holdsLease: () => true })
}

type Comparing = {
  readonly index: PermissionSetIndex
  readonly policies: Policies
  readonly lackOf: LackOfControl
  /** Sets whose file only an invalid policy refuses. */
  readonly unjudged: Set<PermissionSetName>
}

/** A deletion is refused like any other change. */
async function judgeDeletion(
  name: PermissionSetName,
  objects: ObjectStore,
  lackOf: LackOfControl,
): Promise<PermissionSetChange> {
  const arn = (await spoiledAsAbsent(readOwned(objects, name)))?.value.arn
  const lack = arn === undefined ? undefined : lackOf(name, arn)
  return lack ? { name, change: 'rejected', ...lack } : { name, change: 'delete' }
}

/** The caller may lack permission to ask: then nothing is known. */
async function findUncontrolledNow(asking: Parameters<typeof findUncontrolled>[0]): Promise<LackOfControl> {
  try {
    return await findUncontrolled(asking)
  } catch (error) {
    if (!isServiceError(error, 'AccessDeniedException')) throw error
    return () => undefined
  }
}

type InForce = { readonly configuration: Configuration; readonly managementAccountId: AccountId }

export type PermissionSetPreview = Awaited<ReturnType<typeof previewPermissionSets>>
export async function previewPermissionSets(ports: Ports, inForce: InForce) {
  const { objects, clock } = ports
  const ssoAdmin = readGently(ports)
  const lackOf = await findUncontrolledNow({ ...ports, ...inForce, ssoAdmin })
  const index = new PermissionSetIndex({ objects, ssoAdmin, clock })
  const limit = pLimit(readsAtOnce)
  const files = [...(await listHeads(objects, permissionSetPrefix)).keys()]
  const policies = new Policies({ objects, clock })
  const unjudged = new Set<PermissionSetName>()
  const compared = await Promise.all(
    files.map((key) => limit(() => compareFile(key, ports, { index, policies, lackOf, unjudged }))),
  )
  const changes = compared.filter((change) => change !== undefined)
  const present = new Set(files)
  for await (const { key } of objects.list(ownedPrefix)) {
    const name = permissionSetName.safeParse(key.slice(ownedPrefix.length))
    if (name.success && !present.has(permissionSetKey(name.data)))
      changes.push(await judgeDeletion(name.data, objects, lackOf))
  }
  const created = new Set(changes.flatMap(({ name, change }) => (change === 'create' ? [name] : [])))
  return {
    changes: changes.sort((a, b) => (a.name < b.name ? -1 : 1)),
    /** `new`: it does not exist yet, but a file will create it. `undefined`: it does not exist, and no file will create it. */
    resolve: async (name: PermissionSetName) =>
      (await index.resolve(name)) ?? (created.has(name) || unjudged.has(name) ? ('new' as const) : undefined),
    findNear: (name: PermissionSetName) => index.findNear(name),
    /** The lack of a set that the management account has. */
    lackOf,
    ssoAdmin,
  }
}

async function compareFile(
  key: string,
  { objects }: Ports,
  { index, policies, lackOf, unjudged }: Comparing,
): Promise<PermissionSetChange | undefined> {
  const reading = await readPermissionSetFile(objects, key)
  if (!reading) return undefined
  const { file, object } = reading
  const parsedName = parsePermissionSetKey(key)
  const name = parsedName.ok ? parsedName.value : key.slice(permissionSetPrefix.length)
  if (!file.ok) return rejected(name, file.complaint)
  const owned = await readOwned(objects, file.value.name)
  if (owned?.value.applied?.etag !== object.etag) {
    const { refusals } = judgePermissionSetByPolicies(await policies.read(), file.value)
    const refusal = complainOfObjections(key, refusals)
    if (refusal && refusals.every(({ rule }) => rule === undefined)) unjudged.add(file.value.name)
    if (refusal) return rejected(name, refusal)
  }
  const arn = owned ? owned.value.arn : await index.resolve(file.value.name)
  if (arn === undefined) return { name: file.value.name, change: 'create' }
  if (!owned) return rejected(name, notOurs(file.value.name))
  if (owned.value.applied?.etag === object.etag) return undefined
  const lack = lackOf(file.value.name, arn)
  return lack ? { name: file.value.name, change: 'rejected', ...lack } : { name: file.value.name, change: 'update' }
}

function rejected(name: string, { received, expected, remedy }: Complaint): PermissionSetChange {
  return { name, change: 'rejected', reason: `received ${received}, expected ${expected}`, remedy }
}
