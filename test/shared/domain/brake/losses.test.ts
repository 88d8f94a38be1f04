import { expect, test } from '@jest/globals'
import { type BrakeRecord, emptyBrake } from '../../../../shared/domain/brake/brake-record.ts'
import { judgeLosses } from '../../../../shared/domain/brake/judge-act.ts'
import { releaseHeld } from '../../../../shared/domain/brake/releases.ts'
import { defaultConfiguration } from '../../../../shared/domain/deployment/configuration.ts'

const at = (minutes: number) => ({
  limits: defaultConfiguration.brake,
  now: new Date(Date.parse('2026-03-03T10:00:00Z') + minutes * 60_000),
})
const judge = (brake: BrakeRecord, losses: readonly string[], minutes = 0) => judgeLosses(brake, losses, at(minutes))

test('each loss is held, on one list that is what the file asks for now', () => {
  const first = judge(emptyBrake, ['remove B', 'remove A'])
  expect(first.list).toMatchObject({ rule: 'attributes', items: ['remove A', 'remove B'], limit: 0 })
  expect(judge(first.brake, ['remove B', 'remove A'], 5).brake).toBe(first.brake)
  const other = judge(first.brake, ['remove C'], 5)
  expect(other.brake.lists).toEqual([{ ...other.list, items: ['remove C'] }])
  expect(judge(other.brake, [], 6)).toEqual({ brake: { ...emptyBrake, lists: [] }, list: undefined })
})

test('a release lets exactly what the list had go, for an hour', () => {
  const { brake, list } = judge(emptyBrake, ['remove A'])
  if (list === undefined) throw new Error('it is not held')
  const released = releaseHeld(brake, list, { at: at(1).now, digest: 'd', by: 'ops' })
  expect(judge(released, ['remove A'], 60).list).toBeUndefined()
  expect(judge(released, ['change A from x to y', 'remove A'], 60).list?.items).toEqual(['change A from x to y'])
  expect(judge(released, ['remove A'], 61).list?.items).toEqual(['remove A'])
})
