import { tmpdir } from 'node:os'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pLimit from 'p-limit'
import type { Browser, Locator, Page } from 'playwright-core'
import { localGroups } from '../../infra/local/serve-hosted-page.ts'
import type { LocalSystem } from '../end-to-end/local-system.ts'
import { startWithRequesters } from '../end-to-end/requesters.ts'
import { desktop, openAs } from './acme-page.ts'
import { confirm, judge, judgeLook, row } from './judge-page.ts'
import { openBrowser } from './open-browser.ts'

const hostile = '<svg/onload="document.title=1">'
const account = '200000000002'
const linkOf = (set: string, user: string) =>
  `links_data/account%${account}%${set}%${encodeURIComponent(user)}%USER%ssofile`
const review = {
  reviewers: { named: { users: ['ben'] }, fallback: { groups: ['approvers'] } },
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
  const panel = ben.getByRole('region', { name: 'Privileged items, one by one' })
  await panel.getByText(/1 of \d, not decided/).waitFor()
  while (!(await panel.getByText(/Admin-ps for cleo/).isVisible()))
    await panel.getByRole('button', { name: 'Next (n)' }).click()
  await panel.getByRole('button', { name: 'Revoke (r)' }).click()
  await panel.getByRole('button', { name: 'Decide 1 item (d)' }).click()
  await confirm(ben, 'Decide')
  await system.untilGone(linkOf('Admin-ps', 'cleo'))

  const auditor = await openAs(browser, origin, 'dora', desktop, '#/reviews')
  await row(auditor, 'quarter', 'Open').waitFor(soon)
  await judge(auditor, 'reviews-auditor')
  await ben.context().close()
  await auditor.goto(`${origin}/#/reviews/quarter`)
  await row(auditor, 'eve', 'Read-ps').waitFor(soon)
  await judge(auditor, 'review')
  await auditor.evaluate(() => {
    window.addEventListener('beforeprint', () => {
      document.title = `${document.querySelectorAll('.printed tbody tr').length} rows printed`
    })
  })
  await auditor.pdf({ path: `${process.env.SSOFILE_PICTURES ?? tmpdir()}/review.pdf` })
  expect(await auditor.title()).toBe('11 rows printed')
  await auditor.evaluate(() => window.dispatchEvent(new Event('beforeprint')))
  await auditor.emulateMedia({ media: 'print' })
  await auditor.locator('.printed').getByText(hostile).first().waitFor(soon)
  expect(await auditor.locator('#page').isVisible()).toBe(false)
  for (const colorScheme of ['light', 'dark'] as const) {
    await auditor.emulateMedia({ media: 'print', colorScheme })
    await judgeLook(auditor, `review-printed-${colorScheme}`)
  }
  await auditor.context().close()
}, 240_000)

const numbered = (count: number) => Array.from({ length: count }, (_, nth) => nth)
/** A run of links that others deleted meanwhile: nothing but the page is asked for so many. `said`, `asked`: more of the nth subject and item. */
async function beginReview(
  name: string,
  count: number,
  said: (nth: number) => object = () => ({}),
  asked: (nth: number) => object = () => ({}),
): Promise<void> {
  const run = new Date().toISOString()
  const terms = { ...review, keeps: 1, remindDays: [] }
  const fallback = [{ type: 'USER', id: await system.userId('ben'), name: 'ben' }]
  const about = { v: 1, phase: 'open', run, terms, fallback, etag: 'e', items: count, hash: 'h' }
  const access = {
    kind: 'link',
    scope: `account%${account}`,
    accounts: [account],
    permissionSet: 'Read-ps',
    type: 'USER',
    isPrivileged: false,
  }
  const put = (key: string, said: object) =>
    system.upload(`review-results/${name}/${key}`, JSON.stringify(said), 'ssofile')
  const limit = pLimit(16)
  const items = await limit.map(numbered(count), async (nth) => {
    const principal = `user-${String(nth).padStart(4, '0')}`
    const digest = nth.toString(16).padStart(32, '0')
    const subject = { ...access, principal, file: { key: linkOf('Read-ps', principal), etag: 'e' }, ...said(nth) }
    const item = { digest, subject, reviewers: [], ...asked(nth) }
    await put(`${run}/items/${digest}.json`, item)
    return item
  })
  await put(`${run}/manifest.json`, { items })
  await put('run.json', about)
}

