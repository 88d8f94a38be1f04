import pLimit from 'p-limit'
import type { Complaint } from '../../domain/complaint.ts'
import { complainOfObjections, judgePermissionSetByPolicies } from '../../domain/judge-by-policies.ts'
import { parsePermissionSetKey, permissionSetKey, permissionSetPrefix } from '../../domain/permission-set-file.ts'
import { type PermissionSetName, permissionSetName } from '../../domain/permission-set-name.ts'
import type { Ports } from '../../ports/ports.ts'
import type { SsoAdmin } from '../../ports/sso-admin.ts'
import { limitSsoAdmin } from '../calls/limited-sso-admin.ts'
import { RateLimiter } from '../calls/rate-limiter.ts'
import { PermissionSetIndex } from '../directory/permission-set-index.ts'
import { notOurs } from '../permission-sets/describe-permission-set.ts'
import { listHeads, readsAtOnce } from '../records/list-heads.ts'
import { ownedPrefix, readOwned } from '../records/owned-permission-sets.ts'
import { Policies } from '../records/policies.ts'
import { readPermissionSetFile } from '../records/read-permission-set-file.ts'

/** A quarter of what AWS allows to all callers together: a dispatcher may be at work. */
const callsPerSecond = 5

/** What a reconcile would do to a permission set. `rejected`: nothing, for this reason. */
export type PermissionSetChange =
  /** `blocked`: its file is gone, but links or assignments still use it. */
  | { readonly name: PermissionSetName; readonly change: 'create' | 'update' | 'delete' | 'blocked' }
  | { readonly name: string; readonly change: 'rejected'; readonly reason: string; readonly remedy: string }

/** Reads at a rate that leaves room for a dispatcher. `perSecond`: more, for who makes only some dozens of calls. */
export function readGently(
  ports: Pick<Ports, 'ssoAdmin' | 'clock' | 'randomness' | 'metrics'>,
  perSecond = callsPerSecond,
): SsoAdmin {
  const limiter = new RateLimiter(ports.clock, perSecond)
  return limitSsoAdmin(ports, limiter, { mayStart: () => false, holdsLease: () => true })
}

/** Permission sets as they would be after a reconcile. */
export type PermissionSetPreview = Awaited<ReturnType<typeof previewPermissionSets>>
export async function previewPermissionSets(ports: Ports) {
  const { objects, clock } = ports
  const ssoAdmin = readGently(ports)
  const index = new PermissionSetIndex({ objects, ssoAdmin, clock })
  const limit = pLimit(readsAtOnce)
  const files = [...(await listHeads(objects, permissionSetPrefix)).keys()]
  const policies = new Policies({ objects, clock })
  const compared = await Promise.all(files.map((key) => limit(() => compareFile(key, ports, { index, policies }))))
  const changes = compared.filter((change) => change !== undefined)
  const present = new Set(files)
  for await (const { key } of objects.list(ownedPrefix)) {
    const name = permissionSetName.safeParse(key.slice(ownedPrefix.length))
    if (name.success && !present.has(permissionSetKey(name.data))) changes.push({ name: name.data, change: 'delete' })
  }
  const created = new Set(changes.flatMap(({ name, change }) => (change === 'create' ? [name] : [])))
  return {
    changes: changes.sort((a, b) => (a.name < b.name ? -1 : 1)),
    /** `new`: it does not exist yet, but a file makes it. `undefined`: it does not exist, and nothing makes it. */
    resolve: async (name: PermissionSetName) =>
      (await index.resolve(name)) ?? (created.has(name) ? ('new' as const) : undefined),
    findNear: (name: PermissionSetName) => index.findNear(name),
    ssoAdmin,
  }
}

async function compareFile(
  key: string,
  { objects }: Ports,
  { index, policies }: { readonly index: PermissionSetIndex; readonly policies: Policies },
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
    if (refusal) return rejected(name, refusal)
  }
  const arn = owned ? owned.value.arn : await index.resolve(file.value.name)
  if (arn === undefined) return { name: file.value.name, change: 'create' }
  if (!owned) return rejected(name, notOurs(file.value.name))
  return owned.value.applied?.etag === object.etag ? undefined : { name: file.value.name, change: 'update' }
}

function rejected(name: string, { received, expected, remedy }: Complaint): PermissionSetChange {
  return { name, change: 'rejected', reason: `received ${received}, expected ${expected}`, remedy }
}
