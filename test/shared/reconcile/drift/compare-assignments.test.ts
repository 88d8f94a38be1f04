import { describe, expect, test } from '@jest/globals'
import {
  type AssignmentKey,
  assignmentOf,
  renderAssignmentKey,
} from '../../../../shared/domain/assignments/assignment.ts'
import type { LedgerEntry } from '../../../../shared/domain/assignments/ledger-entry.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalId as principalIdSchema } from '../../../../shared/domain/principals/identity-center-ids.ts'
import type { AssignmentTarget } from '../../../../shared/ports/sso-admin.ts'
import { type Comparison, compareAssignments } from '../../../../shared/reconcile/drift/compare-assignments.ts'
import { Settling, type SettlingOptions } from '../../../settling.ts'

const ten = '2026-03-03T10:00:00.000Z'
const nine = '2026-03-03T09:00:00.000Z'
const link = { key: 'links_data/root%all%Billing-ps%team-Accountants%GROUP%ssofile', etag: 'e', lastModified: nine }
const nothing = {
  checked: 0,
  missing: [],
  undecided: [],
  unsettled: [],
  foreign: [],
  gone: [],
  toEvaluate: [],
  links: [],
}
/** Five minutes from now on. */
const settled = [new Date('2026-03-03T10:05:00.000Z')]

function open(options: SettlingOptions = {}) {
  const bench = new Settling(options)
  const { key } = bench
  const mine = bench.target()
  const foreignKey = `foreign/${key}`
  const addForeign = async (more: object = {}) => {
    const { principal } = bench
    const { principalId, permissionSetArn } = bench.target()
    await bench.world.objects.put(
      foreignKey,
      JSON.stringify({ v: 1, principal, principalId, permissionSetArn, links: [], seenAt: nine, ...more }),
    )
  }
  /** Of what the bucket has, and of what was listed: by default all that there is. */
  const compare = (
    rows: readonly AssignmentTarget[] = bench.world.ssoAdmin.assignments(),
    known: Partial<Record<'ledger' | 'foreign' | 'both', readonly AssignmentKey[]>> = {},
    { findsMissing = true, knowsNames = true, inProgress = false } = {},
  ): Promise<Comparison> =>
    bench.within((context) => {
      if (inProgress) context.requests.watch('creation', 'in-progress', mine)
      const names = knowsNames ? ([[mine.permissionSetArn, bench.assignment.permissionSet]] as const) : []
      const drift = { ...context, permissionSetNames: new Map(names) }
      return compareAssignments(rows, { ledger: [], foreign: [], both: [], ...known }, drift, { findsMissing })
    })
  return { bench, key, foreignKey, addForeign, compare }
}

const errors = (bench: Settling) => bench.world.log.lines.filter(({ level }) => level === 'error')

