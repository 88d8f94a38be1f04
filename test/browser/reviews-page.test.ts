import { tmpdir } from 'node:os'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Browser } from 'playwright-core'
import { localGroups } from '../../infra/local/serve-hosted-page.ts'
import type { LocalSystem } from '../end-to-end/local-system.ts'
import { startWithRequesters } from '../end-to-end/requesters.ts'
import { desktop, openAs, phone } from './acme-page.ts'
import { confirm, judge, row } from './judge-page.ts'
import { openBrowser } from './open-browser.ts'

const hostile = '<svg/onload="document.title=1">'
const account = '200000000002'
const linkOf = (set: string, user: string) =>
  `links_data/account%${account}%${set}%${encodeURIComponent(user)}%USER%ssofile`
const review = {
  reviewers: { named: ['ben'], fallback: ['approvers'] },
  lastsDays: 14,
  silence: { escalateDays: 7, means: 'not-done' },
}

let system: LocalSystem
let origin: string
let browser: Browser
beforeAll(async () => {
  browser = await openBrowser()
  ;({ system } = await startWithRequesters(['ben', 'cleo', 'dora', 'eve'], {
    for: { users: ['ben'] },
    permissionSets: [],
  }))
  await system.joinGroup('dora', localGroups.auditors[0])
  await system.upload('permission_sets/Read-ps.json', JSON.stringify({ permissionSetName: 'Read-ps' }), 'me')
  const links = [
    linkOf('Read-ps', 'cleo'),
    linkOf('Read-ps', 'eve'),
    linkOf('Read-ps', 'ben'),
    linkOf('Admin-ps', 'cleo'),
  ]
  for (const link of links) await system.upload(link)
  for (const link of links) await system.untilStatus(link, 'applied')
  await system.upload('reviews/quarter.json', JSON.stringify(review), 'governance')
  await system.untilStatus('reviews/quarter.json', 'applied')
  const health: unknown = await (await fetch(`${system.url}/_ssofile/health`)).json()
  origin = (health as { page: string }).page
}, 180_000)
afterAll(async () => {
  await browser?.close()
  await system?.stop()
}, 60_000)

const soon = { timeout: 60_000 }
test('a reviewer keeps several, revokes a privileged one, which ends, and an auditor prints the result', async () => {
  const ben = await openAs(browser, origin, 'ben', desktop, '#/reviews')
  await row(ben, 'cleo', 'Read-ps').waitFor(soon)
  await judge(ben, 'reviews-desktop')
  expect(await ben.getByRole('row').filter({ hasText: 'ben' }).count()).toBe(0)
  await row(ben, 'cleo', 'Read-ps').getByRole('checkbox').click()
  await row(ben, 'eve', 'Read-ps').getByRole('checkbox').click()
  await ben.getByRole('button', { name: 'Keep', exact: true }).click()
  await confirm(ben, 'Keep', { field: 'Comment', value: hostile })
  await row(ben, 'eve', 'Read-ps').waitFor({ state: 'detached', ...soon })
  await row(ben, 'cleo', 'Admin-ps').getByRole('checkbox').click()
  await ben.getByRole('button', { name: 'Revoke', exact: true }).click()
  await confirm(ben, 'Revoke')
  await system.untilGone(linkOf('Admin-ps', 'cleo'))

  for (const [name, options] of [
    ['phone', phone],
    ['dark', { ...desktop, colorScheme: 'dark' as const }],
    ['dark-phone', { ...phone, colorScheme: 'dark' as const }],
  ] as const) {
    const dora = await openAs(browser, origin, 'dora', options, '#/reviews/quarter')
    await row(dora, 'eve', 'Read-ps').waitFor(soon)
    await judge(dora, `review-${name}`)
    await dora.evaluate(() => {
      window.addEventListener('beforeprint', () => {
        document.title = `${document.querySelectorAll('.printed tbody tr').length} rows printed`
      })
    })
    await dora.pdf({ path: `${process.env.SSOFILE_PICTURES ?? tmpdir()}/review-${name}.pdf` })
    expect(await dora.title()).toBe('11 rows printed')
    await dora.evaluate(() => window.dispatchEvent(new Event('beforeprint')))
    await dora.emulateMedia({ media: 'print' })
    await dora.locator('.printed').getByText(hostile).first().waitFor(soon)
    expect(await dora.locator('#page').isVisible()).toBe(false)
    await judge(dora, `review-${name}-printed`)
    await dora.context().close()
  }
}, 240_000)
