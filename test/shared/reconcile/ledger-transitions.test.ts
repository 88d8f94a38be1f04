import { describe, expect, test } from '@jest/globals'
import { renderAssignmentKey } from '../../../shared/domain/assignment.ts'
import type { LedgerEntry } from '../../../shared/domain/ledger-entry.ts'
import { ServiceError } from '../../../shared/ports/service-error.ts'
import type { StoredEntry } from '../../../shared/reconcile/ledger.ts'
import {
  closeTwin,
  confirm,
  defer,
  forgetAccess,
  isOurs,
  leaveToOthers,
  makeCall,
  namesOf,
  observe,
  recordRevoked,
  release,
} from '../../../shared/reconcile/ledger-transitions.ts'
import { NotStartedError } from '../../../shared/reconcile/limited-sso-admin.ts'
import { findAccess } from '../../../shared/reconcile/move-access.ts'
import type { Subject } from '../../../shared/reconcile/settlement.ts'
import { noAnswer } from '../../intercept.ts'
import { Settling, type SettlingOptions } from '../../settling.ts'

const ten = '2026-03-03T10:00:00.000Z'
const nine = '2026-03-03T09:00:00.000Z'
const eleven = '2026-03-03T11:00:00.000Z'
const refusal = new ServiceError('sso-admin', 'AccessDeniedException', 'not you')
const creation = { kind: 'creation' as const, calledAt: nine, answeredAt: nine, id: 'created' }
const deletion = { kind: 'deletion' as const, calledAt: nine, answeredAt: nine, id: 'deleted' }
const link = { key: 'links_data/root%all%Billing-ps%team-Accountants%GROUP%ssofile', etag: 'e', lastModified: nine }

/** Does this with an entry that stands in the ledger. */
async function open(entry: Partial<LedgerEntry>, options: SettlingOptions = {}) {
  const bench = new Settling(options)
  await bench.own(entry)
  const within = <T>(work: (subject: Subject, stored: StoredEntry) => Promise<T>): Promise<T> =>
    bench.within(async (context) => {
      const { assignment } = bench
      const key = renderAssignmentKey(assignment)
      const stored = await context.standings.ledger.read(key)
      if (!stored) throw new Error('the entry is gone')
      return work({ key, assignment, context }, stored)
    })
  const name = bench.ledgerKey.replace('assignments/', '')
  const addTwin = (openUntil: string) => bench.world.objects.put(`state/open/${openUntil}%${name}`, '')
  const twins = () => bench.world.keys('state/open/')
  const histories = async () => {
    const keys = await bench.world.keys(`history/${name.replace(/%ssofile$/, '')}/`)
    return Promise.all(keys.map(async (key) => ({ key: key.split('/').at(-1), ...(await bench.world.json(key)) })))
  }
  return { bench, within, addTwin, twins, histories, name }
}

/** An answer of the service about requests, instead of its own. */
const described =
  (state: string | undefined): SettlingOptions['interceptor'] =>
  async ({ operation, args, proceed }) =>
    operation === 'describeAssignmentRequest' && args[0] === 'deletion' ? state && { state } : proceed()

describe('what Identity Center shows is ours', () => {
  test.each([
    ['it was confirmed once', { grantedAt: nine }, true],
    ['a creation was sent', { lastCreation: creation }, true],
    ['neither', {}, false],
    ['a creation is on its way', { call: creation, lastCreation: creation }, true],
    ['a deletion was not answered', { grantedAt: nine, call: { kind: 'deletion' as const, calledAt: nine } }, true],
  ])('where %s', async (_, entry, ours) => {
    const { within } = await open(entry, { interceptor: described('SUCCEEDED') })
    expect(await within(isOurs)).toBe(ours)
  })

  test.each([
    ['SUCCEEDED', false],
    ['FAILED', true],
    ['IN_PROGRESS', true],
    [undefined, true],
  ])('after a deletion of which the service says %s', async (state, ours) => {
    const { within } = await open({ grantedAt: nine, call: deletion }, { interceptor: described(state) })
    expect(await within(isOurs)).toBe(ours)
  })
})

