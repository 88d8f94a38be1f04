import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import type { Browser, Page, Route } from 'playwright-core'
import { localGroups } from '../../infra/local/serve-hosted-page.ts'
import type { LocalSystem } from '../end-to-end/local-system.ts'
import { account, startWithRequesters } from '../end-to-end/requesters.ts'
import { desktop, openAs } from './acme-page.ts'
import { ask, judge, row } from './judge-page.ts'
import { openBrowser } from './open-browser.ts'

const eligibility = {
  for: { users: ['ana'] },
  permissionSets: ['Admin-ps'],
  scopes: [`account%${account}`],
  longest: 'PT8H',
  approvers: { groups: ['approvers'] },
}

let system: LocalSystem
let origin: string
let browser: Browser
const pages: Page[] = []
beforeAll(async () => {
  browser = await openBrowser()
  ;({ system } = await startWithRequesters(['ana', 'ben', 'cleo', 'dora'], eligibility))
  for (const group of [localGroups.auditors[0], localGroups.operators[0]]) await system.joinGroup('dora', group)
  const health: unknown = await (await fetch(`${system.url}/_ssofile/health`)).json()
  origin = (health as { page: string }).page
}, 180_000)
afterEach(async () => {
  for (const page of pages.splice(0)) await page.context().close()
})
afterAll(async () => {
  await browser?.close()
  await system?.stop()
}, 60_000)

async function open(user: string, hash = ''): Promise<Page> {
  const page = await openAs(browser, origin, user, desktop, hash)
  pages.push(page)
  return page
}

const broken = { status: 500, json: { message: 'the function failed', errors: [] } }
const refused = {
  status: 403,
  json: { message: 'refused', errors: [{ received: 'a question', expected: 'one that you may ask', remedy: 'ask' }] },
}
const claims = /\(0\)|nobody|nothing|no review|there is no|requested nothing|you have no|^None$|never|0 matches/i

/** Loads the view while the API answers so, and tells what the view says. */
async function show(page: Page, view: string, path: string, answerIt: (route: Route) => Promise<void>) {
  await page.route(`**/api/${path}**`, answerIt)
  await page.goto('about:blank')
  await page.goto(`${origin}/${view}`)
}
/** What the view says that there is not, in the part that was not read. */
async function said(page: Page, view: string): Promise<readonly string[]> {
  const claim = { past: /requested nothing/, trends: /there is no/i }[view] ?? claims
  return page.getByRole('main').getByText(claim).allTextContents()
}

const views = [
  ['who', '#/who?date=now', 'everybody', 'Nobody has access'],
  ['matrix', '#/who/matrix?date=now', 'everybody', undefined],
  ['person', '#/who/person%2Fben?date=now', 'everybody', undefined],
  ['changes', '#/changes', 'changes', undefined],
  ['reviews', '#/reviews', 'reviews', 'No review has begun.'],
  ['past', '#/access', 'history', undefined],
  ['trends', '#/operations/trends', 'trends', 'There is no nightly report yet.'],
] as const

test.each(views)(
  'the view %s says that it could not read, and nothing of what it did not read',
  async (name, view, path, nothing) => {
    const page = await open('dora')
    for (const answered of [broken, refused]) {
      await show(page, view, path, (route) => route.fulfill(answered))
      await page.getByText('It could not be read').first().waitFor()
      await judge(page, `unread-${name}-${answered.status}`)
      expect(await said(page, name)).toEqual([])
      await page.unroute(`**/api/${path}**`)
    }
    await page.getByRole('button', { name: 'Try again' }).first().click()
    await page.getByText('It could not be read').first().waitFor({ state: 'detached' })
    if (nothing !== undefined && name !== 'who') await page.getByText(nothing).waitFor()
  },
  120_000,
)

test('while an answer is slow, no view says that there is nothing', async () => {
  const page = await open('dora')
  for (const [name, view, path] of views) {
    await show(page, view, path, () => new Promise<void>(() => {}))
    const tab = page.getByRole('tab', { name: 'Trends', selected: true })
    await page.getByText('Reading…').or(tab).first().waitFor()
    if (name === 'who') await judge(page, 'slow-who')
    expect(await said(page, name)).toEqual([])
    await page.unroute(`**/api/${path}**`)
  }
}, 120_000)

test('half a list says that the rest is missing, and no number of people', async () => {
  const page = await open('dora')
  await show(page, `#/who/account%2F${account}?date=now`, 'members', (route) => route.fulfill(broken))
  await page.getByText('Members of groups: It could not be read').first().waitFor()
  await judge(page, 'half-account')
  expect(await page.getByText('Administrator-like').count()).toBe(0)
}, 60_000)

test('the first look that fails can be tried again, and an old answer says of when it is', async () => {
  const page = await open('dora', '#/operations')
  await show(page, '#/approvals', 'now', (route) => route.fulfill(broken))
  await page.getByRole('button', { name: 'Try again' }).waitFor()
  await judge(page, 'unread-first')
  await page.unroute('**/api/now**')
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByText('Nothing waits for your approval.').waitFor()
  await page.route('**/api/now**', (route) => route.fulfill(broken))
  await page.getByRole('button', { name: 'Refresh' }).click()
  await page
    .getByText(/^As of .*It could not be read/)
    .first()
    .waitFor()
  await judge(page, 'old-approvals')
}, 60_000)

test('whoever may not open a view is told so, and who may', async () => {
  const page = await open('cleo', '#/operations')
  await page.getByText('You may not see Operations.').waitFor()
  await page.getByText(`members of ${localGroups.operators[0]}`).waitFor()
  await judge(page, 'not-yours')
}, 60_000)

test('nobody approves before risk and present access are read, and the dialog repeats them', async () => {
  const ana = await open('ana', '#/request')
  await ask(ana, { hours: '1', reason: 'look' })
  await row(ana, 'Admin-ps', 'Waiting').waitFor({ timeout: 30_000 })
  const ben = await open('ben')
  const held = Promise.withResolvers<void>()
  await show(ben, '#/approvals', 'about', async (route) => {
    await held.promise
    await route.fulfill(broken)
  })
  await row(ben, 'ana').getByRole('checkbox').click()
  const approve = ben.getByRole('button', { name: 'Approve' })
  expect(await approve.getAttribute('aria-disabled')).toBe('true')
  held.resolve()
  await ben.getByText('It could not be read').first().waitFor()
  expect(await approve.getAttribute('aria-disabled')).toBe('true')
  await judge(ben, 'approve-unread')
  await ben.unroute('**/api/about**')
  await ben.getByRole('button', { name: 'Try again' }).click()
  await ben.getByText('Last requests').waitFor()
  await approve.click()
  const dialog = ben.getByRole('dialog')
  for (const text of ['Risk', 'Has there now', 'What it allows', '1 hour', 'Runs until'])
    await dialog.getByText(text).first().waitFor()
  await judge(ben, 'approve-dialog')
}, 120_000)