describe('access of ours that is not listed', () => {
  const granted: Partial<LedgerEntry> = { grantedAt: nine, links: [link] }

  test('is missing: its entry says since when, it is evaluated, and the log tells', async () => {
    const { bench, key, compare } = open()
    await bench.own(granted)
    expect(await compare([], { ledger: [key] })).toEqual({
      ...nothing,
      checked: 1,
      missing: [key],
      toEvaluate: [key],
    })
    expect(await bench.entry()).toMatchObject({
      state: 'failed',
      missingSince: ten,
      reason: `someone removed it in Identity Center; it has been missing since ${ten}`,
    })
    expect(errors(bench)).toEqual([
      expect.objectContaining({
        fields: { assignment: key, principal: bench.principal, onDrift: 'restore', missingSince: ten },
      }),
    ])
  })

  test('is told to its links only, where drift is only to be reported', async () => {
    const { bench, key, compare } = open({ configuration: { onDrift: 'report' } })
    await bench.own(granted)
    expect(await compare([], { ledger: [key] })).toEqual({ ...nothing, checked: 1, missing: [key], links: [link.key] })
  })

  test('is evaluated where the brake holds it, whatever is to be done about drift; its entry stays held', async () => {
    const { bench, key, compare } = open({ configuration: { onDrift: 'report' } })
    await bench.own({ ...granted, state: 'held' })
    expect(await compare([], { ledger: [key] })).toMatchObject({
      missing: [key],
      toEvaluate: [key],
      links: [],
    })
    expect(await bench.entry()).toMatchObject({ state: 'held' })
  })

  test('is marked where its account takes no changes, so that nobody lists it; its entry stays stuck until the account is back', async () => {
    const { bench, key, compare } = open()
    await bench.own({ ...granted, state: 'stuck' })
    expect(await compare([], { ledger: [key] })).toEqual({ ...nothing, checked: 1, missing: [key], links: [link.key] })
    expect(await bench.entry()).toMatchObject({ state: 'stuck', missingSince: ten })
  })

  test('is not judged within five minutes of a call of ours, and told with the instant from which a listing counts', async () => {
    const { bench, key, compare } = open()
    const grantedAt = '2026-03-03T09:58:00.000Z'
    await bench.own({ ...granted, grantedAt })
    const until = new Date('2026-03-03T10:03:00.000Z')
    expect(await compare([], { ledger: [key] })).toEqual({ ...nothing, checked: 1, undecided: [{ key, until }] })
    expect(await bench.entry()).toMatchObject({ state: 'granted' })
  })

  test('is missing since it was missed first', async () => {
    const { bench, key, compare } = open()
    await bench.own({ ...granted, state: 'failed', missingSince: nine, reason: 'as it was' })
    expect(await compare([], { ledger: [key] })).toMatchObject({ missing: [key], toEvaluate: [key] })
    expect(await bench.entry()).toMatchObject({ missingSince: nine, reason: 'as it was' })
    expect(errors(bench)[0]?.fields.missingSince).toBe(nine)
  })

  test.each([
    ['it is not asked for here', granted, { findsMissing: false }, 0],
    ['it has failed for another reason', { ...granted, state: 'failed' as const }, {}, 1],
    ['it is being granted', { ...granted, state: 'granting' as const }, {}, 1],
    ['it is being revoked', { ...granted, state: 'revoking' as const }, {}, 1],
  ])('is not missing where %s', async (_, entry, terms, checked) => {
    const { bench, key, compare } = open()
    await bench.own(entry)
    expect(await compare([], { ledger: [key] }, terms)).toEqual({ ...nothing, checked })
  })

  test('is not missing where a request for it is in progress, and can be judged five minutes after that', async () => {
    const { bench, key, compare } = open()
    await bench.own(granted)
    const found = await compare([], { ledger: [key] }, { inProgress: true })
    expect(found).toEqual({ ...nothing, checked: 1, unsettled: settled })
  })

  test('is not missing where it is there after all, listed or not, whatever its principal is called by now', async () => {
    const { bench, key, compare } = open()
    await bench.own(granted)
    bench.world.ssoAdmin.addAssignment(bench.target())
    expect(await compare([], { ledger: [key] })).toEqual({ ...nothing, checked: 1 })
    const rows = bench.world.ssoAdmin.assignments()
    expect(await compare(rows, { ledger: [key] })).toEqual({ ...nothing, checked: 1 })
    bench.world.ssoAdmin.removeAssignment(bench.target())
    await bench.world.identityStore.updateGroup(bench.target().principalId, [{ path: 'displayName', value: 'passing' }])
    expect(await compare(rows, { ledger: [key] })).toMatchObject({ missing: [] })
  })

  test('is missing where only another group is listed, which has its name by now', async () => {
    const { bench, key, compare } = open()
    await bench.own(granted)
    await bench.takeName('team-Web')
    bench.world.ssoAdmin.addAssignment(bench.target())
    expect(await compare(undefined, { ledger: [key] })).toMatchObject({ checked: 1, missing: [key] })
  })

  test('is not missing where its entry has gone meanwhile', async () => {
    const { key, compare } = open()
    expect(await compare([], { ledger: [key] })).toEqual({ ...nothing, checked: 1 })
  })

  test('is looked at again where its entry has changed meanwhile', async () => {
    let changes = 0
    const { bench, key, compare } = open({
      interceptor: async ({ operation, args, proceed }) => {
        if (operation === 'put' && args[0] === bench.ledgerKey && changes++ === 0)
          await bench.own({ ...granted, attempts: 5 })
        return proceed()
      },
    })
    await bench.own(granted)
    expect(await compare([], { ledger: [key] })).toMatchObject({ missing: [key] })
    expect(await bench.entry()).toMatchObject({ state: 'failed', attempts: 5 })
  })
})

