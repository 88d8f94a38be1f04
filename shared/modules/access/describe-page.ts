import { isAdministrator } from '../../domain/iam-policies/is-administrator.ts'
import { permissionSetPrefix } from '../../domain/permission-sets/permission-set-file.ts'
import { attentionStates } from '../../domain/statuses/status.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { Ports } from '../../ports/ports.ts'
import { unlessCode } from '../../ports/service-error.ts'
import { forEachAtOnce, listHeads } from '../../reconcile/records/list-heads.ts'
import { readPermissionSetFile } from '../../reconcile/records/read-permission-set-file.ts'
import { StatusStore } from '../../reconcile/records/status-store.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { listChanges } from '../../reconcile/records/tell-event.ts'
import type { PageAttention, PageChange, PageFacts } from '../access-page/rules/page-data.ts'
import { renderAccessPage } from '../access-page/rules/render-access-page.ts'
import { credentialReportsPrefix, readNewestSummary } from '../credentials/credential-summary.ts'
import { describeSources } from './describe-sources.ts'
import type { WhoAnswer, WhoFacts } from './who-has-access.ts'

const changesMs = 7 * 24 * 60 * 60_000
/** Older changes are only under `changes/`. */
const changesMost = 10_000

type Store = Pick<Ports, 'objects' | 'clock'>

/** The answer as a page, in pieces. */
export function renderAnswer({ rows, facts }: WhoAnswer, ports: Store): AsyncGenerator<string, void> {
  const madeAt = facts().sources.bucketReadAt
  return renderAccessPage({ madeAt, rows, facts: () => describePage(facts(), ports) })
}

/** The content of the access page besides its rows. Reads only the bucket. */
export async function describePage(
  { sources, notes }: Pick<WhoFacts, 'sources' | 'notes'>,
  ports: Store,
): Promise<PageFacts> {
  const madeAt = sources.bucketReadAt
  const [attention, credentials, administratorSets, changes] = await Promise.all([
    readAttention(ports),
    describeCredentials(ports),
    listAdministratorSets(ports),
    listLatest(ports, madeAt),
  ])
  return {
    madeAt,
    // A page is read later than it is made, so it gives instants.
    sources: [...describeSources(sources, { now: madeAt, dated: (at) => at }), ...credentials],
    notes,
    administratorSets,
    attention,
    changes,
  }
}

/** A link to the newest report of credentials, for readers who may open it. */
async function describeCredentials({ objects }: Store): Promise<PageFacts['sources']> {
  const newest = await unlessCode(readNewestSummary(objects), 'AccessDenied')
  if (newest === undefined) return []
  const { date, urgent } = newest
  const where = `${credentialReportsPrefix}${date}/index.html in the bucket`
  return [['credentials in the accounts', `${where}: ${urgent.now} need a person now, ${urgent.soon} soon`]]
}

/** The changes of the last week, newest first. */
async function listLatest({ objects }: Store, now: string): Promise<readonly PageChange[]> {
  const since = renderInstant(new Date(Date.parse(now) - changesMs)).slice(0, 10)
  const latest: PageChange[] = []
  for await (const { at, event, name: what } of listChanges(objects, since)) {
    latest.push({ at, event, what })
    if (latest.length > changesMost) latest.shift()
  }
  return latest.reverse()
}

/** The inputs that need a person, with reason and remedy; by state, then by key. */
async function readAttention({ objects, clock }: Store): Promise<readonly PageAttention[]> {
  const statuses = new StatusStore(objects, clock)
  const found: PageAttention[] = []
  for (const state of attentionStates) {
    const inputs = await Array.fromAsync(statuses.listAttention(state))
    const told = new Map<string, PageAttention>()
    await forEachAtOnce(inputs, async (input) => {
      const status = await spoiledAsAbsent(statuses.read(input))
      told.set(input, { input, state, reason: status?.reason, remedy: status?.remedy })
    })
    for (const input of inputs.sort()) found.push(told.get(input) ?? { input, state })
  }
  return found
}

/** The names of permission sets whose files allow everything, ascending. */
async function listAdministratorSets({ objects }: Store): Promise<readonly string[]> {
  const names: string[] = []
  await forEachAtOnce((await listHeads(objects, permissionSetPrefix)).keys(), async (key) => {
    const reading = await readPermissionSetFile(objects, key)
    if (reading?.file.ok && isAdministrator(reading.file.value)) names.push(reading.file.value.name)
  })
  return names.sort()
}
