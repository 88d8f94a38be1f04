import { describe, expect, test } from '@jest/globals'
import { settlingMs } from '../../../../shared/domain/assignments/access-proof.ts'
import { recordHistory } from '../../../../shared/reconcile/records/history.ts'
import { Settling } from '../../../settling.ts'

/** A world in which the link is applied; `s3` has each listing of history and each read of its objects. */
async function open() {
  const s3: string[] = []
  const bench = new Settling({
    interceptor: ({ port, operation, args, proceed }) => {
      const [key] = args
      if (port === 'objects' && String(key).startsWith('history/') && operation !== 'put') s3.push(operation)
      return proceed()
    },
  })
  await bench.upload()
  expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
  return { bench, s3 }
}
const body = async (bench: Settling) => JSON.stringify(await bench.world.json(bench.ledgerKey))
const changes = (bench: Settling) => bench.world.calls.filter((call) => /^(Create|Delete)AccountAssignment$/.test(call))

test('a grant asks nothing of history, and a revocation one listing', async () => {
  const { bench, s3 } = await open()
  expect(s3).toEqual([])
  await bench.world.objects.delete(bench.link)
  expect(await bench.settle()).toMatchObject({ result: 'absent' })
  expect(s3).toEqual(['list'])
})

describe('access of ours whose ledger object is lost', () => {
  const lost = async () => {
    const { bench } = await open()
    const entry = await body(bench)
    await bench.world.objects.delete(bench.ledgerKey)
    return { bench, entry }
  }

  test('is neither foreign nor ours: the ledger says failed and why, the log has an error, and nothing is called', async () => {
    const { bench } = await lost()
    const before = changes(bench)
    const reason = expect.stringMatching(/^history says that ssofile granted it at .* the ledger lost its record/)
    expect(await bench.settle()).toMatchObject({ result: 'open', reason, links: [bench.link] })
    expect(await bench.entry()).toMatchObject({ state: 'failed', reason, links: [{ key: bench.link }] })
    expect(await bench.world.namedKeys('foreign/')).toEqual([])
    expect(bench.world.log.lines).toContainEqual(expect.objectContaining({ level: 'error' }))
    await bench.world.objects.delete(bench.link)
    expect(await bench.settle()).toMatchObject({ result: 'open', reason })
    expect(changes(bench)).toEqual(before)
    expect(await bench.history()).toEqual(['granted'])
  })

  test('is revoked as always once its object is restored', async () => {
    const { bench, entry } = await lost()
    await bench.settle()
    await bench.world.objects.put(bench.ledgerKey, entry)
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
    await bench.world.objects.delete(bench.link)
    expect(await bench.settle()).toMatchObject({ result: 'absent' })
    expect(await bench.history()).toEqual(['granted', 'revoked'])
  })

  test('is granted and recorded again once somebody removed it by hand, and history tells of both', async () => {
    const { bench } = await lost()
    await bench.settle()
    bench.world.ssoAdmin.removeAssignment(bench.target())
    await bench.world.clock.advance(settlingMs)
    expect(await bench.settle()).toMatchObject({ result: 'applied', owned: true })
    expect(await bench.history()).toEqual(['granted', 'revoked', 'granted'])
  })
})

describe('a ledger object whose old version is restored after its access was revoked', () => {
  const restored = async () => {
    const { bench } = await open()
    const entry = await body(bench)
    await bench.world.objects.delete(bench.link)
    await bench.settle()
    await bench.world.clock.advance(settlingMs)
    await bench.world.objects.put(bench.ledgerKey, entry)
    return bench
  }

  test('revokes nothing that somebody gave by hand since', async () => {
    const bench = await restored()
    bench.world.ssoAdmin.addAssignment(bench.target())
    const before = changes(bench)
    const reason = expect.stringMatching(/^history says that it ended at /)
    expect(await bench.settle()).toMatchObject({ result: 'open', reason, links: [bench.link] })
    expect(await bench.entry()).toMatchObject({ state: 'failed', reason })
    expect(changes(bench)).toEqual(before)
    bench.world.ssoAdmin.removeAssignment(bench.target())
    expect(await bench.settle()).toMatchObject({ result: 'absent' })
  })

  test('goes without a call where nobody did', async () => {
    const bench = await restored()
    const before = changes(bench)
    expect(await bench.settle()).toMatchObject({ result: 'absent' })
    expect(await bench.world.namedKeys('assignments/')).toEqual([])
    expect(changes(bench)).toEqual(before)
    expect(await bench.history()).toEqual(['granted', 'revoked'])
  })
})

test('access that somebody removed and put back before ssofile gave it again is left to them once its link is gone', async () => {
  const { bench } = await open()
  const { world } = bench
  await world.clock.advance(settlingMs)
  const missingSince = world.clock.now().toISOString()
  const known = await bench.entry()
  if (!known) throw new Error('the link is applied')
  const missed = { ...known, state: 'failed' as const, reason: 'somebody removed it', missingSince }
  await world.objects.put(bench.ledgerKey, JSON.stringify(missed))
  // ssofile told its end and prepared a creation, and then its link went: the entry is as it was before.
  const end = {
    event: 'revoked',
    at: missingSince,
    access: missed,
    confirmedAt: missingSince,
    reason: 'removed',
  } as const
  await recordHistory(world.objects, { key: bench.key, ...end })
  await world.objects.delete(bench.link)
  expect(await bench.settle()).toMatchObject({ result: 'open', reason: expect.stringContaining('minutes') })
  await world.clock.advance(settlingMs)
  await bench.settle()
  expect(await bench.entry()).toBeUndefined()
  expect(await world.namedKeys('foreign/')).toHaveLength(1)
  expect(await bench.history()).toEqual(['granted', 'revoked', 'foreign-found'])
})