describe('access that is listed and nobody knows', () => {
  test('is foreign: it is recorded, without links, and the log tells', async () => {
    const { bench, key, foreignKey, compare } = open()
    bench.world.ssoAdmin.addAssignment(bench.target())
    expect(await compare()).toEqual({ ...nothing, foreign: [key] })
    const { principalId, permissionSetArn } = bench.target()
    const { principal } = bench
    const found = { v: 1, principal, principalId, permissionSetArn, links: [], seenAt: ten }
    expect(await bench.world.json(foreignKey)).toEqual(found)
    expect(bench.world.log.lines.map(({ level, fields }) => [level, fields.assignment])).toEqual([['warn', key]])
  })

  test('of a principal that is gone is called by its id', async () => {
    const { bench, key, foreignKey, compare } = open()
    const { principalId } = bench.target()
    bench.world.ssoAdmin.addAssignment(bench.target())
    await bench.world.identityStore.deleteGroup(principalId)
    expect((await compare()).foreign).toEqual([key])
    expect(await bench.world.json(foreignKey)).toMatchObject({ principal: principalId })
  })

  test.each([
    ['longer than a key', 'x'.repeat(1024)],
    ['with a line end', 'one\r\ntwo'],
    ['in another normal form', 'e\u0301quipe'],
  ])('of a principal with a name that no link can have, %s, is called by its id', async (_, displayName) => {
    const { bench, compare } = open()
    const principalId = principalIdSchema.parse(await bench.world.identityStore.createGroup({ displayName }))
    bench.world.ssoAdmin.addAssignment({ ...bench.target(), principalId })
    const key = renderAssignmentKey({ ...assignmentOf(bench.key), principalId })
    expect((await compare()).foreign).toEqual([key])
    expect(await bench.world.json(`foreign/${key}`)).toMatchObject({ principal: principalId })
    expect(await compare(undefined, { foreign: [key] })).toEqual(nothing)
  })

  test.each([
    ['it is known as foreign', { foreign: true }],
    ['it is ours', { ledger: true }],
  ])(
    'is not looked at where %s',
    async (_, { foreign = false, ledger = false }: { foreign?: boolean; ledger?: boolean }) => {
      const { bench, key, compare } = open()
      bench.world.ssoAdmin.addAssignment(bench.target())
      const known = { foreign: foreign ? [key] : [], ledger: ledger ? [key] : [] }
      expect(await compare(undefined, known)).toEqual({ ...nothing, checked: ledger ? 1 : 0 })
      expect(bench.world.calls).toEqual([])
    },
  )

  test('is not foreign where its permission set was made since they were listed', async () => {
    const { bench, compare } = open()
    bench.world.ssoAdmin.addAssignment(bench.target())
    expect(await compare(undefined, {}, { knowsNames: false })).toEqual(nothing)
  })

  test('is not foreign where a request for it is in progress, or where it is gone by now', async () => {
    const { bench, compare } = open()
    const rows = [bench.target()]
    expect(await compare(rows)).toEqual(nothing)
    bench.world.ssoAdmin.addAssignment(bench.target())
    expect(await compare(rows, {}, { inProgress: true })).toEqual({ ...nothing, unsettled: [expect.any(Date)] })
    expect(await bench.world.namedKeys('foreign/')).toEqual([])
  })

  test('is not foreign where the ledger has it, whatever its principal is called by now', async () => {
    const { bench, compare } = open()
    bench.world.ssoAdmin.addAssignment(bench.target())
    await bench.own({ grantedAt: nine })
    expect(await compare()).toEqual(nothing)
    await bench.world.identityStore.updateGroup(bench.target().principalId, [{ path: 'displayName', value: 'passing' }])
    expect(await compare()).toEqual(nothing)
  })

  test('is neither missing nor foreign where nobody can read the entry that may be about it', async () => {
    const { bench, key, compare } = open()
    bench.world.ssoAdmin.addAssignment(bench.target())
    await bench.world.objects.put(bench.ledgerKey, '{oops')
    expect(await compare([], { ledger: [key] })).toMatchObject({ missing: [], toEvaluate: [] })
    expect(await compare()).toEqual(nothing)
    expect(await bench.world.namedKeys('foreign/')).toEqual([])
  })

  test.each([
    ['another permission set', { permissionSet: permissionSetName.parse('Other-ps') }],
    ['another type', { type: 'USER' as const }],
    ['another account', { accountId: accountId.parse('233000000003') }],
  ])('is foreign where the ledger has the same principal with %s only', async (_, other) => {
    const { bench, key, compare } = open()
    bench.world.ssoAdmin.addAssignment(bench.target())
    await bench.own({ grantedAt: nine })
    const body = JSON.stringify(await bench.world.json(bench.ledgerKey))
    await bench.world.objects.delete(bench.ledgerKey)
    await bench.world.objects.put(`assignments/${renderAssignmentKey({ ...assignmentOf(key), ...other })}`, body)
    expect((await compare()).foreign).toEqual([key])
  })

  test('is not foreign where somebody grants it while it is recorded', async () => {
    const { bench, compare } = open({
      interceptor: async ({ operation, args, proceed }) => {
        if (operation === 'put' && String(args[0]).startsWith('foreign/')) await bench.own({ grantedAt: nine })
        return proceed()
      },
    })
    bench.world.ssoAdmin.addAssignment(bench.target())
    expect(await compare()).toEqual(nothing)
    expect(await bench.world.namedKeys('foreign/')).toEqual([])
  })
})

