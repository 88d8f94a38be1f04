import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { World } from '../world.ts'

const billing = readFileSync(new URL('../../fixtures/acme/permission_sets/Billing-ps.json', import.meta.url))
const link = 'account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile'

describe('the main job', () => {
  test('a link and a permission set become access, with ledger, history and status beside them', async () => {
    const world = new World().start()
    await world.objects.put('permission_sets/Billing-ps.json', billing)
    await world.objects.as('maria').put(`links_data/${link}`, '')
    await world.until(async () => (await world.json(`status/links_data/${link}.json`))?.state === 'applied', 'applied')
    expect(await world.namedKeys('assignments/')).toEqual([`assignments/${link}`])
    expect(await world.json(`assignments/${link}`)).toMatchObject({
      state: 'granted',
      links: [{ key: `links_data/${link}`, by: { principalId: 'AWS:maria' } }],
    })
    expect(await world.keys('history/account')).toEqual([expect.stringMatching(/%granted\.json$/)])
    expect(await world.keys('attention/')).toEqual([])
    const ofFile = 'status/permission_sets/Billing-ps.json.json'
    await world.until(async () => (await world.json(ofFile))?.state === 'applied', 'permission set applied')
    await world.objects.as('lars').delete(`links_data/${link}`)
    await world.until(async () => (await world.keys('status/links_data/')).length === 0, 'status removed')
    expect(await world.namedKeys('assignments/')).toEqual([])
    expect((await world.keys('history/account')).map((key) => key.split('%').at(-1))).toEqual([
      'granted.json',
      'revoked.json',
    ])
    const revoked = (await world.keys('history/account')).find((key) => key.endsWith('%revoked.json')) ?? ''
    expect(await world.json(revoked)).toMatchObject({
      links: [{ by: { principalId: 'AWS:maria' }, deletedBy: { principalId: 'AWS:lars' } }],
    })
    expect(world.errors).toEqual([])
    expect(world.log.lines.filter(({ level }) => level !== 'info')).toEqual([])
  })
})
