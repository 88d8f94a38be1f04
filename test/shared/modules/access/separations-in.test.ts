import { expect, test } from '@jest/globals'
import { GuardedPeople, linkOf } from '../../reconcile/assignments/guarded-people.ts'

const pay = linkOf('Pay-ps', 'payers')
const approve = linkOf('Approve-ps', 'approvers')
const must = { notTogether: [['Pay*'], ['Approve*']] }

async function open(...links: readonly string[]): Promise<GuardedPeople> {
  const people = new GuardedPeople()
  for (const group of ['payers', 'approvers']) await people.join(group, 'ana')
  await people.upload(...links)
  await people.govern({ separations: [{ id: 'r', control: 'AC-5', mode: 'enforce', must }] })
  return people
}

test('a plan refuses what somebody would have together with what is there, in the words of the status', async () => {
  const people = await open(pay)
  const { grants, idleLinks } = await people.plan([approve])
  expect(grants).toEqual([])
  await people.upload(approve)
  const { state, reason, remedy } = (await people.status(approve)) ?? {}
  expect(idleLinks).toEqual([{ key: approve, state, reason, remedy }])
})

test('of two new links that nobody may have together, a plan grants one', async () => {
  const people = await open()
  const { grants, idleLinks } = await people.plan([pay, approve])
  expect([grants.length, idleLinks.map(({ state }) => state)]).toEqual([1, ['rejected']])
})
