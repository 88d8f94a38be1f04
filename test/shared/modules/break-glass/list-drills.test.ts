import { expect, test } from '@jest/globals'
import { listDrills } from '../../../../shared/modules/break-glass/list-drills.ts'
import { World } from '../../../world.ts'

const call = { call: 'stop-trail', expected: 'refused', came: 'refused' }
const role = { role: 'BREAK-GLASS-administrator', account: '233000000001', assumedInMs: 5, calls: [call] }
const good = {
  v: 1,
  responder: 'bob',
  definition: 'example',
  startedAt: '2026-03-03T09:00:00.000Z',
  endedAt: '2026-03-03T09:05:00.000Z',
  roles: [role],
  alarm: { code: 'c', afterMs: 1 },
  isPassed: true,
}

/** Who has passed, by the records of the bucket. */
async function passedOf(key: string, record: object | string) {
  const { objects } = new World()
  await objects.put(key, typeof record === 'string' ? record : JSON.stringify(record))
  return (await listDrills(objects)).map(({ responder, isPassed }) => `${responder}: ${isPassed}`)
}

test('a drill counts under its own date and responder alone', async () => {
  expect(await passedOf('drills/2026-03-03/bob.json', good)).toEqual(['bob: true'])
  for (const key of ['drills/2026-03-03/alice.json', 'drills/2026-03-04/bob.json', 'drills/bob.json'])
    expect(await passedOf(key, good)).toEqual([])
  expect(await passedOf('drills/2026-03-03/bob.json', '{')).toEqual([])
})

test.each([
  ['no role', { roles: [] }],
  ['a role that was refused', { roles: [{ ...role, refusal: 'AccessDenied' }] }],
  ['a call that came out otherwise', { roles: [{ ...role, calls: [{ ...call, came: 'allowed' }] }] }],
  ['no alarm', { alarm: undefined }],
])('a drill with %s has not passed, whatever its record says', async (_, change) => {
  expect(await passedOf('drills/2026-03-03/bob.json', { ...good, ...change })).toEqual(['bob: false'])
})
