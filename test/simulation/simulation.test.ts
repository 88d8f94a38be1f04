import { expect, test } from '@jest/globals'
import { functionNames } from '../../shared/ports/deployment-settings.ts'
import { metricNames } from '../../shared/ports/metrics.ts'
import { canonicalLives } from './canonical-lives.ts'
import { playLife } from './every-fault.ts'
import { listGrants, usedGrants } from './oracle/grants.ts'
import { hostileLives, requestLives } from './people-lives.ts'
import { runSimulation } from './run.ts'
import { deleteLink, linkOf, strike, upload, wait } from './scenario-steps.ts'
import { describeFailure, simulate } from './simulate.ts'
import { recordedMetrics, type WorldSettings } from './simulated-world.ts'

const calm: WorldSettings = { seed: 0, latencyP99Ms: 1200, outstanding: 1, skewMs: 0, mischief: 'any' }

// The seed is fixed, so that a failure is the change's and not the dice's; `npm run simulate` draws a new one each time.
// CI runs three hundred more.
test('a hundred runs with faults keep every promise and converge', async () => {
  const report = await simulate({ runs: 100, seed: 20260303, steps: 20 })
  expect(report.failure === undefined ? '' : describeFailure(report.failure)).toBe('')
  expect(report.runs).toBe(100)
}, 600_000)

/** Each uses rights, or records metrics, that chance seldom does. */
const seldom = [
  'a policy is missing in one of all accounts',
  'a group is renamed, and back',
  'the ledger is lost, and restored',
  'a pause in the midst of requests, changes, and its end',
  'others change a permission set, and the night finds it',
  'a rule takes out whom it put in, without an event, and nobody whom somebody else had put in',
]
const canonical = canonicalLives.filter(({ name }) => seldom.includes(name))
test('the lives that are named here are there', () => expect(canonical).toHaveLength(seldom.length))
test.each([...requestLives, ...hostileLives, ...canonical])(
  '$name: every promise is kept',
  async (life) => {
    const { violation } = await playLife(life)
    expect(violation?.message).toBeUndefined()
  },
  60_000,
)

test('a creation that AWS throttles is sent again', async () => {
  const [life] = canonicalLives
  const result = life && (await playLife(life, {}, strike('refuse-throttled', 'creations')))
  expect(result?.faults['refuse-throttled']).toBe(1)
  expect(result?.violation?.message).toBeUndefined()
})

test('the same seed gives the same trace, byte for byte', async () => {
  const actions = [upload(linkOf('root%all')), wait(20_000), deleteLink(linkOf('root%all'))]
  const traces = await Promise.all([runSimulation(calm, actions), runSimulation(calm, actions)])
  expect(traces[0]?.traceHash).toBe(traces[1]?.traceHash)
  expect(traces[0]?.steps).toBeGreaterThan(100)
})

/**
 * Used in few lives: by a message that fails again and again, a pause that ends while messages are lost, a lost message about a
 * permission set's file, somebody who is suspended and has access, a status that cannot be told for long, what a function
 * leaves to its next message, an event about files that are not valid, a file about people that nobody heard of, somebody with
 * access who is gone from the directory, an event after the loss of an entry. Whether one of these hundred does is different after
 * every change of the product.
 */
const rare =
  /^((router|permission-sets): write state\/failures\/|hourly: write status\/too-many\/|events: write (access|attention|status\/too-many)\/|(events|hourly): put (changes|history\/leavers)\/|requests: (read (foreign|assignments|selectors)\/|send (dispatch|requests|links))|(sweep|hourly): send requests|sweep: send events|(sweep|dispatcher): send permission-sets|links: send links|permission-sets: send permission-sets)$/

/** Granted, and used in no run. */
const unused = [
  { grant: /send work/, reason: 'which lane depends on how many hints there are, and on the configuration' },
  {
    grant: /^(events|hourly|report|requests): identityCenter instance$/,
    reason: 'the adapter of the Identity Store asks, not the product',
  },
  {
    grant: /^minute-links: (write (status|attention)\/|send permission-sets)$/,
    reason: 'no run spoils what the brake has counted, or the record of a permission set; spoiled-records.test.ts does',
  },
  {
    grant: /^report: write state\/report\/$/,
    reason: 'no run has a thousand groups; kept-memberships.test.ts has them',
  },
  {
    grant: /^((links|minute-links|requests): read policies\/|minute-links: write state\/policies\.json)$/,
    reason: 'no run has policies; admit-links.test.ts and watch-policies.test.ts have them',
  },
  { grant: /^permission-sets: read state\/deletions\/$/, reason: 'no run deletes by the API; api.test.ts does' },
  {
    grant: /^report: write (status|attention\/failed)\/break-glass\/$/,
    reason: 'lives have no break-glass; tell-break-glass.test.ts has it, and break-glass-report.test.ts end to end',
  },
  {
    grant: /^report: auditorRole assume$/,
    reason: 'lives have no role of an auditor; unused.test.ts end to end has one',
  },
  {
    grant: /^(credentials|retire): /,
    reason: 'lives have no role of an auditor, and no users in accounts; write-credentials.test.ts has them',
  },
  {
    grant: /^(notifications|digests): /,
    reason: 'lives tell nobody; tell-outcomes.test.ts does, and notifications.test.ts end to end',
  },
  {
    grant: /^requests: (read people\/|write (owned_people|suspended)\/|put history\/people\/|directory people)$/,
    reason: 'in lives a provider keeps the users; people.test.ts makes them by files',
  },
  {
    grant: /^(requests: read access_control_attributes\.json|dispatcher: write owned_attributes\/)$/,
    reason: 'lives have no attributes for access control; attributes.test.ts has them',
  },
  {
    grant: /^dispatcher: accountAccess read$/,
    reason: 'lives have no account access manager; compare-entitlements.test.ts has it',
  },
  {
    grant: /^dispatcher: directory members$/,
    reason: 'only for policies about people; separations.test.ts and judge-minimum.test.ts have them',
  },
]

test('every grant of a function is used, but those that have a reason', () => {
  const granted = functionNames
    .filter((name) => !['owner', 'api', 'page'].includes(name))
    .flatMap((name) => listGrants(name))
  expect(usedGrants.size).toBeGreaterThan(50)
  const left = granted.filter((grant) => !usedGrants.has(grant) && !rare.test(grant))
  expect(left.filter((grant) => !unused.some((known) => known.grant.test(grant)))).toEqual([])
  expect(unused.filter((known) => !left.some((grant) => known.grant.test(grant)))).toEqual([])
})

test('every metric is recorded, but errors, which the log counts, and the heartbeats of what lives do not run', () => {
  const recorded = recordedMetrics.names
  expect(metricNames.filter((name) => !recorded.includes(name)).sort()).toEqual([
    'CredentialsHeartbeat',
    'Errors',
    'NotificationsHeartbeat',
    'RetireHeartbeat',
  ])
})
