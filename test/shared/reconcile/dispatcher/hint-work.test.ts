import { describe, expect, test } from '@jest/globals'
import { renderAssignmentName } from '../../../../shared/domain/assignments/assignment.ts'
import type { LedgerEntry } from '../../../../shared/domain/assignments/ledger-entry.ts'
import { assignmentHint, type Hint, permissionSetHint } from '../../../../shared/domain/messages/hint.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { permissionSetArn } from '../../../../shared/domain/principals/identity-center-ids.ts'
import type { Lane } from '../../../../shared/ports/queues.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import type { OpenSettleContext } from '../../../../shared/reconcile/assignments/settle-context.ts'
import { NotStartedError } from '../../../../shared/reconcile/calls/limited-sso-admin.ts'
import { HintWork } from '../../../../shared/reconcile/dispatcher/hint-work.ts'
import type { WorkItem } from '../../../../shared/reconcile/dispatcher/work-item.ts'
import { beginDriftRun } from '../../../../shared/reconcile/drift/drift-run.ts'
import { brakeFile } from '../../../../shared/reconcile/records/brake-file.ts'
import { RecordChangedError } from '../../../../shared/reconcile/records/json-record.ts'
import { groupOf } from '../../../../shared/reconcile/records/lanes.ts'
import { StatusStore } from '../../../../shared/reconcile/records/status-store.ts'
import type { StatusBoard } from '../../../../shared/reconcile/statuses/status-board.ts'
import type { Interceptor } from '../../../intercept.ts'
import { Settling, type SettlingOptions } from '../../../settling.ts'
import { holding } from '../brake/holding.ts'

const nine = '2026-03-03T09:00:00.000Z'
const rootLink = 'links_data/root%all%Billing-ps%team-Accountants%GROUP%ssofile'
const file = 'permission_sets/Billing-ps.json'

type Dispatcher = {
  readonly context: OpenSettleContext
  readonly board: StatusBoard
  readonly work: HintWork
  /** Works on these hints, which were taken together, and answers how each item ended. */
  take(...hints: readonly Hint[]): Promise<readonly string[]>
}

/** One assignment, and whoever works on hints, without queues. */
function open(options: SettlingOptions = {}, holdsLease = () => true) {
  const bench = new Settling(options)
  const { assignment, world } = bench
  const hint = (cause = bench.link) => assignmentHint(assignment, cause)
  const within = <T>(act: (dispatcher: Dispatcher) => Promise<T>): Promise<T> =>
    bench.within(async (context) => {
      const work = new HintWork(context, () => context.ssoAdmin, holdsLease)
      const take = async (...hints: readonly Hint[]) => {
        const ended: string[] = []
        const items = hints.map((one, index): WorkItem => {
          const end = (how: string) => void ended.push(`${index} ${how}`)
          return {
            hint: one,
            group: groupOf(one),
            subject: '',
            share: 'no folder',
            lane: 'work',
            pulledMs: context.clock.monotonicMs(),
            since: context.clock.now(),
            done: async () => end('done'),
            giveBack: async () => end('given back'),
            leave: async (error) => end(`left: ${error instanceof Error ? error.message : String(error)}`),
          }
        })
        const [first] = items
        if (!first) throw new Error('a test takes at least one hint')
        await work.do(first, items)
        return ended
      }
      return act({ context, board: work.board, work, take })
    })
  const worked = (...hints: readonly Hint[]) =>
    within(async ({ board, work, take }) => ({
      ended: await take(...hints),
      settled: work.settled,
      failed: work.failed,
      told: [...board.dirty].sort(),
    }))
  const lines = (...levels: readonly string[]) =>
    world.log.lines
      .filter(({ level }) => levels.includes(level))
      .map(({ level, message, fields }) => [level, message, fields])
  const sentTo = (lane: Lane) =>
    world.queues
      .queue(lane)
      .messages()
      .map(({ body }) => JSON.parse(body))
  const isRevisited = () => sentTo('work')
  return { bench, world, hint, within, worked, lines, isRevisited, sentTo }
}

