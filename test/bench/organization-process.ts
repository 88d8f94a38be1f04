import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage } from 'node:http'
import { addJsonServices } from '../../infra/local/json-services/json-services.ts'
import { buildLocalServer } from '../../infra/local/s3-and-sqs.ts'
import { SystemClock } from '../../shared/aws/system-clock.ts'
import { SystemRandomness } from '../../shared/aws/system-randomness.ts'
import type { LedgerEntry } from '../../shared/domain/assignments/ledger-entry.ts'
import type { Status } from '../../shared/domain/statuses/status.ts'
import { fillFromOrganizationFile } from '../../shared/memory/fill-from-organization-file.ts'
import { MemoryIdentityStore } from '../../shared/memory/identity-store/memory-identity-store.ts'
import { organizationFile } from '../../shared/memory/organization-file.ts'
import { MemoryOrganizations } from '../../shared/memory/organizations/memory-organizations.ts'
import { MemoryObjectStore } from '../../shared/memory/s3/memory-object-store.ts'
import { MemoryQueues } from '../../shared/memory/sqs/memory-queues.ts'
import { MemorySsoAdmin } from '../../shared/memory/sso-admin/memory-sso-admin.ts'
import type { Clock } from '../../shared/ports/clock.ts'

/**
 * A process of its own: AWS's services with a large organization and a bucket in which everything that the links say is
 * in force, and none of the product's handlers. It sends its URL, and on each message what was called since the last.
 */
const [accounts, links, speed, roots] = process.argv.slice(2).map(Number) as [number, number, number, number]
const unitSize = 50
const permissionSet = 'Some-ps'
const groupOf = (index: number) => `everybody ${index}`
/** Links of single accounts go to so many groups; of one account no two to the same. */
const teams = 20

const id = (number: number) => String(300_000_000_000 + number)
const unit = (number: number) => `ou-bench-${String(number).padStart(8, '0')}`
const unitOf = (number: number) => Math.floor(number / unitSize)

type Granted = { readonly scope: string; readonly group: string; readonly accounts: readonly number[] }

/** `roots` links on the root, a tenth each on organizational units and tags, the rest on accounts. */
function listLinks(): readonly Granted[] {
  const members = Array.from({ length: accounts - 1 }, (_, index) => index + 1)
  const units = Math.min(Math.floor(links / 10), unitOf(accounts - 1))
  const within = (number: number) => members.filter((member) => unitOf(member) === number)
  const wide = [
    ...Array.from({ length: roots }, () => ({ scope: 'root%all', accounts: members })),
    ...Array.from({ length: units }, (_, number) => ({ scope: `ou_id%${unit(number)}`, accounts: within(number) })),
    ...Array.from({ length: units }, (_, number) => ({
      scope: `account_tag%team^${number}`,
      accounts: within(number),
    })),
  ]
  const single = Array.from({ length: links - wide.length }, (_, index): Granted => {
    const member = members[index % members.length] ?? 1
    const round = Math.floor(index / members.length)
    return { scope: `account%${id(member)}`, group: `team ${round} ${index % teams}`, accounts: [member] }
  })
  return [...wide.map((one, index) => ({ ...one, group: groupOf(index) })), ...single]
}

function organizationOf() {
  const account = (number: number) => ({
    id: id(number),
    name: `account-${number}`,
    email: `account-${number}@bench.example`,
    tags: { team: String(unitOf(number)), stage: 'prod' },
  })
  const inUnit = (number: number) =>
    Array.from({ length: unitSize }, (_, index) => number * unitSize + index)
      .filter((member) => member > 0 && member < accounts)
      .map(account)
  const organizationalUnits = Array.from({ length: unitOf(accounts - 1) + 1 }, (_, number) => ({
    id: unit(number),
    name: `unit ${number}`,
    accounts: inUnit(number),
  }))
  const root = { id: 'r-bench', accounts: [account(0)], organizationalUnits }
  return organizationFile.parse({
    managementAccountId: id(0),
    root,
    groups: [...new Set(listLinks().map(({ group }) => group))],
  })
}

