import { expect, test } from '@jest/globals'
import { EligibilityFiles } from '../../../../shared/modules/requests/eligibility-files.ts'
import { type EligibleQuestion, findEligible } from '../../../../shared/modules/requests/find-eligible.ts'
import { People } from '../../../../shared/modules/requests/people.ts'
import { World } from '../../../world.ts'

const base = {
  permissionSets: ['*-ps'],
  scopes: ['root%all'],
  longest: 'PT8H',
  approvers: { groups: ['team-Platform'] },
}
const kenji = 'kenji.ito@acme.example'

async function ask(question: (world: World) => EligibleQuestion) {
  const world = new World()
  const put = (name: string, file: object) => world.objects.put(`eligibility/${name}.json`, JSON.stringify(file))
  await put('by-group', { ...base, for: { groups: ['team-Accountants'] } })
  await put('by-name', { ...base, for: { users: [kenji] }, permissionSets: ['Billing-*'] })
  await put('others', { ...base, for: { groups: ['team-Web'] } })
  await put('spoiled', { for: {} })
  const id = (type: 'GROUP' | 'USER', name: string) => world.identityStore.idOf(type, name) ?? ''
  await world.identityStore.createGroupMembership(id('GROUP', 'team-Accountants'), id('USER', kenji)).catch(() => {})
  const people = new People(world.identityStore, world.clock, '')
  const files = new EligibilityFiles(world.ports)
  const { eligible, broken } = await world.finish(findEligible(question(world), { files, people }))
  return { names: eligible.map(({ name }) => name), broken }
}

const ofKenji = (world: World) => {
  const id = world.identityStore.idOf('USER', kenji)
  if (id === undefined) throw new Error(`there is no ${kenji}`)
  return { id, name: kenji }
}

test('a person is eligible by name and through groups, and what cannot be used is named', async () => {
  expect(await ask((world) => ({ user: ofKenji(world) }))).toEqual({
    names: ['by-group', 'by-name'],
    broken: ['spoiled'],
  })
})

test('an eligibility is found by group and by permission set', async () => {
  expect((await ask(() => ({ group: 'team-Web' }))).names).toEqual(['others'])
  expect((await ask(() => ({ permissionSet: 'Data-ps' }))).names).toEqual(['by-group', 'others'])
})
