import { expect, test } from '@jest/globals'
import { account, GuardedPeople, linkOf } from '../../reconcile/assignments/guarded-people.ts'

const pay = linkOf('Pay-ps', 'payers')
const other = linkOf('Pay-ps', 'approvers')
const rule = { id: 'r', control: 'AC-6', mode: 'enforce' }

async function open(): Promise<GuardedPeople> {
  const people = new GuardedPeople()
  await people.join('payers', 'ana')
  await people.join('approvers', 'ben')
  await people.upload(pay)
  await people.govern({ minimums: [{ ...rule, for: { permissionSets: ['Pay*'] }, must: { peopleLeast: 1 } }] })
  return people
}

test('a plan that leaves nobody says so, with the rule', async () => {
  const people = await open()
  expect((await people.plan([], [pay])).minimums).toEqual([
    `it has nobody who would keep 'Pay*' in account ${account}, expected at least 1 person (rule 'r' of policies/a.json, control 'AC-6'); give it to somebody else first, or ask Ann`,
  ])
})

test('a plan that gives it to somebody else at the same time leaves that one', async () => {
  const people = await open()
  expect((await people.plan([other], [pay])).minimums).toEqual([])
})

test('a group without members is nobody', async () => {
  const people = await open()
  expect((await people.plan([linkOf('Pay-ps', 'readers')], [pay])).minimums).toHaveLength(1)
})

test('temporary access is nobody: it ends by itself', async () => {
  const people = await open()
  await people.letAsk()
  await people.ask('ben')
  expect(await people.assigned()).toEqual(['Pay-ps ben', 'Pay-ps payers'])
  expect((await people.plan([], [pay])).minimums).toHaveLength(1)
})
