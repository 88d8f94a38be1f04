import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { localGroups } from '../../infra/local/serve-hosted-page.ts'
import { defaultConfiguration } from '../../shared/domain/deployment/configuration.ts'
import type { LocalSystem } from '../end-to-end/local-system.ts'
import { account, startWithRequesters } from '../end-to-end/requesters.ts'
import { until } from '../end-to-end/until.ts'
import { desktop, openAs as open, phone } from './acme-page.ts'
import { ask, choose, confirm, judge, picture, row } from './judge-page.ts'
import { openBrowser } from './open-browser.ts'

const hostile = '<svg/onload="document.title=1">'
const users = ['ana', 'ben', 'cleo', 'dora', hostile] as const
const eligibility = {
  description: 'on-call',
  for: { users: ['ana', hostile] },
  permissionSets: ['Admin-ps', 'Read*'],
  scopes: [`account%${account}`],
  longest: 'PT8H',
  approvers: { groups: ['approvers'] },
  needs: ['reason'],
}

/** One link that is withdrawn passes, for as long as this file runs; what is withdrawn after it is held. */
const brakeOfLinks = { count: 1, percent: 0, minutes: 24 * 60 }
const passes = `links_data/account%${account}%Admin-ps%approvers%GROUP%ssofile`

let system: LocalSystem
let origin: string
let browser: Browser
const pages: Page[] = []
beforeAll(async () => {
  browser = await openBrowser()
  const configuration = { brake: { ...defaultConfiguration.brake, own: brakeOfLinks } }
  ;({ system } = await startWithRequesters(users, eligibility, configuration))
  const set = { permissionSetName: 'Admin-ps', description: 'administers the account' }
  await system.upload('permission_sets/Admin-ps.json', JSON.stringify(set), 'me')
  await system.upload('permission_sets/Read-ps.json', JSON.stringify({ permissionSetName: 'Read-ps' }), 'me')
  await system.upload(passes)
  await system.untilStatus(passes, 'applied')
  await system.remove(passes)
  await system.untilGone(passes)
  await system.joinGroup('dora', localGroups.operators[0])
  await system.joinGroup('dora', localGroups.auditors[0])
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

/** Opens an address of the page, and closes it after the test. */
async function openAs(user: string, options: BrowserContextOptions = desktop, hash = ''): Promise<Page> {
  const page = await open(browser, origin, user, options, hash)
  pages.push(page)
  return page
}

const soon = { timeout: 30_000 }

test('a request on a phone is approved by its link, its access comes, is extended and ends, seen on both pages without loading them again', async () => {
  const ana = await openAs('ana', phone)
  await picture(ana, 'phone-first')
  await ana.getByRole('link', { name: 'Request access: admin' }).click()
  await ana.getByText('1 approval from approvers.').waitFor()
  await ask(ana, { set: 'Admin-ps', hours: '4', reason: 'disk of the database' })
  await row(ana, 'Admin-ps', 'Waiting').waitFor(soon)
  await picture(ana, 'phone-waiting')
  const { digest } = (await system.untilStatus(await requestOf('ana', 'Admin-ps'), 'waiting')).request ?? {}

  const ben = await openAs('ben', desktop, `#/approvals/${digest}`)
  await ben.getByText('administers the account').waitFor()
  await ben.getByText('Requester-ps').waitFor()
  await picture(ben, 'desktop-approve')
  await ben.getByRole('button', { name: 'Approve' }).click()
  await confirm(ben, 'Approve', { field: 'Comment', value: 'go on' })
  await ben.getByText('Nothing waits for your approval.').waitFor(soon)
  await row(ana, 'Admin-ps', 'ends in').waitFor(soon)
  await ana
    .getByRole('link', { name: /as Admin-ps in the access portal/ })
    .nth(1)
    .waitFor({ timeout: 60_000 })
  await picture(ana, 'phone-granted')

  const extend = async (end: string, reason: string) => {
    await ana.getByRole('button', { name: /^Extend/ }).click()
    await choose(ana, 'New end', end)
    await picture(ana, 'phone-extend')
    await ask(ana, { reason })
  }
  await extend('\\+1 hour', 'not done yet')
  await row(ana, 'Admin-ps', 'goes on until').waitFor(soon)
  await ana.getByRole('button', { name: /^Withdraw extension/ }).click()
  await confirm(ana, 'Withdraw extension')
  await row(ana, 'Admin-ps', 'ends in').waitFor(soon)
  await extend('\\+2 hours', 'still not done')
  await row(ana, 'Admin-ps', 'goes on until').waitFor(soon)
  await row(ben, 'ana', 'still not done').getByRole('checkbox').click({ timeout: 30_000 })
  await ben.getByText('Last requests').waitFor()
  await ben.getByRole('button', { name: 'Approve' }).click()
  await ben.getByRole('dialog').getByText('Runs afterwards until').waitFor()
  await confirm(ben, 'Approve')
  await row(ana, 'Admin-ps', 'ends in').waitFor(soon)
  await ana.getByRole('button', { name: /^End now/ }).click()
  await confirm(ana, 'End now')
  await ana.getByText('You have no temporary access').waitFor(soon)
  await ana.getByText('Ended early').first().waitFor(soon)
}, 240_000)

async function requestOf(user: string, permissionSet: string): Promise<string> {
  return `requests/${await system.userId(user)}/account%${account}%${permissionSet}%${user}%USER%ssofile`
}

test('a first visit shows words before the style and the script of the page have come', async () => {
  const page = await openAs('ana', desktop)
  await page.route('**/files/*', () => {})
  await page.reload({ waitUntil: 'commit' })
  await page.getByText('ssofile is loading').waitFor()
  await picture(page, 'first-visit')
  await page.unrouteAll({ behavior: 'ignoreErrors' })
})

test('nothing stands in the way of anybody who asks or approves', async () => {
  const page = await openAs(hostile)
  await judge(page, 'view')
  await page.getByRole('link', { name: 'Request access: admin' }).click()
  await page.getByRole('button', { name: 'Request access', exact: true }).click()
  await page.getByText('Write the reason: this access needs one.').waitFor()
  await page.getByText('Choose one permission set').waitFor()
  await judge(page, 'ask')
  await ask(page, { set: 'Read-ps', hours: '1', reason: 'look' })
  await row(page, 'Read-ps', 'Waiting').waitFor(soon)
  expect(await page.title()).toBe('My access · ssofile')
  const ben = await openAs('ben', desktop, '#/approvals')
  await row(ben, '<svg').getByRole('checkbox').click()
  await ben.getByText('Last requests').waitFor()
  await judge(ben, 'approvals')
  await ben.getByRole('button', { name: 'Deny' }).click()
  await judge(ben, 'deny')
  await ben.keyboard.press('Escape')
  await page.getByRole('button', { name: /^Withdraw/ }).click()
  await judge(page, 'withdraw')
  await confirm(page, 'Withdraw')
  await page.getByText('You have no temporary access').waitFor(soon)
}, 120_000)

test('a request is made and decided by the keyboard alone', async () => {
  const page = await openAs('ana', desktop, '#/request')
  const press = async (...keys: readonly string[]) => {
    for (const key of keys) await page.keyboard.press(key)
  }
  await page.getByRole('button', { name: /^Account/ }).focus()
  await press('Tab', 'Enter', 'ArrowDown', 'Enter', 'Tab')
  await press('Control+a', '2', 'Tab')
  await page.keyboard.type('by keyboard')
  await press('Tab', 'Tab', 'Enter')
  await row(page, 'by keyboard', 'Waiting').waitFor(soon)
  const ben = await openAs('ben', desktop, '#/approvals')
  await row(ben, 'by keyboard').getByRole('checkbox').focus()
  await ben.keyboard.press('Space')
  await ben.getByRole('button', { name: 'Deny' }).focus()
  await ben.keyboard.press('Enter')
  await ben.getByRole('dialog').getByRole('textbox').waitFor()
  await ben.getByRole('dialog').getByRole('button', { name: 'Deny', exact: true }).focus()
  await ben.keyboard.press('Enter')
  await ben.getByText('Nothing waits for your approval.').waitFor(soon)
  await page.getByText('Refused').first().waitFor(soon)
}, 120_000)

/** The brake holds what is withdrawn: the first withdrawal, which passes, was in `beforeAll`. */
async function withdraw(links: readonly string[], held: number): Promise<void> {
  await system.removeAll(links)
  const isHeld = async () => {
    const { lists } = (await system.json('control/brake.json')) ?? {}
    return Array.isArray(lists) && lists[0]?.held.length === held ? true : undefined
  }
  await until(`${held} held`, isHeld, { withinMs: 60_000, tell: () => system.lastLogLines() })
}

test('nothing stands in the way of operators, who release the list that they see, pause and resume', async () => {
  const links = ['ben', 'cleo', 'dora'].map((user) => `links_data/account%${account}%Admin-ps%${user}%USER%ssofile`)
  await system.upload('links_data/root%all')
  await system.uploadAll(links)
  await system.untilStatuses(links, 'applied')
  await withdraw(links.slice(0, 2), 2)
  const page = await openAs('dora', desktop, '#/operations/attention')
  await page.getByText('links_data/root%all').waitFor(soon)
  await judge(page, 'attention')
  await page.getByRole('tab', { name: /^Held by the brake/ }).click()
  await page.getByRole('heading', { name: '2 revocations are held' }).waitFor()
  await judge(page, 'operations')

  await page.getByRole('button', { name: 'Pause all changes' }).click()
  await judge(page, 'pause')
  await confirm(page, 'Pause')
  await page.getByText('Write the reason.').waitFor()
  await confirm(page, 'Pause', { field: 'Reason', value: 'directory migration' })
  await page.getByText('page:dora from 127.0.0.1').waitFor(soon)
  await page.getByRole('button', { name: 'Resume changes' }).click()
  await confirm(page, 'Resume')
  await page.getByRole('button', { name: 'Pause all changes' }).waitFor(soon)

  await page.getByRole('button', { name: /^Keep the access: 2/ }).click()
  await page.getByText(/Deleted: 2 links by maria, /).waitFor()
  await page.getByText(/^ssofile brake --keep [0-9a-f]+$/).waitFor()
  await judge(page, 'keep')
  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('button', { name: /^Take the access away: 2/ }).click()
  await page.getByText('takes 2 accesses in 1 account from 2 users').waitFor()
  await judge(page, 'release')
  // It grows behind the dialog: what was shown is not what is held now.
  await withdraw(links.slice(2), 3)
  await confirm(page, 'Take the access away')
  await page.getByRole('alert').filter({ hasText: 'nothing was released' }).waitFor(soon)
  await page.getByRole('button', { name: /^Take the access away: 3/ }).click({ timeout: 30_000 })
  await confirm(page, 'Take the access away')
  await page.getByText('The brake holds nothing.').waitFor(soon)
  await system.untilGone(...links)
  const history = await Promise.all((await system.keys('history/brake%')).map((key) => system.json(key)))
  expect(history.at(-1)).toMatchObject({ event: 'brake-released', by: 'page:dora from 127.0.0.1' })
}, 240_000)

test('a person who signed in longer ago signs in again to decide, and all decisions go on with their comment', async () => {
  const ana = await openAs('ana')
  for (const set of ['Read-ps', 'Admin-ps']) {
    await ana.goto(`${origin}/#/request?set=${set}`)
    await ask(ana, { hours: '1', reason: 'look' })
    await row(ana, set, 'Waiting').waitFor(soon)
  }
  const ben = await openAs('ben', desktop, '#/approvals')
  await ben.getByRole('checkbox', { name: 'select all' }).click()
  // As if the provider had told of a time long ago: the page answers so, and nothing is written.
  const refuse = { status: 401, headers: { 'x-sign-in': 'fresh' }, json: { message: 'sign in again', errors: [] } }
  await ben.route('**/api/approvals', (route) => route.fulfill(refuse), { times: 1 })
  await ben.getByRole('button', { name: 'Deny' }).click()
  await ben.getByRole('dialog').getByText('Read-ps in').waitFor()
  await confirm(ben, 'Deny', { field: 'Comment', value: 'not today' })
  for (const set of ['Read-ps', 'Admin-ps']) await row(ana, set, 'Refused').waitFor(soon)
  const denied = await Promise.all((await system.keys('approvals/')).map((key) => system.json(key)))
  expect(denied.filter((one) => one?.decision === 'deny' && one.comment === 'not today')).toHaveLength(2)
}, 120_000)

test('an open page makes one call in 20 seconds', async () => {
  const page = await openAs('cleo')
  await page.clock.install()
  await page.reload()
  await page.getByText('As of').waitFor()
  await page.clock.pauseAt(Date.now() + 1_000)
  const calls: string[] = []
  page.on('request', (request) => calls.push(new URL(request.url()).pathname))
  const looks = () => calls.filter((path) => path === '/api/now').length
  let seconds = 0
  for (; looks() < 3 && seconds < 600; seconds++) await page.clock.runFor(1_000)
  expect(looks()).toBe(3)
  expect(seconds).toBeGreaterThanOrEqual(40)
  // Groups, eligibilities and choices change seldom: it asks for them each minute.
  expect(calls.length).toBeLessThanOrEqual(6)
}, 120_000)

test('whoever signs out is signed out, and the page runs no code of others and asks nobody else', async () => {
  const page = await openAs('cleo')
  const [foreign, faults]: [string[], string[]] = [[], []]
  page.on('request', (request) => {
    if (!request.url().startsWith(origin) && !/^(data|blob):/.test(request.url())) foreign.push(request.url())
  })
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) faults.push(message.text())
  })
  await page.reload()
  await page.getByRole('button', { name: /cleo/ }).waitFor()
  expect(faults).toEqual([])
  const ran = await page.evaluate(async () => {
    const script = document.createElement('script')
    script.append('window.ran = 1')
    document.body.append(script)
    return 'ran' in window
  })
  expect(ran).toBe(false)
  expect(foreign).toEqual([])
  const cookies = await page.context().cookies(origin)
  await page.getByRole('button', { name: /cleo/ }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'You are signed out' }).waitFor()
  await judge(page, 'signed-out')
  expect((await page.context().cookies(origin)).map(({ name }) => name)).not.toContain('ssofile-session')
  // Somebody who has copied the cookie is signed out too.
  const thief = await browser.newContext(desktop)
  await thief.addCookies(cookies)
  expect((await thief.request.get(`${origin}/api/me`)).status()).toBe(401)
  await thief.close()
}, 120_000)

test('the first stop of the Tab key skips the head, and more sign-ins than the page takes wait for their turn', async () => {
  const ana = await openAs('ana')
  await ana.getByRole('heading', { name: 'My access', level: 1 }).waitFor()
  await ana.keyboard.press('Tab')
  const skip = ana.getByRole('link', { name: 'Skip to content' })
  expect(await skip.evaluate((link) => link === document.activeElement)).toBe(true)
  expect((await skip.boundingBox())?.y).toBeGreaterThanOrEqual(0)
  await picture(ana, 'desktop-skip-link')
  await ana.keyboard.press('Enter')
  expect(await ana.evaluate(() => document.activeElement?.tagName)).toBe('MAIN')

  let refused = 0
  await ana.route('**/sign-in?*', async (route) => {
    refused += 1
    if (refused > 1) return route.continue()
    return route.fulfill({ status: 429, json: { message: 'Too Many Requests' } })
  })
  await ana.context().clearCookies({ name: 'ssofile-session' })
  await ana.reload()
  await ana.getByText('the page signs you in by itself').first().waitFor()
  await picture(ana, 'desktop-sign-in-waits')
  await ana.getByRole('heading', { name: 'Temporary access and requests' }).waitFor(soon)
  expect(refused).toBe(2)
})