/** Fails so often, then never again; answers when it was called. */
function failing(operations: string | readonly string[], error: unknown, times = Number.POSITIVE_INFINITY) {
  const at: number[] = []
  const late: { now?: () => number } = {}
  const interceptor: Interceptor = async (call) => {
    if (![operations].flat().includes(call.operation)) return call.proceed()
    at.push(late.now?.() ?? 0)
    if (at.length <= times) throw error
    return call.proceed()
  }
  return { interceptor, at, late }
}

/** Both ways to look whether an assignment is there. */
const looks = ['listAccountAssignments', 'listAccountsForProvisionedPermissionSet']
const throttled = new ServiceError('sso-admin', 'ThrottlingException', 'Rate exceeded')
const internal = new ServiceError('s3', 'InternalError', 'We encountered an internal error.')

describe('a hint at a permission set', () => {
  /** Its process stood still while this call was on its way, and whoever has the lease by now has changed the permission set since. */
  test.each([
    ['the next call does not leave any more', new NotStartedError(), ['0 given back']],
    ['its record is another one', new RecordChangedError('owned_permission_sets/Billing-ps'), ['0 done']],
    ['nothing is left to do', undefined, ['0 done']],
  ])('is looked at by a drift check where the lease was lost meanwhile: %s', async (_, error, ended) => {
    let hasLease = true
    const { worked, world, sentTo } = open(
      {
        mayStart: () => hasLease,
        interceptor: async ({ operation, args, proceed }) => {
          if (operation !== 'get' || args[0] !== file) return proceed()
          hasLease = false
          if (error) throw error
          return proceed()
        },
      },
      () => hasLease,
    )
    await world.objects.put(file, '{}')
    expect(await worked(permissionSetHint(permissionSetName.parse('Billing-ps'), file))).toMatchObject({ ended })
    expect(sentTo('work-bulk')).toEqual([expect.objectContaining({ kind: 'permission-set', cause: 'drift' })])
  })
})

