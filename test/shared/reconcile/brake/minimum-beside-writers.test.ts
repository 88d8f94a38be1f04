import { expect, test } from '@jest/globals'
import { assignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import { revocationAct } from '../../../../shared/domain/brake/act.ts'
import { emptyBrake } from '../../../../shared/domain/brake/brake-record.ts'
import type { AskMinimum } from '../../../../shared/reconcile/brake/ask-minimum.ts'
import { Brake } from '../../../../shared/reconcile/brake/brake.ts'
import { BrakeFile } from '../../../../shared/reconcile/brake/brake-file.ts'
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

async function change(world: World, access?: string): Promise<void> {
  const file = new BrakeFile(world.objects)
  const stored = await file.read()
  const at = world.clock.now().toISOString()
  const record = stored?.value ?? emptyBrake
  const leaving = access === undefined ? record.leaving : [...(record.leaving ?? []), { access, at }]
  await file.write({ ...record, leaving }, stored?.object.etag)
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

test('an answer of more than two minutes is asked for again, since access that is gone may have left the record', async () => {
  const { world, asked, brake } = open(async (at, times) => at.clock.sleep(times === 1 ? 130_000 : 1_000))
  await world.finish(brake.admit(actOf(1)))
  expect(asked).toHaveLength(2)
})