async function fill(objects: MemoryObjectStore, now: string): Promise<void> {
  const arn = 'arn:aws:sso:::permissionSet/ssoins-7223a1b2c3d4e5f6/ps-6b398906c5b246f8'
  for (const { scope, group, accounts: within } of listLinks()) {
    const principalId = identityStore.idOf('GROUP', group)
    const grant = `${permissionSet}%${group}%GROUP%ssofile`
    const key = `links_data/${scope}%${grant}`
    const written = await objects.put(key, '')
    const etag = written.outcome === 'written' ? written.etag : ''
    const lastModified = (await objects.head(key))?.lastModified.toISOString()
    const counts = { desired: within.length, applied: within.length, open: 0, failed: [] }
    const told = { input: key, state: 'applied', accounts: counts, etag, lastModified, updatedAt: now } as Status
    await objects.put(`status/${key}.json`, JSON.stringify(told))
    const by = [{ key, etag, lastModified }]
    await objects.put(`state/principals/GROUP%${principalId}%${group}`, '')
    for (const member of within) {
      const call = { kind: 'creation', calledAt: now, answeredAt: now, id: principalId }
      const ends = { grantedAt: now, attempts: 0, updatedAt: now, call, lastCreation: call }
      const entry = {
        v: 1,
        state: 'granted',
        principal: group,
        principalId,
        permissionSetArn: arn,
        links: by,
        ...ends,
      } as unknown
      await objects.put(
        `assignments/account%${id(member)}%${permissionSet}%${principalId}%GROUP`,
        JSON.stringify(entry as LedgerEntry, undefined, 2),
      )
      await objects.put(`access/account%${id(member)}%${permissionSet}%${group}%GROUP%ours`, '')
    }
  }
}

const calls = new Map<string, number>()
subscribe('http.server.request.start', (message) => {
  const { request } = message as { request: IncomingMessage }
  const { pathname, search } = new URL(request.url ?? '/', 'http://local')
  const ofS3 = search.includes('list-type') ? 'LIST' : `${request.method} ${pathname.split('/')[2] ?? ''}/`
  const target = request.headers['x-amz-target']
  const call = target === undefined ? `S3 ${ofS3}` : String(target)
  calls.set(call, (calls.get(call) ?? 0) + 1)
})

const randomness = new SystemRandomness()
/** What is in force has been so for two hours: a reconcile reads again what was written since the last one. */
let filledMs = 2 * 60 * 60_000
const machine = new SystemClock()
const clock: Clock = {
  now: () => new Date(machine.now().getTime() - filledMs),
  monotonicMs: () => machine.monotonicMs(),
  sleep: (ms, signal) => machine.sleep(ms, signal),
}
// Only the rates of the services run faster, so that a benchmark does not take as long as a night.
const fast = { clock: new SystemClock({ scale: speed }), randomness }
const throttled = { count: 0 }
const organizations = new MemoryOrganizations({ ...fast, onThrottled: () => throttled.count++ })
const identityStore = new MemoryIdentityStore(fast)
const ssoAdmin = new MemorySsoAdmin({ ...fast, organizations, identityStore })
fillFromOrganizationFile(organizationOf(), { organizations, identityStore, ssoAdmin })
const objects = new MemoryObjectStore({ bucket: 'ssofile', clock, randomness })
await fill(objects, clock.now().toISOString())
filledMs = 0
const app = buildLocalServer({ objects, queues: new MemoryQueues({ clock, randomness }) })
addJsonServices(app, { ssoAdmin, identityStore, organizations })
const url = await app.listen({ host: '127.0.0.1', port: 0 })
process.on('message', () => {
  process.send?.({ calls: [...calls], throttled: throttled.count })
  calls.clear()
  throttled.count = 0
})
process.on('disconnect', () => process.exit())
process.send?.({ url, entries: (await Array.fromAsync(objects.list('assignments/'))).length })