describe('a hint at an assignment', () => {
  test('is done when it is settled, and its links are told', async () => {
    const { bench, hint, worked, lines } = open()
    await bench.upload()
    expect(await worked(hint())).toEqual({ ended: ['0 done'], settled: 1, failed: 0, told: [bench.link] })
    expect(await bench.entry()).toMatchObject({ state: 'granted' })
    expect(lines('warn', 'error')).toEqual([])
    const fields = { cause: bench.link, lane: 'work', assignment: renderAssignmentName(bench.assignment) }
    expect(lines('info')).toContainEqual(['info', expect.any(String), expect.objectContaining(fields)])
  })

  test('of a link that was found waiting reads nothing more for its other accounts, until what it lacks is there', async () => {
    let reads = 0
    const { bench, world, hint, within } = open({
      interceptor: ({ port, proceed }) => {
        if (port === 'objects') reads++
        return proceed()
      },
    })
    const group = bench.principal
    const id = world.identityStore.idOf('GROUP', group) ?? ''
    await world.identityStore.deleteGroup(id)
    await bench.upload(rootLink)
    const inAccount = (account: string, cause = rootLink) =>
      ({ ...hint(cause), account: accountId.parse(account) }) as Hint
    await within(async ({ board, take }) => {
      expect(await take(inAccount('233000000002'))).toEqual(['0 done'])
      expect(board.lackOf(rootLink)).toMatchObject({ reason: expect.stringContaining('does not exist') })
      // The permission sets are listed once.
      expect(await take(inAccount('233000000001'))).toEqual(['0 done'])
      const before = reads
      await world.clock.advance(1)
      for (const account of ['233000000003', '231000000001']) expect(await take(inAccount(account))).toEqual(['0 done'])
      expect(reads).toBe(before)
      // Taken with another link, of which nothing is known yet.
      await take(inAccount('250000000003'), inAccount('250000000003', bench.link))
      expect(reads).toBeGreaterThan(before)
      await world.identityStore.createGroup({ displayName: group })
      await world.clock.advance(1)
      await take(inAccount('233000000001'))
      expect(await world.namedKeys('assignments/')).toHaveLength(1)
    })
  })

  test('tells each cause that was taken with it, and only links of them', async () => {
    const { bench, hint, worked } = open()
    const taken = [hint('reconcile'), hint(rootLink), hint(bench.link), hint('state/open/x')]
    expect(await worked(...taken)).toEqual({
      ended: ['0 done', '1 done', '2 done', '3 done'],
      settled: 1,
      failed: 0,
      told: [bench.link, rootLink].sort(),
    })
  })

  test('is given back, as all that were taken with it, where nothing may be started any more', async () => {
    const { bench, hint, worked } = open({ mayStart: () => false })
    await bench.upload()
    expect(await worked(hint(), hint('reconcile'))).toEqual({
      ended: ['0 given back', '1 given back'],
      settled: 0,
      failed: 0,
      told: [],
    })
    expect(bench.calls('CreateAccountAssignment')).toBe(0)
  })

  test('is given back where the slice ends before its call leaves', async () => {
    const { interceptor } = failing('listAccountAssignments', new NotStartedError())
    const { bench, world, hint, worked, lines } = open({ interceptor })
    await bench.upload()
    expect(await worked(hint(), hint('reconcile'))).toMatchObject({
      ended: ['0 given back', '1 given back'],
      failed: 0,
    })
    expect(lines('warn', 'error')).toEqual([])
    expect(await world.keys('state/open/')).toEqual([])
  })

  test('has the links told that grant it, and those that its entry named, whatever caused it', async () => {
    const { bench, hint, worked } = open()
    await bench.upload()
    const other = await bench.upload(rootLink)
    await bench.own({ grantedAt: nine, links: [other] })
    await bench.world.objects.delete(rootLink)
    expect((await worked(hint('reconcile'))).told).toEqual([bench.link, rootLink].sort())
    await bench.world.objects.delete(bench.link)
    expect(await worked(hint('reconcile'))).toMatchObject({ settled: 1, told: [bench.link] })
    expect(bench.world.ssoAdmin.assignments()).toEqual([])
  })

  test('has its link’s status told as it was found', async () => {
    const { bench, world, hint, within } = open()
    await bench.upload()
    const tell = () =>
      within(async ({ board, take }) => {
        await take(hint())
        await board.tell('all')
        return world.json(`status/${bench.link}.json`)
      })
    expect(await tell()).toMatchObject({ state: 'applied', accounts: { desired: 1, applied: 1, open: 0 } })
    await world.identityStore.deleteGroup(bench.target().principalId)
    await world.clock.advance(3 * 3_600_000)
    await bench.upload()
    expect(await tell()).toMatchObject({ state: 'waiting', reason: expect.stringContaining('does not exist') })
  })

  test('has no status told by a process that lost the lease: what it knows is old', async () => {
    const { bench, world, hint, within } = open({}, () => false)
    await bench.upload()
    const left = await within(async ({ board, take }) => {
      await take(hint())
      await board.tell('all')
      return board.dirty
    })
    expect(left).toEqual([bench.link])
    expect(await world.keys('status/')).toEqual([])
  })

  test('does not have its link looked at again when it waits no more and nothing of it is open', async () => {
    const { bench, world, hint, within } = open()
    await bench.upload()
    const accounts = { desired: 1, applied: 0, open: 1, failed: [] }
    await new StatusStore(world.objects, world.clock).revise(bench.link, async () => ({ state: 'waiting', accounts }))
    await within(async ({ board, take }) => {
      await take(hint())
      await board.tell('all')
    })
    expect(await world.json(`status/${bench.link}.json`)).toMatchObject({ state: 'applied' })
    expect(world.queues.queue('links').messages()).toEqual([])
  })

  test('whose access is not finished counts as one that failed', async () => {
    const refusal = new ServiceError('sso-admin', 'ValidationException', 'refused')
    const { bench, hint, worked } = open({ interceptor: failing('createAccountAssignment', refusal).interceptor })
    await bench.upload()
    expect(await worked(hint())).toEqual({ ended: ['0 done'], settled: 1, failed: 1, told: [bench.link] })
  })

  test('says what its link lacks', async () => {
    const { bench, hint, within } = open()
    await bench.upload()
    const lackOf = () =>
      within(async ({ board, take }) => {
        await take(hint())
        return board.lackOf(bench.link)
      })
    expect(await lackOf()).toBe('none')
    await bench.world.identityStore.deleteGroup(bench.target().principalId)
    expect(await lackOf()).toMatchObject({ reason: expect.stringContaining('does not exist in the identity store') })
  })

  test('believes what was found in the directory before, if only an upload caused it', async () => {
    for (const [cause, lookUps] of [
      ['', 1],
      ['directory-event', 2],
    ] as const) {
      let asked = 0
      const { bench, hint, within } = open({
        interceptor: ({ operation, proceed }) => {
          if (operation === 'findPrincipalId') asked++
          return proceed()
        },
      })
      await bench.upload()
      await within(async ({ take }) => {
        await take(hint())
        await take(hint(), hint(cause || bench.link))
      })
      expect(asked).toBe(lookUps)
    }
  })

  test('is evaluated again where its permission set appeared while it was found lacking', async () => {
    const { bench, world, within } = open()
    const missing = permissionSetName.parse('Made-ps')
    const made = { ...bench.assignment, permissionSet: missing }
    const link = `links_data/${renderAssignmentName(made)}`
    await bench.upload(link)
    const before = await within(async ({ context, board, take }) => {
      const { permissionSets } = context
      const scan = permissionSets.resolve.bind(permissionSets)
      let looks = 0
      permissionSets.resolve = async (name) => {
        const found = await scan(name)
        if (++looks > 1) return found
        const arn = world.ssoAdmin.addPermissionSet(
          { name: missing, sessionDuration: 'PT1H', tags: [] },
          'a'.repeat(16),
        )
        await permissionSets.remember(missing, arn)
        return found
      }
      await take(assignmentHint(made, link))
      return { dirty: board.dirty, lack: board.lackOf(link) }
    })
    expect(before).toEqual({ dirty: [link], lack: 'none' })
    expect(await bench.entry(`assignments/${renderAssignmentName(made)}`)).toMatchObject({ state: 'granted' })
  })
})

