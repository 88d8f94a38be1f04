import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { localGroups } from '../../infra/local/serve-hosted-page.ts'
import { defaultConfiguration } from '../../shared/domain/deployment/configuration.ts'
import type { LocalSystem } from '../end-to-end/local-system.ts'
import { account, startWithRequesters } from '../end-to-end/requesters.ts'
import { until } from '../end-to-end/until.ts'
import { openBrowser } from './open-browser.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
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

const phone: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }
const desktop: BrowserContextOptions = { viewport: { width: 1280, height: 900 } }

/** Opens an address of the page as somebody who has to sign in first. */
async function openAs(user: string, options: BrowserContextOptions = desktop, hash = ''): Promise<Page> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  pages.push(page)
  await page.goto(`${origin}/${hash}`)
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await chooseAs(user, page)
  await page.locator('#me', { hasText: 'You are' }).waitFor()
  return page
}

async function chooseAs(user: string, page: Page): Promise<void> {
  await page.fill('input[name="as"]', user)
  await page.keyboard.press('Enter')
}

/** Pictures for a person to look at, where SSOFILE_PICTURES names a folder. */
async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.SSOFILE_PICTURES
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true })
}

async function judgeAccessibility(page: Page): Promise<readonly string[]> {
  // As a test tool may, past the policy of the page.
  await page.evaluate(axe)
  return page.evaluate(async () => {
    const { axe: judge } = window as unknown as {
      axe: { run: () => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
    }
    const { violations } = await judge.run()
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
  })
}

const own = (page: Page, state: string) => page.locator(`#mine li[data-state="${state}"]`)

async function ask(page: Page, reason: string, hours: string): Promise<void> {
  await page.fill('#ask-hours', hours)
  await page.fill('#ask-reason', reason)
  await page.click('#ask-form button[type="submit"]')
}

test('what is asked for on a phone is approved by its link, comes, is extended and ends, seen on both pages without loading them again', async () => {
  const ana = await openAs('ana', phone)
  await picture(ana, 'phone-first')
  await ana.click('#eligible button')
  await ana.locator('#ask-next', { hasText: '1 of approvers approve it' }).waitFor()
  await ana.fill('#ask-permissionSet', 'Admin-ps')
  await picture(ana, 'phone-ask')
  await ask(ana, 'disk of the database', '4')
  await own(ana, 'waiting').waitFor()
  await picture(ana, 'phone-waiting')
  const digest = await own(ana, 'waiting').locator('dd').last().textContent()

  const ben = await openAs('ben', desktop, `#request=${digest}`)
  const card = ben.locator('#waiting li', { hasText: 'ana' })
  await card.locator('dd', { hasText: 'administers the account' }).waitFor()
  await card.locator('dd', { hasText: 'Requester-ps' }).waitFor()
  await picture(ben, 'desktop-approve')
  await card.getByRole('button', { name: 'Approve' }).click()
  await picture(ben, 'desktop-confirm')
  await ben.click('#confirm-do')
  await ben.locator('#waiting-none').waitFor()
  await own(ana, 'granted').waitFor({ timeout: 30_000 })
  await ana.locator('#access li', { hasText: 'Admin-ps' }).waitFor({ timeout: 60_000 })
  await picture(ana, 'phone-granted')

  const extend = async (hours: string) => {
    await own(ana, 'granted').getByRole('button', { name: 'Extend' }).click()
    await ask(ana, 'not done yet', hours)
  }
  await extend('1')
  await ana.locator('#faults', { hasText: 'when the access that you have now ends' }).waitFor()
  await picture(ana, 'phone-extend-refused')
  // It stays to be read when the page has looked again.
  const looked = await ana.locator('#said').textContent()
  await until('another look', async () => ((await ana.locator('#said').textContent()) === looked ? undefined : true))
  await ana.locator('#faults', { hasText: 'when the access that you have now ends' }).waitFor()
  await extend('6')
  await own(ana, 'waiting').locator('dd', { hasText: 'goes on until' }).waitFor()
  await picture(ana, 'phone-extend-waits')
  await own(ana, 'waiting').getByRole('button', { name: 'Withdraw the extension' }).click()
  await picture(ana, 'phone-extend-withdraw')
  await ana.click('#confirm-do')
  await own(ana, 'granted').waitFor({ timeout: 30_000 })
  await picture(ana, 'phone-extend-withdrawn')
  await extend('6')
  await own(ana, 'waiting').waitFor()
  await ana.locator('#access li', { hasText: 'Admin-ps' }).waitFor()
  await ben.locator('#waiting li', { hasText: 'not done yet' }).waitFor({ timeout: 30_000 })
  await ben.locator('#waiting li').getByRole('button', { name: 'Approve' }).click()
  await ben.click('#confirm-do')
  await own(ana, 'granted').waitFor({ timeout: 30_000 })
  await own(ana, 'granted').getByRole('button', { name: 'End now' }).click()
  await ana.click('#confirm-do')
  await own(ana, 'granted').waitFor({ state: 'detached', timeout: 30_000 })
  await expect(ana.locator('#access li', { hasText: 'Admin-ps' }).count()).resolves.toBeLessThanOrEqual(1)
}, 240_000)

const looks = [
  ['desktop', desktop],
  ['phone', phone],
  ['dark', { ...desktop, colorScheme: 'dark' as const }],
] as const

/** Nothing for axe to find, and nothing wider than the window. */
async function judge(page: Page, name: string): Promise<void> {
  await picture(page, name)
  expect(await judgeAccessibility(page)).toEqual([])
  const width = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  expect(width).toBeLessThanOrEqual(0)
}

test.each(looks)(
  'nothing stands in the way of anybody who asks or approves: %s',
  async (name, options) => {
    const page = await openAs(hostile, options)
    await page.locator('#eligible li').waitFor()
    await judge(page, `view-${name}`)
    await page.click('#eligible button')
    await judge(page, `ask-${name}`)
    expect(await page.title()).toBe('Access')
    await page.fill('#ask-permissionSet', 'Read-ps')
    await ask(page, `look, on the ${name}`, '1')
    await own(page, 'waiting').first().waitFor()
    const ben = await openAs('ben', options)
    await ben
      .locator('#waiting li', { hasText: `on the ${name}` })
      .getByRole('button', { name: 'Approve' })
      .click()
    await judge(ben, `approve-${name}`)
    await ben.keyboard.press('Escape')
    await page
      .locator('#mine li', { hasText: `on the ${name}` })
      .getByRole('button', { name: 'Withdraw' })
      .click()
    await judge(page, `withdraw-${name}`)
    await page.click('#confirm-do')
    await page.locator('#mine li', { hasText: `on the ${name}` }).waitFor({ state: 'detached', timeout: 30_000 })
  },
  120_000,
)

test('an account is chosen by its name', async () => {
  const page = await openAs('ana')
  await page.click('#eligible button')
  await expect(page.inputValue('#ask-where')).resolves.toBe(`account-${account} (${account})`)
  await page.fill('#ask-permissionSet', 'Read-ps')
  await page.fill('#ask-where', 'account-')
  await ask(page, 'by name', '1')
  await page.locator('#ask-fault', { hasText: `Choose one: account-${account} (${account}).` }).waitFor()
  await page.fill('#ask-where', `ACCOUNT-${account}`)
  await page.click('#ask-form button[type="submit"]')
  await page.locator('#mine li', { hasText: `Read-ps in account-${account}` }).waitFor()
  await page.locator('#mine li', { hasText: 'by name' }).getByRole('button', { name: 'Withdraw' }).click()
  await page.click('#confirm-do')
  await page.locator('#mine li', { hasText: 'by name' }).waitFor({ state: 'detached', timeout: 30_000 })
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

test.each(looks)(
  'nothing stands in the way of auditors and operators, who release the list that they see, pause and resume: %s',
  async (name, options) => {
    // What a person has released may be withdrawn again for a while: each look has an account of its own.
    const nth = looks.findIndex(([one]) => one === name) + 1
    const linkOf = (user: string) => `links_data/account%20000000000${nth}%Admin-ps%${user}%USER%ssofile`
    const links = ['ben', 'cleo', 'dora'].map(linkOf)
    await system.upload('links_data/root%all')
    await system.uploadAll(links)
    await system.untilStatuses(links, 'applied')
    await withdraw(links.slice(0, 2), 2)
    const page = await openAs('dora', options)
    const list = page.locator('#brake li', { hasText: '2 revocations are held' })
    await list.waitFor()
    await page.locator('#attention li', { hasText: 'links_data/root%all' }).waitFor({ timeout: 30_000 })
    await page.locator('#everybody li', { hasText: 'Requester-ps' }).first().waitFor()
    await page.fill('#everybody-words', 'ana')
    await page.locator('#everybody-title', { hasText: '(1)' }).waitFor()
    await judge(page, `operator-${name}`)

    await page.click('#pause')
    await judge(page, `pause-${name}`)
    await page.fill('#comment', 'directory migration')
    await page.click('#confirm-do')
    await page.locator('#pause-state', { hasText: 'page:dora from 127.0.0.1' }).waitFor()
    await page.click('#resume')
    await judge(page, `resume-${name}`)
    await page.click('#confirm-do')
    await page.locator('#pause-state', { hasText: 'there is no pause' }).waitFor()

    await list.getByRole('button', { name: 'Release' }).click()
    await judge(page, `release-${name}`)
    // It grows behind the dialog: what was shown is not what is held now.
    await withdraw(links.slice(2), 3)
    await page.click('#confirm-do')
    await page.locator('#faults', { hasText: 'nothing was released' }).waitFor()
    const grown = page.locator('#brake li', { hasText: '3 revocations are held' })
    await grown.getByRole('button', { name: 'Release' }).click()
    await page.click('#confirm-do')
    await page.locator('#brake-none').waitFor()
    await system.untilGone(...links)
    const history = await Promise.all((await system.keys('history/brake%')).map((key) => system.json(key)))
    expect(history.at(-1)).toMatchObject({ event: 'brake-released', by: 'page:dora from 127.0.0.1' })
  },
  240_000,
)

test('who signed in longer ago signs in again to approve, and comes back to the same request', async () => {
  const ana = await openAs('ana')
  await ana.click('#eligible button')
  await ana.fill('#ask-permissionSet', 'Read-ps')
  await ask(ana, 'look', '1')
  await own(ana, 'waiting').waitFor()
  const ben = await openAs('ben')
  const card = ben.locator('#waiting li', { hasText: 'ana' })
  await card.getByRole('button', { name: 'Deny' }).waitFor()
  // As if the provider had told of a time long ago: the page answers so, and nothing is written.
  await ben.route('**/api/approvals', (route) =>
    route.fulfill({ status: 401, headers: { 'x-sign-in': 'fresh' }, json: { message: 'sign in again', errors: [] } }),
  )
  await card.getByRole('button', { name: 'Deny' }).click()
  await ben.click('#confirm-do')
  await ben.waitForURL(/#request=[0-9a-f]{32}$/)
  await ben.unroute('**/api/approvals')
  await card.getByRole('button', { name: 'Deny' }).waitFor()
  await card.getByRole('button', { name: 'Deny' }).click()
  await ben.click('#confirm-do')
  await own(ana, 'refused').first().waitFor({ timeout: 30_000 })
}, 120_000)

test('an open page makes one call in 20 seconds', async () => {
  const page = await openAs('cleo')
  await page.clock.install()
  await page.reload()
  await page.locator('#said', { hasText: 'As of' }).waitFor()
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
  const foreign: string[] = []
  page.on('request', (request) => {
    if (!request.url().startsWith(origin) && !request.url().startsWith('data:')) foreign.push(request.url())
  })
  await page.reload()
  await page.locator('#me', { hasText: 'You are cleo' }).waitFor()
  const ran = await page.evaluate(async () => {
    const script = document.createElement('script')
    script.append('window.ran = 1')
    document.body.append(script)
    return 'ran' in window
  })
  expect(ran).toBe(false)
  expect(foreign).toEqual([])
  const cookies = await page.context().cookies(origin)
  await page.click('#sign-out')
  await page.locator('#faults', { hasText: 'sign in' }).waitFor()
  await picture(page, 'signed-out')
  expect((await page.context().cookies(origin)).map(({ name }) => name)).not.toContain('ssofile-session')
  // Somebody who has copied the cookie is signed out too.
  const thief = await browser.newContext(desktop)
  await thief.addCookies(cookies)
  expect((await thief.request.get(`${origin}/api/me`)).status()).toBe(401)
  await thief.close()
}, 120_000)