describe('whether it is there', () => {
  const pendingFor = (requestId: string, kind: string, minutes: number): SettlingOptions & { asked: () => number } => {
    let asked = 0
    return {
      asked: () => asked,
      interceptor: async ({ operation, args, proceed }) => {
        if (operation === 'listAssignmentRequests') asked++
        if (operation === 'listAssignmentRequests' && args[0] === kind && asked < minutes * 60 * 3)
          return { items: [{ requestId, state: 'IN_PROGRESS' }] }
        return proceed()
      },
    }
  }

  test('is told by what is listed, where nothing is in progress', async () => {
    const { bench, within } = await open({ call: creation })
    expect(await within(observe)).toBe('absent')
    bench.world.ssoAdmin.addAssignment(bench.target())
    expect(await within(observe)).toBe('present')
  })

  test.each([
    ['granting', creation],
    ['revoking', deletion],
  ] as const)('waits for the request that the entry records while it is %s', async (state, call) => {
    const options = pendingFor(call.id, call.kind, 1)
    const { within } = await open({ state, call }, options)
    expect(await within(observe)).toBe('absent')
    expect(options.asked()).toBeGreaterThan(10)
  })

  test('cannot be told while that takes longer than five minutes', async () => {
    const { bench, within } = await open({ state: 'granting', call: creation }, pendingFor('created', 'creation', 60))
    const beganMs = bench.world.clock.monotonicMs()
    expect(await within(observe)).toBe('pending')
    expect(bench.world.clock.monotonicMs() - beganMs).toBeLessThan(6 * 60_000)
  })

  test('does not wait for a request that is known to be over', async () => {
    const options = pendingFor('created', 'creation', 60)
    const { within } = await open({ state: 'failed', call: creation }, options)
    expect(await within(observe)).toBe('absent')
    expect(options.asked()).toBe(0)
  })

  test('looks for a request whose answer was lost, and only then', async () => {
    for (const [call, lists] of [
      [{ kind: 'creation' as const, calledAt: nine }, 2],
      [creation, 0],
      [undefined, 0],
    ] as const) {
      let asked = 0
      const { within } = await open(call === undefined ? {} : { state: 'failed', call }, {
        interceptor: async ({ operation, proceed }) => {
          if (operation === 'listAssignmentRequests') asked++
          return proceed()
        },
      })
      expect(await within(observe)).toBe('absent')
      expect(asked).toBe(lists)
    }
  })
})

