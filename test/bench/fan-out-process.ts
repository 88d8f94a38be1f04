import { lookAtLink } from '../../handlers/links.ts'
import { localAccountId } from '../../infra/local/local-account.ts'
import { openAwsPorts } from '../../shared/aws/aws-ports.ts'
import { queueNameOnTheWire } from '../../shared/aws/queue-name-on-the-wire.ts'
import { defaultConfiguration } from '../../shared/domain/deployment/configuration.ts'
import { CollectedLog } from '../../shared/memory/collected-log.ts'
import { OrganizationCache } from '../../shared/reconcile/organization/organization-cache.ts'

/**
 * A process of its own, as a function is, and nothing in it but the product: it looks at a new root link, and at a deleted
 * one, through AWS's own clients. It sends the most memory that it ever had.
 */
const [url = ''] = process.argv.slice(2)
const ports = openAwsPorts({
  bucket: 'ssofile',
  queues: (queue) => `${url}/${localAccountId}/${queueNameOnTheWire(queue)}`,
  log: new CollectedLog(),
  endpoint: { url, accessKeyId: 'ssofile' },
})
const organization = new OrganizationCache(ports, [])
await organization.rebuild(0)
const look = (key: string) =>
  lookAtLink({ v: 1, key, id: crypto.randomUUID(), event: 'benchmark' }, ports, defaultConfiguration, organization)
const fresh = 'links_data/root%all%Some-ps%newcomers%GROUP%ssofile'
await ports.objects.put(fresh, new Uint8Array())
await look(fresh)
const inForce = 'links_data/root%all%Some-ps%everybody 0%GROUP%ssofile'
await ports.objects.delete(inForce)
await look(inForce)
// Kibibytes on Linux. (Node.js documentation, process.resourceUsage.)
process.send?.({ megabytes: process.resourceUsage().maxRSS / 1024 })
process.disconnect()