describe('a permission set whose deletion waits for its last reference', () => {
  const hinted = { v: 1, kind: 'permission-set', permissionSet: 'Billing-ps', cause: file }
  async function blocked(options: SettlingOptions = {}) {
    const opened = open(options)
    await opened.world.objects.put(`attention/blocked/${file}`, '')
    return opened
  }

  test('is looked at again when access of it is gone, or is foreign', async () => {
    const absent = await blocked()
    await absent.worked(absent.hint())
    expect(absent.isRevisited()).toEqual([hinted])
    const foreign = await blocked()
    await foreign.bench.upload()
    foreign.world.ssoAdmin.addAssignment(foreign.bench.target())
    await foreign.worked(foreign.hint())
    expect(foreign.isRevisited()).toEqual([hinted])
  })

  test('is not looked at when access of it was given, or is not finished', async () => {
    const given = await blocked()
    await given.bench.upload()
    await given.worked(given.hint())
    expect(given.isRevisited()).toEqual([])
    const refusal = new ServiceError('sso-admin', 'ValidationException', 'refused')
    const open = await blocked({ interceptor: failing('createAccountAssignment', refusal).interceptor })
    await open.bench.upload()
    await open.worked(open.hint())
    expect(open.isRevisited()).toEqual([])
  })
})

describe('what the brake holds', () => {
  test('leaves its list when the assignment is settled otherwise', async () => {
    const { bench, world, hint, within } = open()
    await brakeFile(world.objects).write(holding(bench.key), undefined)
    await within(async ({ context, take }) => {
      await context.brake.look()
      await take(hint())
    })
    expect(await world.json('control/brake.json')).toMatchObject({ lists: [] })
  })
})

