import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { LocalSystem } from '../local-system.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'

const account = '200000000001'
const set = 'Pay-ps'
const linkOf = (user: string) => `links_data/account%${account}%${set}%${user}%USER%ssofile`
const policy = {
  contact: 'the platform team',
  minimums: [
    {
      ...{ id: 'kept', control: 'AC-6', mode: 'enforce' },
      ...{ for: { permissionSets: [set] }, must: { peopleLeast: 1 } },
    },
  ],
}
const eligibility = {
  for: { users: ['ben'] },
  permissionSets: [set],
  scopes: [`account%${account}`],
  longest: 'PT8H',
  approvers: { users: ['ana'] },
}

let system: LocalSystem
const ids = new Map<string, string>()
beforeAll(async () => {
  system = await LocalSystem.start({ organization: smallOrganization({ users: ['ana', 'ben'] }) })
  for (const user of ['ana', 'ben']) ids.set(user, await system.userId(user))
  await system.upload('policies/people.json', JSON.stringify(policy), 'governance')
  await system.upload('eligibility/pay.json', JSON.stringify(eligibility), 'governance')
  await system.upload(`permission_sets/${set}.json`, permissionSetFile(set))
  await system.upload(linkOf('ana'))
  await system.untilStatus(linkOf('ana'), 'applied')
})
afterAll(() => system.stop(), 60_000)

/** A policy counts after five seconds, and a changed membership within a minute: nothing here asks sooner. */
test('the last standing person keeps it beside somebody who has it for a while, and that ends all the same', async () => {
  const request = `requests/${ids.get('ben')}/${linkOf('ben').slice('links_data/'.length)}`
  await system.upload(request, JSON.stringify({ duration: 'PT1H' }), 'ssofile')
  const { request: asked } = await system.untilStatus(request, 'waiting')
  const approval = `approvals/${ids.get('ana')}/${asked?.digest}`
  await system.upload(approval, JSON.stringify({ decision: 'approve' }), 'ssofile')
  await system.untilStatus(linkOf('ben').replace('links_data/', 'links_data/temporary/'), 'applied')
  expect(await system.access.inAccount(account)).toEqual([`${set}%ana%USER`, `${set}%ben%USER`])
  await system.remove(linkOf('ana'))
  const { reason } = await system.untilStatus(linkOf('ana'), 'held')
  expect(reason).toContain("it has nobody who would keep 'Pay-ps'")
  await system.remove(request, 'ssofile')
  await system.untilGone(request)
  await system.untilQuiet()
  expect(await system.access.inAccount(account)).toEqual([`${set}%ana%USER`])
})
