import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { LocalSystem } from '../local-system.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'
import { until } from '../until.ts'

const account = '200000000001'
const linkOf = (group: string) => `links_data/account%${account}%ReadOnly-ps%${group}%GROUP%ssofile`
const accessOf = (group: string) => `ReadOnly-ps%${group}%GROUP`
/** The schedule of every minute comes every six seconds; S3's clock, which expiry is judged by, is the machine's. */
const timeScale = 10
/** Four times that schedule: less than the five minutes of the sweep, and far less than an hour. */
const withinMs = 24_000

let system: LocalSystem
beforeAll(async () => {
  system = await LocalSystem.start({
    organization: smallOrganization({ groups: ['ending', 'beginning', 'failing'] }),
    timeScale,
  })
  await system.upload('permission_sets/ReadOnly-ps.json', permissionSetFile('ReadOnly-ps'))
  await system.untilStatus('permission_sets/ReadOnly-ps.json', 'applied')
})
afterAll(() => system.stop(), 60_000)

/** As somebody who may do everything does it, who has read that `state/` may be deleted at any time. */
async function loseState(): Promise<void> {
  await system.cli(['s3', 'rm', '--recursive', 's3://ssofile/state/'], { as: 'ssofile' })
}

describe('all of state/ is deleted', () => {
  test('and a link that ends, or begins, afterwards does so within a minute of its time', async () => {
    const soon = new Date(Date.now() + 12_000).toISOString()
    await system.upload(linkOf('ending'), JSON.stringify({ expiresAt: soon }))
    await system.upload(linkOf('beginning'), JSON.stringify({ notBefore: soon }), 'other')
    await system.untilStatus(linkOf('ending'), 'applied')
    await system.untilStatus(linkOf('beginning'), 'waiting')
    await system.untilQuiet()
    await loseState()
    expect(Date.now()).toBeLessThan(Date.parse(soon))
    const patience = { withinMs: withinMs + 12_000, tell: () => system.lastLogLines() }
    await until(
      'the end and the beginning',
      async () => {
        const states = [await system.status(linkOf('ending')), await system.status(linkOf('beginning'))]
        return states.map((status) => status?.state).join() === 'expired,applied' ? true : undefined
      },
      patience,
    )
    expect(await system.access.inAccount(account)).toEqual([accessOf('beginning')])
  })

  test('and what has to be tried again is tried within minutes, not within the hour', async () => {
    await system.upload(
      'permission_sets/Missing-ps.json',
      JSON.stringify({ permissionSetName: 'Missing-ps', customerManagedPoliciesList: [{ Name: 'Nowhere' }] }),
    )
    await system.untilStatus('permission_sets/Missing-ps.json', 'applied')
    const link = linkOf('failing').replace('ReadOnly-ps', 'Missing-ps')
    await fetch(`${system.url}/_ssofile/accounts/${account}/missing-policies/Nowhere`, { method: 'PUT' })
    await system.upload(link)
    await system.untilStatus(link, 'failed')
    await system.untilQuiet()
    await loseState()
    const key = (await system.recordKeyOf(link))?.replace('assignments/', '') ?? link
    await until(
      'the next retry',
      async () => ((await system.keys('state/open/')).some((open) => open.endsWith(key)) ? true : undefined),
      { withinMs, tell: () => system.lastLogLines() },
    )
  })
})