describe('a hint that fails', () => {
  const conflict = new ServiceError('sso-admin', 'ConflictException', 'another operation')
  const key = 'account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile'

  test('in passing is repeated after some seconds, at most twice', async () => {
    const { interceptor, at, late } = failing(looks, throttled, 2)
    const { bench, world, hint, worked, lines } = open({ interceptor })
    late.now = () => world.clock.monotonicMs()
    await bench.upload()
    expect(await worked(hint())).toMatchObject({ ended: ['0 done'], settled: 1, failed: 0 })
    const [one = 0, two = 0, three = 0] = at
    expect(two).toBeGreaterThan(one)
    expect(two - one).toBeLessThanOrEqual(2_100)
    expect(three).toBeGreaterThan(two)
    expect(three - two).toBeLessThanOrEqual(4_100)
    const told = [
      'warn',
      'ssofile could not evaluate a hint',
      { cause: bench.link, lane: 'work', assignment: key, error: throttled },
    ]
    expect(lines('warn', 'error')).toEqual([told, told])
    expect(await world.keys('state/open/')).toEqual([])
  })

  test('three times goes on as open work, and its causes are told', async () => {
    const { interceptor, at } = failing(looks, throttled)
    const { bench, world, hint, worked, lines } = open({ interceptor })
    await bench.upload()
    const begun = world.clock.now().getTime()
    expect(await worked(hint(), hint('reconcile'))).toEqual({
      ended: ['0 done', '1 done'],
      settled: 0,
      failed: 1,
      told: [bench.link],
    })
    expect(at).toHaveLength(3)
    const [twin, ...more] = await world.keys('state/open/')
    expect(more).toEqual([])
    expect(twin?.slice('state/open/2026-03-03T10:00:00.000Z'.length)).toBe(`%${key}`)
    const due = Date.parse(twin?.slice('state/open/'.length).split('%')[0] ?? '') - begun
    expect(due).toBeGreaterThanOrEqual(30_000)
    expect(due).toBeLessThanOrEqual(70_000)
    expect(lines('error')).toEqual([
      [
        'error',
        'ssofile could not evaluate a hint and will try again later',
        { error: throttled, cause: bench.link, lane: 'work', assignment: key },
      ],
    ])
  })

  test.each([
    ['a person is suspended', 'suspended/mia.json'],
    ['it took access away the last time', 'state/open/urgent/x'],
  ])('is urgent where %s', async (_, cause) => {
    const { bench, world, hint, worked } = open({
      interceptor: failing(looks, new ServiceError('s3', 'Bad', 'no')).interceptor,
    })
    await bench.upload()
    await worked(hint('reconcile'), hint(cause))
    expect(await world.keys('state/open/urgent/')).toHaveLength(1)
  })

  test.each([
    ['because another operation is under way', conflict, 3],
    ['for good', new ServiceError('sso-admin', 'ValidationException', 'no'), 1],
    ['by a defect', new Error('a defect'), 1],
  ])('%s is repeated only where that helps', async (_, error, attempts) => {
    const { interceptor, at } = failing(looks, error)
    const { bench, world, hint, worked } = open({ interceptor })
    await bench.upload()
    expect(await worked(hint())).toMatchObject({ ended: ['0 done'], failed: 1 })
    expect(at).toHaveLength(attempts)
    expect(await world.keys('state/open/')).toHaveLength(1)
  })

  test('because somebody else wrote the ledger entry is repeated', async () => {
    let isOther = true
    const { bench, world, hint, worked } = open({
      interceptor: async ({ operation, args, proceed }) => {
        if (operation === 'put' && args[0] === bench.ledgerKey && isOther) {
          isOther = false
          await bench.own({ state: 'granting', links: [] })
        }
        return proceed()
      },
    })
    await bench.upload()
    expect(await worked(hint())).toMatchObject({ ended: ['0 done'], settled: 1, failed: 0 })
    expect(await bench.entry()).toMatchObject({ state: 'granted' })
    expect(await world.keys('state/open/')).toEqual([])
  })

  test('because somebody else wrote the record of its permission set is repeated', async () => {
    const owned = 'owned_permission_sets/Auditors-ps'
    let isOther = true
    const { world, worked } = open({
      interceptor: async ({ operation, args, proceed }) => {
        if (operation === 'put' && args[0] === owned && isOther) {
          isOther = false
          await world.objects.put(owned, JSON.stringify({ v: 1, claimedAt: nine }))
        }
        return proceed()
      },
    })
    await world.objects.put('permission_sets/Auditors-ps.json', '{"permissionSetName":"Auditors-ps"}')
    const permissionSet = permissionSetName.parse('Auditors-ps')
    expect(await worked({ v: 1, kind: 'permission-set', permissionSet, cause: 'reconcile' })).toMatchObject({
      ended: ['0 done'],
      settled: 1,
      failed: 0,
    })
    expect(isOther).toBe(false)
    expect(await world.keys('state/open/')).toEqual([])
  })

  test('is not repeated where nothing may be started any more', async () => {
    const { interceptor, at } = failing(looks, throttled)
    const { bench, hint, worked } = open({ interceptor, mayStart: () => at.length === 0 })
    await bench.upload()
    expect(await worked(hint())).toMatchObject({ ended: ['0 done'], failed: 1 })
    expect(at).toHaveLength(1)
  })

  test('and cannot be put off either is left, with both errors, to come again by itself', async () => {
    const { bench, world, hint, worked, lines } = open({
      interceptor: async ({ operation, args, proceed }) => {
        if (operation === 'listAccountAssignments') throw new Error('a defect')
        if (operation === 'put' && String(args[0]).startsWith('state/open/')) throw internal
        return proceed()
      },
    })
    await bench.upload()
    const left = 'left: postponing it failed too: We encountered an internal error.'
    expect(await worked(hint(), hint('reconcile'))).toMatchObject({
      ended: [`0 ${left}`, `1 ${left}`],
      settled: 0,
      failed: 1,
      told: [],
    })
    expect(lines('error')).toEqual([
      ['error', 'ssofile could not evaluate a hint and will try again later', expect.anything()],
      [
        'error',
        'ssofile could not record open work; SQS delivers the hint again when its visibility ends',
        { error: internal, cause: bench.link },
      ],
    ])
    expect(await world.keys('state/open/')).toEqual([])
  })

  test('after it took a link out of the ledger tells that link', async () => {
    const error = new Error('a defect')
    const { bench, hint, worked } = open({ interceptor: failing('createAccountAssignment', error).interceptor })
    const other = await bench.upload(rootLink)
    await bench.upload()
    await bench.world.objects.delete(rootLink)
    const entry: Partial<LedgerEntry> = { state: 'failed', links: [other] }
    await bench.own(entry)
    expect((await worked(hint('reconcile'))).told).toContain(rootLink)
  })
})

