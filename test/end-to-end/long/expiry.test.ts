import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { slowed } from '../../slowness.ts'
import { LocalSystem } from '../local-system.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'
import { until } from '../until.ts'

const account = '200000000001'
const linkOf = (group: string) => `links_data/account%${account}%ReadOnly-ps%${group}%GROUP%ssofile`
const accessOf = (group: string) => `ReadOnly-ps%${group}%GROUP`
/** The schedule of every minute, and what it takes to carry out what it finds. */
const patience = { withinMs: 120_000 }

let system: LocalSystem
beforeAll(async () => {
  system = await LocalSystem.start({
    organization: smallOrganization({ groups: ['ending', 'beginning', 'extended', 'shortened'] }),
  })
  await system.upload('permission_sets/ReadOnly-ps.json', permissionSetFile('ReadOnly-ps'))
  await system.untilStatus('permission_sets/ReadOnly-ps.json', 'applied')
})
afterAll(() => system.stop(), 60_000)

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000)

async function upload(group: string, body: object): Promise<void> {
  await system.upload(linkOf(group), JSON.stringify(body))
}

/** The same instant as somebody in Berlin in winter would write it. */
function berlin(at: Date): string {
  return `${new Date(at.getTime() + 3_600_000).toISOString().slice(0, -1)}+01:00`
}

async function hasAccess(group: string): Promise<boolean> {
  return (await system.access.inAccount(account)).includes(accessOf(group))
}

describe('a link with a time, on the local system', () => {
  test('that ends in seconds is expired within a minute of that, one that begins is applied, and new times count', async () => {
    const [soon, later] = [inSeconds(60), inSeconds(3600)]
    await upload('ending', { expiresAt: berlin(soon), reason: 'on call' })
    await upload('extended', { expiresAt: soon.toISOString() })
    await upload('shortened', { expiresAt: later.toISOString() })
    await upload('beginning', { notBefore: berlin(soon) })
    for (const group of ['ending', 'extended', 'shortened']) await system.untilStatus(linkOf(group), 'applied')
    expect((await system.untilStatus(linkOf('beginning'), 'waiting')).reason).toContain(soon.toISOString())
    expect(await hasAccess('beginning')).toBe(false)
    await upload('extended', { expiresAt: later.toISOString() })
    await upload('shortened', { expiresAt: soon.toISOString() })
    expect(Date.now()).toBeLessThan(soon.getTime())
    expect(await system.access.inAccount(account)).toEqual(['ending', 'extended', 'shortened'].map(accessOf))

    const states = async () =>
      Promise.all(
        ['ending', 'extended', 'shortened', 'beginning'].map(
          async (group) => (await system.status(linkOf(group)))?.state,
        ),
      )
    await until(
      'the end and the beginning',
      async () => (JSON.stringify(await states()) === '["expired","applied","expired","applied"]' ? true : undefined),
      { ...patience, tell: async () => `${await states()}\n${system.lastLogLines()}` },
    )
    expect(Date.now() - soon.getTime()).toBeLessThan(slowed(75_000))
    expect(await system.access.inAccount(account)).toEqual(['beginning', 'extended'].map(accessOf))
    expect(await system.history(`account%${account}%${accessOf('ending')}`)).toEqual(['granted', 'revoked'])
    expect(await system.history(`account%${account}%${accessOf('extended')}`)).toEqual(['granted', 'terms-changed'])
    expect(await system.keys('attention/')).toEqual([])
    expect((await system.status(linkOf('ending')))?.reason).toBe(`it expired at ${soon.toISOString()}`)
  })
})
