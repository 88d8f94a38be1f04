import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import type { LocalSystem } from '../end-to-end/local-system.ts'
import { account, startWithRequesters } from '../end-to-end/requesters.ts'
import type { Session } from '../end-to-end/sign-in.ts'
import { type Browsing, startBrowse } from '../end-to-end/start-browse.ts'
import { openBrowser } from './open-browser.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const hostile = '<svg/onload="document.title=1">'
const users = ['ana', 'ben', 'cleo', hostile] as const
type User = (typeof users)[number]
const eligibility = {
  description: `on-call ${hostile}`,
  for: { users: ['ana', hostile] },
  permissionSets: ['Admin-ps', 'Read*'],
  scopes: [`account%${account}`],
  longest: 'PT8H',
  approvers: { groups: ['approvers'] },
  approvals: 2,
  needs: ['reason'],
}

let system: LocalSystem
let browser: Browser
let sessions: Readonly<Record<User, Session>>
const browsing: Browsing[] = []
const pages: Page[] = []
beforeAll(async () => {
  browser = await openBrowser()
  ;({ system, sessions } = await startWithRequesters(users, eligibility))
}, 120_000)
afterEach(async () => {
  for (const page of pages.splice(0)) await page.close()
  for (const one of browsing.splice(0)) await one.stop()
})
afterAll(async () => {
  await browser?.close()
  await system?.stop()
}, 60_000)

type Opened = { readonly page: Page; readonly url: string; readonly foreign: string[]; readonly faults: string[] }

const keyOf = (user: User) => sessions[user].accessKeyId

async function open(user: User | string, colorScheme: 'light' | 'dark' = 'light', width = 1100): Promise<Opened> {
  const one = await startBrowse(system.env(sessions[user as User]?.accessKeyId ?? user))
  browsing.push(one)
  const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 } })
  pages.push(page)
  const [foreign, faults]: [string[], string[]] = [[], []]
  const origin = new URL(one.url).origin
  page.on('request', (request) => {
    if (!request.url().startsWith(origin) && !request.url().startsWith('data:')) foreign.push(request.url())
  })
  page.on('pageerror', (error) => faults.push(String(error)))
  page.on('console', (message) => faults.push(message.text()))
  await page.goto(one.url)
  return { page, url: one.url, foreign, faults }
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

async function askFor4Hours(page: Page, reason: string): Promise<void> {
  await page.click('#eligible button')
  await page.fill('#ask-permissionSet', 'Admin-ps')
  await page.fill('#ask-hours', '4')
  await page.click('#ask-form button[type="submit"]')
  await page.locator('#ask-fault', { hasText: 'needs the reason' }).waitFor()
  await page.fill('#ask-reason', reason)
  await page.keyboard.press('Enter')
}

async function approve(user: User, requester: string): Promise<Opened> {
  const opened = await open(user)
  const card = opened.page.locator('#waiting li', { hasText: requester })
  const digest = await card.locator('dd').last().textContent()
  await card.getByRole('button', { name: 'Approve' }).click()
  await opened.page.locator('#confirm dd', { hasText: digest ?? 'no digest' }).waitFor()
  await picture(opened.page, `approve-${user}`)
  await opened.page.click('#confirm-do')
  return opened
}

test('what is asked for is approved by two, granted and ended, each on their own page; a hostile name stays text', async () => {
  const requester = await open(hostile)
  await requester.page.locator('#eligible li').waitFor()
  expect(await requester.page.locator('#me').textContent()).toContain('You are <svg')
  await askFor4Hours(requester.page, `</script><b>disk</b> ${hostile}`)

  await own(requester.page, 'waiting').waitFor()
  await picture(requester.page, 'waiting')
  const first = await approve('ben', '<svg/onload')
  await first.page.locator('#waiting li', { hasText: '1 of 2 approvals' }).waitFor()
  const second = await approve('cleo', '<svg/onload')
  await second.page.locator('#waiting-none').waitFor()
  await requester.page.click('#reload')
  await own(requester.page, 'granted').waitFor()
  await picture(requester.page, 'granted')
  const link = `account%${account}%Admin-ps%${hostile}%USER%ssofile`
  await system.untilStatus(`links_data/temporary/${link}`, 'applied')
  expect(await system.access.inAccount(account)).toContain(`Admin-ps%${hostile}%USER`)
  await own(requester.page, 'granted').getByRole('button', { name: 'End now' }).click()
  await requester.page.click('#confirm-do')
  await requester.page.locator('#mine-none').waitFor()
  await system.untilGone(`links_data/temporary/${link}`)
  for (const { page, foreign, faults } of [requester, first, second]) {
    expect({ foreign, faults, title: await page.title() }).toEqual({
      foreign: [],
      faults: [],
      title: 'Temporary access',
    })
    expect(await page.locator('main svg, main b').count()).toBe(0)
  }
}, 180_000)