describe('a call', () => {
  test.each([
    ['creation', 'createAccountAssignment'],
    ['deletion', 'deleteAccountAssignment'],
  ] as const)('that is a %s stands with its request id before anybody waits for it', async (kind, operation) => {
    const seen: (LedgerEntry | undefined)[] = []
    const call = { kind, calledAt: nine }
    const { bench, within } = await open(
      { call, ...(kind === 'creation' ? { lastCreation: call } : {}) },
      {
        interceptor: async ({ operation: made, proceed }) => {
          if (made === 'listAccountAssignments') seen.push(await bench.entry())
          return proceed()
        },
      },
    )
    if (kind === 'deletion') bench.world.ssoAdmin.addAssignment(bench.target())
    const { result, entry } = await within((subject, stored) => makeCall(subject, stored, kind))
    expect(result).toEqual({ outcome: 'confirmed' })
    const answered = { kind, calledAt: nine, answeredAt: ten, id: expect.any(String) }
    expect(seen[0]?.call).toEqual(answered)
    expect(seen[0]?.lastCreation).toEqual(kind === 'creation' ? answered : undefined)
    expect(entry.entry).toEqual(seen[0])
    expect(operation).toMatch(kind === 'creation' ? /^create/ : /^delete/)
  })

  test.each([
    ['refused', refusal, true],
    ['never sent', new NotStartedError(), true],
    ['sent, but not answered', noAnswer('Create'), false],
  ])('that was %s is answered by that: %s', async (_, error, isAnswered) => {
    let may = true
    const { bench, within } = await open(
      { call: { kind: 'creation', calledAt: nine } },
      {
        mayStart: () => may,
        interceptor: async ({ operation, proceed }) => {
          if (operation !== 'createAccountAssignment') return proceed()
          may = false
          throw error
        },
      },
    )
    await within((subject, stored) => makeCall(subject, stored, 'creation'))
    const call = { kind: 'creation', calledAt: nine, ...(isAnswered ? { answeredAt: expect.any(String) } : {}) }
    expect((await bench.entry())?.call).toEqual(call)
  })

  test('that has failed after it was answered keeps the id of its request', async () => {
    const { bench, within } = await open(
      { call: { kind: 'creation', calledAt: nine } },
      {
        interceptor: async ({ operation, proceed }) => {
          if (operation === 'describeAssignmentRequest') return { state: 'FAILED', failureReason: 'no' }
          if (operation === 'listAccountAssignments') return { items: [] }
          return proceed()
        },
      },
    )
    const { result } = await within((subject, stored) => makeCall(subject, stored, 'creation'))
    expect(result).toMatchObject({ outcome: 'failed', reason: 'no' })
    expect((await bench.entry())?.call?.id).toEqual(expect.any(String))
  })

  test('of which the entry has nothing yet is written with its answer', async () => {
    const { bench, within } = await open({})
    await within((subject, stored) => makeCall(subject, stored, 'creation'))
    expect((await bench.entry())?.call).toEqual({
      kind: 'creation',
      calledAt: expect.any(String),
      answeredAt: expect.any(String),
      id: expect.any(String),
    })
  })
})

describe('an access that is confirmed', () => {
  test('is granted from now on, with nothing of what went before, and history has the instant of its call', async () => {
    const { bench, within, addTwin, twins, histories } = await open({
      state: 'failed',
      reason: 'no answer',
      attempts: 3,
      openUntil: eleven,
      orphanedAt: nine,
      call: creation,
      lastCreation: { ...creation, calledAt: '2026-03-03T08:00:00.000Z' },
    })
    await addTwin(eleven)
    await within((subject, stored) => confirm(subject, stored, [link]))
    const entry = await bench.entry()
    expect(entry).toMatchObject({ state: 'granted', links: [link], grantedAt: ten, attempts: 0 })
    for (const field of ['reason', 'openUntil', 'orphanedAt', 'missingSince'] as const)
      expect(entry?.[field]).toBeUndefined()
    expect(await twins()).toEqual([])
    expect(await histories()).toEqual([
      expect.objectContaining({
        key: '2026-03-03T08:00:00.000Z%granted.json',
        at: '2026-03-03T08:00:00.000Z',
        confirmedAt: ten,
        requestId: 'created',
        links: [link],
      }),
    ])
  })

  test('is in history once, by the call that the entry records, or the instant where it records none', async () => {
    for (const [entry, keys] of [
      [{ grantedAt: nine, call: creation }, []],
      [{ call: creation }, [`${nine}%granted.json`]],
      [{}, [`${ten}%granted.json`]],
    ] as const) {
      const { bench, within, histories } = await open(entry)
      await within((subject, stored) => confirm(subject, stored, []))
      expect((await histories()).map(({ key }) => key)).toEqual(keys)
      expect((await bench.entry())?.grantedAt).toBe('grantedAt' in entry ? nine : ten)
    }
  })

  test('keeps its twin while there is former access to be taken away', async () => {
    const other = new Settling().target('team-Web')
    const former = [
      {
        state: 'granted' as const,
        principalId: other.principalId,
        permissionSetArn: other.permissionSetArn,
        links: [],
      },
    ]
    const { bench, within, addTwin, twins } = await open({ state: 'granting', former, openUntil: eleven })
    await addTwin(eleven)
    await within((subject, stored) => confirm(subject, stored, []))
    expect(await bench.entry()).toMatchObject({ state: 'granted', openUntil: eleven })
    expect(await twins()).toHaveLength(1)
  })
})

