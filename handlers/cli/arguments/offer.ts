import { Argument, type Command } from 'commander'
import { requestPrefix } from '../../../shared/domain/files/access-request.ts'
import { linkPrefix } from '../../../shared/domain/links/link.ts'
import { permissionSetPrefix } from '../../../shared/domain/permission-sets/permission-set-file.ts'
import type { ObjectStore } from '../../../shared/ports/object-store.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { OrganizationCache } from '../../../shared/reconcile/organization/organization-cache.ts'
import { listHeads } from '../../../shared/reconcile/records/list-heads.ts'
import { inputOfStatus, StatusStore, statusPrefix } from '../../../shared/reconcile/records/status-store.ts'
import { bucketOf } from '../bucket/bucket.ts'
import { openCliPorts } from '../bucket/cli-ports.ts'

export const offered = ['keys', 'accounts', 'permission-sets', 'requests'] as const
export type Offered = (typeof offered)[number]

/** A shell shows no more, and nobody reads more. */
const most = 200
/** Read at most this many requests, the newest: each digest costs one read. */
const digestsMost = 50

/** `ssofile offer`, which completion scripts call: the matching names in the bucket, one a line. An empty answer is no failure. */
export function addOffer(program: Command): void {
  program
    .command('offer', { hidden: true })
    .addArgument(new Argument('<what>').choices(offered))
    .argument('[beginning]', 'the typed text', '')
    .action(async (what: Offered, beginning: string) => {
      const words = await listOffers(what, beginning).catch(() => [])
      process.stdout.write(words.map((word) => `${word}\n`).join(''))
    })
}

async function listOffers(what: Offered, beginning: string): Promise<readonly string[]> {
  const ports = openCliPorts(bucketOf(undefined))
  switch (what) {
    case 'keys':
      return [
        ...(await listNames(ports.objects, linkPrefix, beginning)),
        ...(await listNames(ports.objects, permissionSetPrefix, beginning)),
      ]
    case 'permission-sets':
      return (await listNames(ports.objects, permissionSetPrefix, beginning)).map((name) => name.replace(/\.json$/, ''))
    case 'accounts': {
      const view = await new OrganizationCache(ports, []).storedView()
      const ids = view?.accounts.map(({ id }): string => id) ?? []
      return ids.filter((id) => id.startsWith(beginning)).slice(0, most)
    }
    case 'requests':
      return (await listDigests(ports)).filter((digest) => digest.startsWith(beginning))
    default:
      return what satisfies never
  }
}

/** Digests of waiting and granted requests: people approve, deny or finish these. */
async function listDigests({ objects, clock }: Pick<Ports, 'objects' | 'clock'>): Promise<readonly string[]> {
  const heads = [...(await listHeads(objects, statusPrefix + requestPrefix)).values()]
  const newest = heads.sort((a, b) => b.lastModified.getTime() - a.lastModified.getTime()).slice(0, digestsMost)
  const statuses = new StatusStore(objects, clock)
  const told = await Promise.all(newest.map(({ key }) => statuses.read(inputOfStatus(key))))
  return told.flatMap((status) =>
    (status?.state === 'waiting' || status?.state === 'applied') && status.request ? status.request.digest : [],
  )
}

/** Names without the prefix, as commands take them. Names that do not fit on one line are left out. */
async function listNames(objects: ObjectStore, prefix: string, beginning: string): Promise<readonly string[]> {
  const names: string[] = []
  for await (const { key } of objects.list(prefix + beginning)) {
    const name = key.slice(prefix.length)
    if (name !== '' && !/\p{Cc}/u.test(name)) names.push(name)
    if (names.length === most) break
  }
  return names
}