test('a denial is told to the requester with what to do, and people with keyboards, screen readers and narrow windows can use the page', async () => {
  for (const [colorScheme, width] of [
    ['light', 1100],
    ['dark', 380],
  ] as const) {
    const { page, faults } = await open('ana', colorScheme, width)
    await page.locator('#eligible li').waitFor()
    if (colorScheme === 'light') await askFor4Hours(page, 'disk')
    await own(page, colorScheme === 'light' ? 'waiting' : 'refused').waitFor()
    expect(await judgeAccessibility(page)).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0)
    await picture(page, `${colorScheme}-${width}`)
    await page.locator('#eligible button').focus()
    await page.keyboard.press('Enter')
    expect(await judgeAccessibility(page)).toEqual([])
    await picture(page, `ask-${colorScheme}-${width}`)
    await page.keyboard.press('Escape')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Ask…')
    expect(faults).toEqual([])
    if (colorScheme === 'dark') continue
    const approver = await open('ben')
    await approver.page.getByRole('button', { name: 'Deny' }).click()
    await approver.page.fill('#comment', 'not now')
    await approver.page.click('#confirm-do')
    await approver.page.locator('#waiting-none').waitFor()
    await page.click('#reload')
    await own(page, 'refused').locator('dt', { hasText: 'What to do' }).waitFor()
  }
}, 180_000)

test('the address works once and in its tab; nothing is served to another page, another host or without the key', async () => {
  const { page, url } = await open('ana')
  await page.locator('#eligible li').waitFor()
  expect(page.url()).not.toContain('#')
  await page.reload()
  await page.locator('#eligible li').waitFor()
  const later = await browser.newPage()
  pages.push(later)
  await later.goto(url)
  await later.locator('#faults', { hasText: 'open the page again' }).waitFor()
  const origin = new URL(url).origin
  const key = await page.evaluate(() => sessionStorage.getItem('key'))
  const authorization = `Bearer ${key}`
  const ask = async (init: RequestInit) => (await fetch(`${origin}/api/eligibility`, init)).status
  expect(await ask({ headers: { authorization } })).toBe(200)
  expect(await ask({})).toBe(401)
  expect(await ask({ headers: { authorization: 'Bearer guess' } })).toBe(401)
  expect(await ask({ headers: { authorization, origin: 'http://evil.example' } })).toBe(403)
  expect(browsing[0]?.said()).not.toContain(key)
  expect(browsing[0]?.said()).not.toContain(keyOf('ana'))
})

test('on the local system one chooses as whom to look; a hostile name in the list stays text', async () => {
  const list = await browser.newPage()
  pages.push(list)
  const faults: string[] = []
  list.on('pageerror', (error) => faults.push(String(error)))
  list.on('console', (message) => faults.push(message.text()))
  await list.goto(`${system.url}/_ssofile/requests`)
  await picture(list, 'as-whom')
  expect(await judgeAccessibility(list)).toEqual([])
  expect(await list.locator('main svg').count()).toBe(0)
  for (const name of [hostile, 'cleo']) {
    const opening = list.waitForEvent('popup')
    if (name === hostile) await list.click(`a:has-text("<svg")`)
    else await list.fill('input', name).then(() => list.keyboard.press('Enter'))
    const page = await opening
    pages.push(page)
    await page.locator('#me', { hasText: `You are ${name}` }).waitFor()
    await page.reload()
    await page.locator('#me', { hasText: `You are ${name}` }).waitFor()
    expect(page.url()).not.toContain('#')
  }
  expect(faults).toEqual([])
}, 60_000)

test('who is no person, and an API that does not answer, are told with what to do', async () => {
  const nobody = await open('maria')
  await nobody.page.locator('#faults dd', { hasText: 'aws sso login' }).waitFor()
  await picture(nobody.page, 'nobody')
  const one = await startBrowse(system.env('maria'), ['--api', 'http://127.0.0.1:9'])
  browsing.push(one)
  await nobody.page.goto(one.url)
  await nobody.page.locator('#faults dd', { hasText: 'check --api' }).waitFor()
}, 60_000)

test('of several hundred requests the first are shown, and a search finds the others; a busy API is asked again', async () => {
  const { page, faults } = await open('ben')
  await page.locator('#waiting-none').waitFor()
  const requests = Array.from({ length: 400 }, (_, number) => ({
    key: `requests/u/${number}`,
    linkData: `account%${account}%Admin-ps%person.${number}@acme.example%USER%ssofile`,
    file: { etag: 'e', lastModified: '2026-03-03T10:00:00.000Z' },
    requestDetails: { duration: 'PT4H', reason: hostile },
    status: { state: 'waiting', etag: 'e', request: { digest: `d${number}`, approvals: { needed: 2, given: [] } } },
  }))
  let calls = 0
  await page.route('**/api/requests?of=waiting*', (route) => {
    calls++
    if (calls === 1) return route.fulfill({ status: 429, json: { message: 'Too Many Requests' } })
    const isFirst = !route.request().url().includes('nextToken')
    const json = isFirst ? { requests: requests.slice(0, 200), nextToken: 'next' } : { requests: requests.slice(200) }
    return route.fulfill({ json })
  })
  await page.click('#reload')
  await page.locator('#said', { hasText: 'The API is busy' }).waitFor()
  await page.locator('#waiting-title', { hasText: '(400)' }).waitFor()
  expect(await page.locator('#waiting li').count()).toBe(50)
  await page.click('#waiting-more')
  expect(await page.locator('#waiting li').count()).toBe(100)
  await page.fill('#words', 'person.399')
  expect(await page.locator('#waiting h3').count()).toBe(1)
  expect(await page.locator('#waiting-title').textContent()).toBe('Waits for you (1 of 400)')
  // The browser itself notes the answer 429.
  expect(faults.filter((fault) => !fault.includes('429'))).toEqual([])
})