describe('an access that is gone', () => {
  test.each([
    ['by our deletion', { grantedAt: nine, call: deletion }, [`${nine}%revoked.json`]],
    ['by our deletion, before anybody confirmed it', { call: deletion }, [`${nine}%revoked.json`]],
    ['by someone else', { grantedAt: nine, call: creation }, [`${ten}%revoked.json`]],
    ['by someone else, with no call known', { grantedAt: nine }, [`${ten}%revoked.json`]],
    ['as a drift check found', { grantedAt: nine, missingSince: eleven }, [`${eleven}%revoked.json`]],
    [
      'as a drift check found after our deletion',
      { grantedAt: nine, call: deletion, missingSince: eleven },
      [`${eleven}%revoked.json`],
    ],
    ['and never was', { call: creation, lastCreation: creation }, []],
    ['and was never called for', {}, []],
  ] as const)('%s is in history with the instant at which it went', async (_, entry, keys) => {
    const { within, histories } = await open(entry)
    const recorded = await within(recordRevoked)
    const found = await histories()
    expect(found.map(({ key }) => key)).toEqual(keys)
    expect(found.map((one) => 'confirmedAt' in one && one.confirmedAt)).toEqual(keys.map(() => ten))
    if (keys.length > 0) expect(recorded.entry.call?.kind).toBe('deletion')
  })

  test('writes its instant into the ledger before history, so that a replay writes the same', async () => {
    const { bench, within, histories } = await open({ grantedAt: nine })
    await within(recordRevoked)
    expect((await bench.entry())?.call).toEqual({ kind: 'deletion', calledAt: ten, answeredAt: ten })
    await bench.world.clock.advance(5_000)
    await within(recordRevoked)
    expect((await histories()).map(({ key }) => key)).toEqual([`${ten}%revoked.json`])
  })

  test.each([
    ['its creation is not answered', { lastCreation: { kind: 'creation' as const, calledAt: ten } }, false],
    ['its creation was answered', { lastCreation: creation }, true],
    [
      'its creation is 15 minutes old',
      { lastCreation: { kind: 'creation' as const, calledAt: '2026-03-03T09:45:00.000Z' } },
      true,
    ],
    ['it was confirmed once', { grantedAt: nine, lastCreation: { kind: 'creation' as const, calledAt: ten } }, true],
    ['nothing was ever sent', {}, true],
  ])('leaves the ledger or not where %s', async (_, entry, leaves) => {
    const { bench, within } = await open(entry)
    expect(await within(release)).toBe(leaves)
    expect((await bench.entry()) === undefined).toBe(leaves)
  })

  test.each([
    ['creation', false],
    ['deletion', true],
  ] as const)('leaves the ledger or not while a %s of it is in progress', async (kind, leaves) => {
    const { bench, within } = await open({ grantedAt: nine })
    const released = await within((subject, stored) => {
      subject.context.requests.watch(kind, 'in-progress', bench.target())
      return release(subject, stored)
    })
    expect(released).toBe(leaves)
  })
})