describe('a hint at a permission set', () => {
  const auditors = permissionSetName.parse('Auditors-ps')
  const hintAt = (cause: string): Hint => ({ v: 1, kind: 'permission-set', permissionSet: auditors, cause })
  const upload = (bench: Settling, fields: object = {}) =>
    bench.world.objects.put(
      'permission_sets/Auditors-ps.json',
      JSON.stringify({ permissionSetName: auditors, ...fields }),
    )

  test('is done when it is applied', async () => {
    const { bench, world, worked } = open()
    await upload(bench)
    expect(await worked(hintAt('permission_sets/Auditors-ps.json'))).toEqual({
      ended: ['0 done'],
      settled: 1,
      failed: 0,
      told: [],
    })
    expect(world.ssoAdmin.permissionSetArnOf(auditors)).toBeDefined()
  })

  test('brings the accounts up to date that have it', async () => {
    const { bench, world, worked } = open()
    await upload(bench)
    await worked(hintAt('reconcile'))
    const arn = permissionSetArn.parse(world.ssoAdmin.permissionSetArnOf(auditors))
    world.ssoAdmin.addAssignment({ ...bench.target(), permissionSetArn: arn })
    await upload(bench, { managedPoliciesArnList: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] })
    expect(await worked(hintAt('reconcile'))).toMatchObject({ ended: ['0 done'], failed: 0 })
    expect(world.ssoAdmin.staleAccountsNow(arn)).toEqual([])
  })

  test('that failed counts as one', async () => {
    const refusal = new ServiceError('sso-admin', 'ValidationException', 'refused')
    const { bench, worked } = open({ interceptor: failing('attachManagedPolicy', refusal).interceptor })
    await upload(bench, { managedPoliciesArnList: ['arn:aws:iam::aws:policy/ReadOnlyAccess'] })
    expect(await worked(hintAt('reconcile'))).toMatchObject({ ended: ['0 done'], settled: 1, failed: 1 })
  })

  test('goes on as open work of that permission set, and its status says why', async () => {
    const away = new ServiceError('sso-admin', 'ServiceUnavailable', 'away')
    const { bench, world, worked, lines } = open({
      interceptor: failing('createPermissionSet', away).interceptor,
    })
    await upload(bench)
    const { objects, clock } = world
    await new StatusStore(objects, clock).revise('permission_sets/Auditors-ps.json', async () => ({
      state: 'applying',
    }))
    expect(await worked(hintAt('reconcile'))).toMatchObject({ ended: ['0 done'], settled: 0, failed: 1 })
    expect((await world.json('status/permission_sets/Auditors-ps.json.json'))?.reason).toContain('ServiceUnavailable')
    expect((await world.keys('state/open/')).map((key) => key.split('%')[1])).toEqual([
      'permission_sets/Auditors-ps.json',
    ])
    expect(lines('error')[0]?.[2]).toMatchObject({ lane: 'work', permissionSet: auditors, cause: 'reconcile' })
  })

  test('has it read in Identity Center although its file is applied, if a drift check asks', async () => {
    const { bench, world, worked } = open()
    await upload(bench)
    await worked(hintAt('reconcile'))
    const reads = async (cause: string) => {
      const before = world.calls.length
      await worked(hintAt(cause))
      return world.calls.slice(before).includes('DescribePermissionSet')
    }
    expect([await reads('reconcile'), await reads('drift')]).toEqual([false, true])
    const before = world.calls.length
    await worked(hintAt('reconcile'), hintAt('drift'))
    expect(world.calls.slice(before)).toContain('DescribePermissionSet')
  })
})

