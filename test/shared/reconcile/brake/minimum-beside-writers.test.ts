import { expect, test } from '@jest/globals'
import { assignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import { revocationAct } from '../../../../shared/domain/brake/act.ts'
import { type BrakeRecord, emptyBrake } from '../../../../shared/domain/brake/brake-record.ts'
import { defaultConfiguration } from '../../../../shared/domain/deployment/configuration.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import type { AskMinimum } from '../../../../shared/reconcile/brake/ask-minimum.ts'
import { Brake } from '../../../../shared/reconcile/brake/brake.ts'
import { BrakeFile } from '../../../../shared/reconcile/records/brake-file.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

const id = '11111111-2222-3333-4444-555555555555'
const keyOf = (account: number) => assignmentKey.parse(`account%20000000000${account}%Admin-ps%${id}%GROUP`)
const actOf = (account: number) =>
  revocationAct({ key: keyOf(account), links: [], cause: { cause: 'principal', name: 'GROUP/admins' } })

/** While the minimums are asked, `meanwhile` happens: reading for them takes longer than others wait. */
function open(meanwhile: (world: World, times: number) => Promise<void>) {
  const world = new World()
  const asked: (readonly string[])[] = []
  const minimums: AskMinimum = {
    judgeAll: async (takings, leaving) => {
      asked.push([...leaving])
      await meanwhile(world, asked.length)
      return takings.map(() => ({ isConcerned: true }))
    },
  }
  return { world, asked, brake: new Brake(world.ports, world.configuration, minimums) }
}

/** Set while a test itself writes the record. */
let isWriting = false

async function change(world: World, more: Partial<BrakeRecord> | string = {}): Promise<void> {
  const file = new BrakeFile(world.objects)
  const stored = await file.read()
  const at = world.clock.now().toISOString()
  const record = stored?.value ?? emptyBrake
  const { leaving = [], left = 0 } = record
  const changed = typeof more === 'string' ? { leaving: [...leaving, { access: more, at }], left: left + 1 } : more
  isWriting = true
  await file.write({ ...record, ...changed }, stored?.object.etag)
  isWriting = false
}

test('somebody who changes the record of the brake all the time does not keep a revocation waiting', async () => {
  const { world, asked, brake } = open((at) => change(at))
  const { outcome } = await world.finish(brake.admit(actOf(1)))
  expect([outcome, asked]).toEqual(['passes', [[]]])
})

test('the minimums are asked again only if other access that counts has begun to leave meanwhile', async () => {
  const { world, asked, brake } = open(async (at, times) => {
    if (times === 1) await change(at, keyOf(2))
  })
  const { outcome } = await world.finish(brake.admit(actOf(1)))
  expect([outcome, asked]).toEqual(['passes', [[], [keyOf(2)]]])
})

test('of two revocations at once the second is judged as if the access of the first were gone', async () => {
  const { world, asked, brake } = open(async (at) => at.clock.sleep(1_000))
  await world.finish(Promise.all([brake.admit(actOf(1)), brake.admit(actOf(2))]))
  expect(asked).toEqual([[], [], [keyOf(1)]])
})

test('an answer that took long counts, and one from before other access left and was gone does not', async () => {
  const slow = open((world) => world.clock.sleep(10 * 60_000))
  await slow.world.finish(slow.brake.admit(actOf(1)))
  expect(slow.asked).toHaveLength(1)
  const { world, asked, brake } = open(async (at, times) => {
    // Another access leaves, is gone, and is forgotten by the record while the first answer is found.
    if (times === 1) await change(at, { left: 1 })
  })
  await world.finish(brake.admit(actOf(1)))
  expect(asked).toHaveLength(2)
})

test('what a lost write found out is forgotten', async () => {
  let isFirst = true
  const world: World = new World({
    configuration: { brake: defaultConfiguration.brake },
    wrap: (ports) =>
      intercept(ports, async ({ operation, args: [key], proceed }) => {
        // Somebody else changes the record just before: the window of the folder is over then.
        if (operation === 'put' && key === 'control/brake.json' && !isWriting && isFirst) {
          isFirst = false
          await world.clock.advance(16 * 60_000)
          await change(world, { lists: [] })
        }
        return proceed()
      }),
  })
  const { key, links, cause } = { key: keyOf(1), links: ['links_data/team-a/one'], cause: undefined }
  const brake = new Brake(world.ports, world.configuration, {
    judgeAll: async ([one]) => (one ? [{ isConcerned: true }] : []),
  })
  isFirst = false
  await world.finish(brake.admit(revocationAct({ key: keyOf(2), links: ['links_data/team-a/two'], cause: undefined })))
  isFirst = true
  const { outcome } = await world.finish(brake.admit(revocationAct({ key, links, cause })))
  const record = (await new BrakeFile(world.objects).read())?.value
  expect([outcome, isFirst]).toEqual(['passes', false])
  expect(record?.leaving?.map(({ access }) => access)).toContain(key)
  expect(record?.windows.flatMap(({ counted }) => counted)).toContain('links_data/team-a/one')
})

test('of several leavers of a rule each is judged as if those before had left, with one question for all', async () => {
  const world = new World()
  const asked: string[][] = []
  const minimums: AskMinimum = {
    judgeAll: async (takings) => {
      asked.push(takings.map((one) => ('item' in one ? one.item : '')))
      return takings.map((_, nth) => ({
        isConcerned: true,
        ...(nth === 2 && { objection: { account: '200000000001', objection: 'the last one' } }),
      }))
    },
  }
  const brake = new Brake(world.ports, world.configuration, minimums)
  const items = ['a', 'b', 'c'].map((name) => `oncall%${name}`)
  const membership = { group: principalId.parse(id), user: principalId.parse(id) }
  const leaving = items.map((item) => ({ membership, item }))
  const all = [...items, ...Array.from({ length: 20 }, (_, nth) => `oncall%other-${nth}`)]
  const answer = await world.finish(brake.admitLeavers({ group: 'oncall', leaving, all, staying: [] }))
  expect(asked).toEqual([items])
  expect([...answer.held]).toEqual(['oncall%c'])
})