describe('an entry that records an access no more', () => {
  const other = new Settling().target('team-Web')
  const formerOf = (state: LedgerEntry['state']) => [
    { state, principalId: other.principalId, permissionSetArn: other.permissionSetArn, links: [] },
  ]

  test('is gone with its twin where it recorded nothing else', async () => {
    const { bench, within, addTwin, twins } = await open({ openUntil: eleven })
    await addTwin(eleven)
    await within(forgetAccess)
    expect(await bench.entry()).toBeUndefined()
    expect(await twins()).toEqual([])
  })

  test('brings its former access forward, which is still to be settled: the twin stays', async () => {
    const { bench, within, addTwin, twins } = await open({
      former: formerOf('granted'),
      openUntil: eleven,
      attempts: 2,
    })
    await addTwin(eleven)
    await within(forgetAccess)
    expect(await bench.entry()).toMatchObject({ principalId: other.principalId, openUntil: eleven, attempts: 2 })
    expect(await twins()).toHaveLength(1)
  })

  test.each([
    ['settled', 'granted', true],
    ['not settled', 'failed', false],
  ] as const)('stays for its present access, with its twin unless that is %s', async (_, state, isDone) => {
    const { bench, within, addTwin, twins } = await open({
      state,
      former: formerOf('revoking'),
      openUntil: eleven,
      attempts: 2,
    })
    await addTwin(eleven)
    await within(async (subject, stored) => {
      const former = findAccess(stored, other)
      if (!former) throw new Error('there is no former access')
      await forgetAccess(subject, former)
    })
    const entry = await bench.entry()
    expect(entry?.former).toBeUndefined()
    expect(entry).toMatchObject({ principalId: bench.target().principalId, attempts: isDone ? 0 : 2 })
    expect(entry?.openUntil).toBe(isDone ? undefined : eleven)
    expect(await twins()).toHaveLength(isDone ? 0 : 1)
  })
})

describe('access that turns out to be someone else’s', () => {
  test('is foreign, with the links that ask for it', async () => {
    const { bench, within, name } = await open({ state: 'failed' })
    const states = await within(async (subject, stored) => {
      const { assignment, context } = subject
      const { accountId } = assignment
      const read = async () => (await context.standings.of(assignment, [accountId])).get(accountId)?.state
      const before = await read()
      await leaveToOthers(subject, stored, [link])
      return [before, await read()]
    })
    expect(states).toEqual(['failed', 'foreign'])
    expect(await bench.world.json(`foreign/${name}`)).toMatchObject({ links: [link], seenAt: ten })
    expect(await bench.world.keys('assignments/')).toEqual([])
  })

  test('under a former id does not stand under this name', async () => {
    const { bench, within } = await open({})
    const other = bench.target('team-Web')
    const { principalId, permissionSetArn } = other
    await bench.own({ former: [{ state: 'failed', principalId, permissionSetArn, links: [] }] })
    await within(async (subject, stored) => {
      const former = findAccess(stored, other)
      if (former) await leaveToOthers(subject, former, [])
    })
    expect(await bench.world.keys('foreign/')).toEqual([])
    expect((await bench.entry())?.former).toBeUndefined()
  })
})

