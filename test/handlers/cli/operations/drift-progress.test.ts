import { expect, test } from '@jest/globals'
import { DriftProgress } from '../../../../handlers/cli/operations/drift-progress.ts'
import { beginDriftRun, closeUnit } from '../../../../shared/reconcile/drift/drift-run.ts'
import { World } from '../../../world.ts'

const found = { checked: 2, missing: 0, foreign: 0, gone: 0, calls: 4 }
const until = '2026-03-03T10:04:00.000Z'

test('a drift check is followed until it has ended', async () => {
  const { ports } = new World()
  await beginDriftRun(ports, 'mine')
  const progress = new DriftProgress(ports, 'mine')
  expect(await progress.partsLeft()).toBe(1)
  await closeUnit(ports.objects, { run: 'mine', unit: 'whole' }, found)
  expect(await progress.partsLeft()).toBe(0)
  expect(await progress.line()).toBe(
    'drift check: 2 assignments checked, 0 missing, 0 foreign found, 0 foreign gone, 4 calls',
  )
})

test('where a newer drift check replaces it, that one is followed: what it finds counts', async () => {
  const { ports } = new World()
  await beginDriftRun(ports, 'mine')
  const progress = new DriftProgress(ports, 'mine')
  expect((await progress.standing()).isReplaced).toBe(false)
  await beginDriftRun(ports, 'hourly')
  expect((await progress.standing()).isReplaced).toBe(true)
  expect(await progress.partsLeft()).toBe(1)
  expect((await progress.standing()).undecided).toBeUndefined()
  await closeUnit(ports.objects, { run: 'hourly', unit: 'whole' }, { ...found, undecided: { count: 1, until } })
  expect(await progress.partsLeft()).toBe(0)
  expect((await progress.standing()).undecided).toEqual({ count: 1, until: new Date(until) })
  expect(await progress.line()).toMatch(/^drift check \(a newer one has replaced it\): 2 assignments checked/)
})

test('that somebody deleted what tells of it is told: nobody knows what it found', async () => {
  const { ports } = new World()
  await beginDriftRun(ports, 'mine')
  await ports.objects.delete('state/drift.json')
  const progress = new DriftProgress(ports, 'mine')
  expect(await progress.partsLeft()).toBeUndefined()
  expect((await progress.standing()).isReplaced).toBe(false)
  expect(await progress.line()).toMatch(/state\/drift.json is gone/)
  expect(await new DriftProgress(ports, undefined).partsLeft()).toBe(0)
})