/** Moves the focus as a person without a mouse does. Answers how many times that person presses the key. */
async function tabTo(page: Page, target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<number> {
  for (let pressed = 0; pressed < 80; pressed++) {
    if (await target.evaluate((element) => element === document.activeElement)) return pressed
    await page.keyboard.press(key)
  }
  throw new Error(`80 times ${key} do not lead to ${target}`)
}

test('a reviewer finishes 60 items, 20 of them privileged, by the keyboard alone, in at most 70 actions', async () => {
  await system.remove('reviews/quarter.json', 'governance')
  await system.untilGone('reviews/quarter.json')
  const userId = await system.userId('cleo')
  const dora = { type: 'USER', id: await system.userId('dora'), name: 'dora' }
  const fallback = [{ type: 'USER', id: await system.userId('ben'), name: 'ben' }]
  await beginReview(
    'sixty',
    60,
    (nth) => ({
      since: `2024-0${(nth % 9) + 1}-11T08:00:00Z`,
      ...(nth % 3 === 0 && { lastUsed: '2025-11-03T08:00:00Z' }),
      ...(nth < 20 && { isPrivileged: true, permissionSet: 'Admin-ps', principalId: userId }),
    }),
    (nth) => (nth === 4 ? { reviewers: [dora], revokers: fallback } : {}),
  )
  const ben = await openAs(browser, origin, 'ben', desktop, '#/reviews')
  const panel = ben.getByRole('region', { name: 'Privileged items, one by one' })
  await panel.getByText('20 left of 20').waitFor(soon)
  await judge(ben, 'review-one-by-one')
  // A letter in a field is a letter.
  await ben.getByPlaceholder(/Find by person/).focus()
  await ben.keyboard.type('kr')
  await ben.keyboard.press('Escape')
  expect(await panel.getByText('20 left of 20').isVisible()).toBe(true)
  await ben.reload()
  await panel.getByText('20 left of 20').waitFor(soon)

  let actions = 0
  const press = async (key: string) => {
    actions += 1
    await ben.keyboard.press(key)
  }
  const go = async (target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab') => {
    actions += await tabTo(ben, target, key)
  }
  const dialog = ben.getByRole('dialog')
  for (const nth of numbered(20)) {
    await panel.getByText(`${nth + 1} of 20, not decided`).waitFor()
    const mayKeep = await panel.getByRole('button', { name: 'Keep (k)' }).isEnabled()
    expect(mayKeep).toBe(nth !== 4)
    await press(nth % 4 === 0 ? 'r' : 'k')
  }
  await panel.getByText('0 left of 20').waitFor()
  await press('d')
  await dialog.getByText('Revoke at once (5)').waitFor()
  await judge(ben, 'review-one-by-one-question')
  await go(dialog.getByRole('button', { name: 'Decide', exact: true }))
  await press('Enter')
  await panel.waitFor({ state: 'detached', ...soon })
  await go(ben.getByRole('checkbox', { name: 'select all' }))
  await press('Space')
  await go(ben.getByRole('button', { name: 'Keep', exact: true }), 'Shift+Tab')
  await press('Enter')
  await go(dialog.getByRole('button', { name: 'Keep', exact: true }))
  await press('Enter')
  await ben.getByText('Nothing waits for your decision.').waitFor(soon)
  const decided = await system.keys(`decisions/${await system.userId('ben')}/sixty/`)
  expect(decided.filter((key) => key.endsWith('%revoke'))).toHaveLength(5)
  expect(decided).toHaveLength(60)
  expect(actions).toBeLessThanOrEqual(70)
  await ben.context().close()
}, 240_000)

test('of 5,000 items a filter finds some, and the keyboard alone keeps several', async () => {
  await beginReview('large', 5_000)
  const ben = await openAs(browser, origin, 'ben', desktop, '#/reviews/large')
  await row(ben, 'user-0000').waitFor(soon)
  await judge(ben, 'review-large')
  const filter = ben.getByPlaceholder(/Find by person/)
  await tabTo(ben, filter)
  const began = Date.now()
  await ben.keyboard.type('user-499')
  await ben.keyboard.press('Enter')
  await ben.keyboard.press('Escape')
  await row(ben, 'user-4999').waitFor()
  await row(ben, 'user-0000').waitFor({ state: 'detached' })
  expect(Date.now() - began).toBeLessThan(5_000)
  for (const user of ['user-4990', 'user-4991']) {
    await tabTo(ben, row(ben, user).getByRole('checkbox'))
    await ben.keyboard.press('Space')
  }
  await tabTo(ben, ben.getByRole('button', { name: 'Keep', exact: true }), 'Shift+Tab')
  await ben.keyboard.press('Enter')
  const dialog = ben.getByRole('dialog')
  await tabTo(ben, dialog.getByRole('textbox', { name: 'Comment' }))
  await ben.keyboard.type('needed')
  await judge(ben, 'review-large-question')
  await tabTo(ben, dialog.getByRole('button', { name: 'Keep', exact: true }))
  await ben.keyboard.press('Enter')
  await row(ben, 'user-4990', 'needed').waitFor(soon)
  await row(ben, 'user-4991', 'needed').waitFor(soon)
  expect(await system.keys(`decisions/${await system.userId('ben')}/large/`)).toHaveLength(2)
}, 240_000)