describe('a hint at a part of a drift check', () => {
  const whole: Hint = { v: 1, kind: 'drift', run: 'tonight', unit: 'whole', cause: 'drift' }

  test('is done when that part is, and the links that it concerns are told', async () => {
    const { bench, world, worked } = open({ configuration: { onDrift: 'report' } })
    const link = await bench.upload()
    await bench.own({ grantedAt: nine, links: [link] })
    await beginDriftRun(world.ports, 'tonight')
    expect(await worked(whole)).toEqual({ ended: ['0 done'], settled: 1, failed: 0, told: [] })
    const run = await world.json('state/drift.json')
    expect(run?.open).toContain('GROUP 1')
    const groups = world.queues
      .queue('work-bulk')
      .messages()
      .map(({ body }): Hint => JSON.parse(body))
    const told = new Set<string>()
    for (const part of groups) {
      if (part.kind !== 'drift-of-principals') continue
      for (const one of (await worked(part)).told) told.add(one)
    }
    expect([...told]).toEqual([bench.link])
  })

  test('stays in its queue when it fails, and is no open work', async () => {
    const error = new Error('a defect')
    const { world, worked, lines } = open({ interceptor: failing('listPermissionSets', error).interceptor })
    await beginDriftRun(world.ports, 'tonight')
    expect(await worked(whole)).toEqual({ ended: ['0 left: a defect'], settled: 0, failed: 1, told: [] })
    expect(await world.keys('state/open/')).toEqual([])
    expect(lines('error')).toEqual([
      [
        'error',
        'ssofile could not evaluate a hint and will try again later',
        { error, cause: 'drift', lane: 'work', drift: 'whole' },
      ],
    ])
  })
})