test('a grant that begins while access is recorded as foreign reads the record', async () => {
  const seen: boolean[] = []
  let isUnforeign = () => true
  const bench = new Settling({
    interceptor: ({ operation, args, proceed }) => {
      if (operation === 'put' && String(args[0]).startsWith('foreign/')) seen.push(isUnforeign())
      return proceed()
    },
  })
  bench.world.ssoAdmin.addAssignment(bench.target())
  const { permissionSetArn, ...target } = bench.target()
  await bench.within(async (context) => {
    const { standings } = context
    isUnforeign = () => standings.isKnownUnforeign(bench.key)
    await standings.accountsOf(bench.assignment)
    expect(isUnforeign()).toBe(true)
    const permissionSetNames = new Map([[permissionSetArn, bench.assignment.permissionSet]])
    const rows = [{ ...target, permissionSetArn }]
    const known = { ledger: [], foreign: [], both: [] }
    await compareAssignments(rows, known, { ...context, permissionSetNames }, { findsMissing: true })
  })
  expect(seen).toEqual([false])
})

describe('foreign access that is not listed', () => {
  test('is gone, off the list, and evaluated: links may ask for it that came after it was recorded', async () => {
    for (const links of [[], [link]]) {
      const { bench, key, addForeign, compare } = open()
      await addForeign({ links })
      expect(await compare([], { foreign: [key] })).toEqual({
        ...nothing,
        gone: [key],
        toEvaluate: [key],
      })
      expect(await bench.world.namedKeys('foreign/')).toEqual([])
    }
  })

  test('stays while it is there after all', async () => {
    const { bench, key, addForeign, compare } = open()
    await addForeign()
    bench.world.ssoAdmin.addAssignment(bench.target())
    expect(await compare([], { foreign: [key] })).toEqual(nothing)
    expect(await bench.world.namedKeys('foreign/')).toHaveLength(1)
  })

  test('stays on the list where nobody can read what it was, and holds up no other', async () => {
    const { bench, key, foreignKey, addForeign, compare } = open()
    await addForeign()
    const other = bench.world.keyOf('account%233000000002%Billing-ps%team-Web%GROUP%ssofile')
    await bench.world.objects.put(`foreign/${other}`, '{oops')
    expect(await compare([], { foreign: [other, key] })).toMatchObject({ gone: [key] })
    expect(await bench.world.keys('foreign/')).toEqual([`foreign/${other}`])
    await bench.world.objects.put(foreignKey, '{oops')
    bench.world.ssoAdmin.addAssignment(bench.target())
    await bench.own({ grantedAt: nine })
    const known = { ledger: [key], foreign: [key], both: [key] }
    expect(await compare(undefined, known)).toEqual({ ...nothing, checked: 1 })
    expect(await bench.world.keys('foreign/')).toContain(foreignKey)
    const told = errors(bench).map(({ fields }) => fields.error)
    expect(told).toContainEqual(
      expect.objectContaining({ object: expect.objectContaining({ key: `foreign/${other}` }) }),
    )
  })

  test('stays as it is where its principal got another name, and where another took its name', async () => {
    const { bench, key, addForeign, compare } = open()
    await addForeign()
    const ours = bench.target()
    bench.world.ssoAdmin.addAssignment(ours)
    await bench.takeName('team-Web')
    expect(await compare(undefined, { foreign: [key] })).toEqual(nothing)
    bench.world.ssoAdmin.addAssignment(bench.target())
    const other = bench.world.keyOf(bench.link)
    expect(await compare(undefined, { foreign: [key] })).toEqual({ ...nothing, foreign: [other] })
    expect(await bench.world.keys('foreign/')).toEqual([key, other].map((one) => `foreign/${one}`).sort())
  })

  test('is nobody’s any more where somebody took it off the list meanwhile, or recorded it again', async () => {
    const { key, compare } = open()
    expect(await compare([], { foreign: [key] })).toEqual(nothing)
    const again = open({
      interceptor: async ({ operation, proceed }) => {
        if (operation === 'delete') await again.addForeign({ links: [link] })
        return proceed()
      },
    })
    await again.addForeign()
    expect(await again.compare([], { foreign: [again.key] })).toEqual(nothing)
    expect(await again.bench.world.namedKeys('foreign/')).toHaveLength(1)
  })
})

describe('access that is both foreign and in the ledger', () => {
  test('is ours where it is granted to the same: it is foreign no more', async () => {
    const { bench, key, addForeign, compare } = open()
    await addForeign()
    await bench.own({ grantedAt: nine })
    bench.world.ssoAdmin.addAssignment(bench.target())
    expect(await compare(undefined, { ledger: [key], foreign: [key], both: [key] })).toEqual({ ...nothing, checked: 1 })
    expect(await bench.world.namedKeys('foreign/')).toEqual([])
    expect(bench.world.log.lines.map(({ message }) => message)).toEqual(['access of ssofile was recorded as foreign'])
  })

  test('stays foreign where its entry is not settled', async () => {
    const { bench, key, addForeign, compare } = open()
    await addForeign()
    await bench.own({ state: 'granting' })
    bench.world.ssoAdmin.addAssignment(bench.target())
    await compare(undefined, { ledger: [key], foreign: [key], both: [key] })
    expect(await bench.world.namedKeys('foreign/')).toHaveLength(1)
  })
})
