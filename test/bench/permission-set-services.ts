import { addJsonServices } from '../../infra/local/json-services/json-services.ts'
import { buildLocalServer } from '../../infra/local/s3-and-sqs.ts'
import { SystemClock } from '../../shared/aws/system-clock.ts'
import { SystemRandomness } from '../../shared/aws/system-randomness.ts'
import { permissionSetName } from '../../shared/domain/permission-sets/permission-set-name.ts'
import { fillFromOrganizationFile } from '../../shared/memory/fill-from-organization-file.ts'
import { MemoryIdentityStore } from '../../shared/memory/identity-store/memory-identity-store.ts'
import { organizationFile } from '../../shared/memory/organization-file.ts'
import { MemoryOrganizations } from '../../shared/memory/organizations/memory-organizations.ts'
import { MemoryObjectStore } from '../../shared/memory/s3/memory-object-store.ts'
import { MemoryQueues } from '../../shared/memory/sqs/memory-queues.ts'
import { MemorySsoAdmin } from '../../shared/memory/sso-admin/memory-sso-admin.ts'

/**
 * A process of its own: AWS's services with so many permission sets, all of them applied, and what the product has
 * recorded of them. It sends its URL.
 */
const beside = Number(process.argv[2])
const common = { clock: new SystemClock(), randomness: new SystemRandomness() }
const organizations = new MemoryOrganizations(common)
const identityStore = new MemoryIdentityStore(common)
const ssoAdmin = new MemorySsoAdmin({ ...common, organizations, identityStore })
const id = '300000000000'
const accounts = [{ id, name: 'management', email: 'management@bench.example', tags: {} }]
const root = { id: 'r-bench', accounts, organizationalUnits: [] }
fillFromOrganizationFile(organizationFile.parse({ managementAccountId: id, root, groups: [], users: [] }), {
  organizations,
  identityStore,
  ssoAdmin,
})
const objects = new MemoryObjectStore({ bucket: 'ssofile', ...common })

const nameByArn: Record<string, string> = {}
for (let index = 0; index < beside; index++) {
  const name = permissionSetName.parse(`Beside-${index}`)
  const description = 'Stands beside'
  const base = { name, description, sessionDuration: 'PT1H', tags: [] }
  const arn = ssoAdmin.addPermissionSet(base, index.toString(16).padStart(16, '0'))
  nameByArn[arn] = name
  const key = `permission_sets/${name}.json`
  const written = await objects.put(key, JSON.stringify({ permissionSetName: name, description }))
  const now = common.clock.now().toISOString()
  const etag = written.outcome === 'written' ? written.etag : ''
  const told = {
    input: key,
    state: 'applied',
    owned: true,
    permissionSetArn: arn,
    etag,
    lastModified: now,
    updatedAt: now,
  }
  await objects.put(`status/${key}.json`, JSON.stringify(told))
  const owned = { v: 1, arn, claimedAt: now, applied: { etag, at: now } }
  await objects.put(`owned_permission_sets/${name}`, JSON.stringify(owned))
}
await objects.put('state/permission-sets.json', JSON.stringify({ v: 1, nameByArn }))
const app = buildLocalServer({ objects, queues: new MemoryQueues(common) })
addJsonServices(app, { ssoAdmin, identityStore, organizations })
const url = await app.listen({ host: '127.0.0.1', port: 0 })
process.on('disconnect', () => process.exit())
process.send?.({ url })