describe('what is not finished', () => {
  const unfinished = { outcome: 'unfinished' as const, reason: 'it takes long', sent: true }
  const failed = { outcome: 'failed' as const, reason: 'it is refused', isOver: true }

  test('goes on later, ever later, with its reason; an earlier twin goes', async () => {
    const { bench, within, addTwin, twins, name } = await open({ state: 'granting', attempts: 2, openUntil: nine })
    await addTwin(nine)
    const settlement = await within((subject, stored) => defer(subject, stored, unfinished, [link.key], 'failed'))
    expect(settlement).toEqual({ result: 'open', reason: 'it takes long', links: [link.key] })
    const entry = await bench.entry()
    expect(entry).toMatchObject({ state: 'granting', reason: 'it takes long', attempts: 3 })
    const waitMs = Date.parse(entry?.openUntil ?? '') - Date.parse(ten)
    expect(waitMs).toBeGreaterThanOrEqual(2 * 60_000)
    expect(waitMs).toBeLessThanOrEqual(4 * 60_000)
    expect(await twins()).toEqual([`state/open/${entry?.openUntil}%${name}`])
    expect(bench.world.log.lines.at(-1)).toMatchObject({
      level: 'warn',
      fields: { reason: 'it takes long', attempts: 3 },
    })
  })

  test('is given back at the end of a slice, and the entry stays as it is', async () => {
    const { bench, within, twins } = await open({ state: 'granting' }, { mayStart: () => false })
    expect(await within((subject, stored) => defer(subject, stored, unfinished, [link.key]))).toEqual({
      result: 'given-back',
      links: [],
    })
    expect(await bench.entry()).toMatchObject({ state: 'granting', attempts: 0 })
    expect(await twins()).toEqual([])
  })

  test('but refused is told also at the end of a slice', async () => {
    const { within } = await open({ state: 'granting' }, { mayStart: () => false })
    expect(await within((subject, stored) => defer(subject, stored, failed, [link.key]))).toMatchObject({
      result: 'open',
      reason: 'it is refused',
    })
  })

  test('and stuck has no retry', async () => {
    const { bench, within, addTwin, twins } = await open({ state: 'revoking', openUntil: eleven })
    await addTwin(eleven)
    await within((subject, stored) => defer(subject, stored, failed, [], 'stuck'))
    const entry = await bench.entry()
    expect([entry?.state, entry?.openUntil]).toEqual(['stuck', undefined])
    expect(await twins()).toEqual([])
  })

  test('and was stuck is not any more, and has a retry', async () => {
    const { bench, within, twins, name } = await open({ state: 'stuck' })
    await within((subject, stored) => defer(subject, stored, unfinished, []))
    const entry = await bench.entry()
    expect(entry?.state).toBe('revoking')
    expect(await twins()).toEqual([`state/open/${entry?.openUntil}%${name}`])
  })

  test.each([
    ['a creation that failed for good', failed, creation, false],
    ['a creation of which some may take effect', { ...failed, isOver: false }, creation, true],
    ['a creation that is not over', unfinished, creation, true],
    ['a deletion that failed for good', failed, deletion, true],
    ['nothing that was called', failed, undefined, true],
  ])('remembers that a creation may take effect, or not, after %s', async (_, result, call, remembers) => {
    const { bench, within } = await open({ state: 'granting', lastCreation: creation, ...(call && { call }) })
    await within((subject, stored) => defer(subject, stored, result, [], 'failed'))
    expect((await bench.entry())?.lastCreation).toEqual(remembers ? creation : undefined)
  })

  test('has its principal looked for anew', async () => {
    const { bench, within } = await open({ state: 'granting' })
    const found = await within(async (subject, stored) => {
      const { principals, pulledMs } = subject.context
      const { type, principal } = subject.assignment
      const before = await principals.resolve(type, principal, pulledMs)
      await defer(subject, stored, unfinished, [])
      await bench.world.identityStore.deleteGroup(bench.target().principalId)
      return [before, await principals.resolve(type, principal, pulledMs)]
    })
    expect(found).toEqual([expect.any(String), undefined])
  })
})

test('the links that are concerned are those that grant it now and those that did, each once', async () => {
  const { within } = await open({ links: [link, { ...link, key: 'links_data/earlier' }] })
  const names = await within(async (_, stored) => [
    namesOf([{ key: 'links_data/now' }, link], stored),
    namesOf([link], undefined),
    namesOf([], undefined),
  ])
  expect(names).toEqual([['links_data/now', link.key, 'links_data/earlier'], [link.key], []])
})

test('no twin is taken away where there is none', async () => {
  let deletes = 0
  const { within, addTwin, twins } = await open(
    {},
    {
      interceptor: async ({ operation, proceed }) => {
        if (operation === 'delete') deletes++
        return proceed()
      },
    },
  )
  await addTwin(eleven)
  await within((subject) => closeTwin(subject, undefined))
  expect([deletes, (await twins()).length]).toEqual([0, 1])
  await within((subject) => closeTwin(subject, eleven))
  expect([deletes, (await twins()).length]).toEqual([1, 0])
})
