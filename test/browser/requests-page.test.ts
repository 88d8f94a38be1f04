import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import type { LocalSystem } from '../end-to-end/local-system.ts'
import { account, startWithRequesters } from '../end-to-end/requesters.ts'
import type { Session } from '../end-to-end/sign-in.ts'
import { type Browsing, startBrowse } from '../end-to-end/start-browse.ts'
import { ask, confirm, judge, picture, row } from './judge-page.ts'
import { openBrowser } from './open-browser.ts'

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

async function open(user: User | string): Promise<Opened> {
  const one = await startBrowse(system.env(sessions[user as User]?.accessKeyId ?? user))
  browsing.push(one)
  const page = await browser.newPage({ viewport: { width: 1100, height: 900 } })
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

const soon = { timeout: 30_000 }
const refresh = (page: Page) => page.getByRole('button', { name: 'Refresh' }).click()

async function askFor4Hours(page: Page, reason: string): Promise<void> {
  await page.getByRole('link', { name: 'Request access: admin' }).click()
  await ask(page, { hours: '4', reason: '' })
  await page.getByText('Write the reason: this access needs one.').waitFor()
  await ask(page, { hours: '4', reason })
}

async function decide(user: User, decision: 'Approve' | 'Deny', comment = ''): Promise<Opened> {
  const opened = await open(user)
  await opened.page.getByRole('link', { name: 'Approvals' }).click()
  await row(opened.page, 'Admin-ps').getByRole('checkbox').click()
  await picture(opened.page, `approve-${user}`)
  await opened.page.getByRole('button', { name: decision }).click()
  await confirm(opened.page, decision, { field: 'Comment', value: comment })
  return opened
}

test('a request is approved by two, granted and ended, each on their own page; a hostile name stays text', async () => {
  const requester = await open(hostile)
  await requester.page.getByRole('button', { name: /^<svg/ }).waitFor()
  await askFor4Hours(requester.page, `</script><b>disk</b> ${hostile}`)
  await row(requester.page, 'Admin-ps', 'Waiting').waitFor(soon)
  await picture(requester.page, 'waiting')
  const first = await decide('ben', 'Approve')
  await row(first.page, '1 of 2').waitFor(soon)
  const second = await decide('cleo', 'Approve')
  await second.page.getByText('Nothing waits for your approval.').waitFor(soon)
  await refresh(requester.page)
  await row(requester.page, 'Admin-ps', 'ends in').waitFor(soon)
  await picture(requester.page, 'granted')
  const link = `account%${account}%Admin-ps%${hostile}%USER%ssofile`
  await system.untilStatus(`links_data/temporary/${link}`, 'applied')
  expect(await system.access.inAccount(account)).toContain(`Admin-ps%${hostile}%USER`)
  await requester.page.getByRole('button', { name: /^End now/ }).click()
  await confirm(requester.page, 'End now')
  await requester.page.getByText('You have no temporary access').waitFor(soon)
  await system.untilGone(`links_data/temporary/${link}`)
  for (const { page, foreign, faults } of [requester, first, second]) {
    expect({ foreign, faults, title: await page.title() }).toMatchObject({ foreign: [], faults: [] })
    expect(await page.title()).toMatch(/ · ssofile$/)
  }
}, 180_000)

test('a denial is told to the requester with what to do, and people with keyboards, screen readers and narrow windows can use the page', async () => {
  const { page, faults } = await open('ana')
  await askFor4Hours(page, 'disk')
  await row(page, 'Admin-ps', 'Waiting').waitFor(soon)
  await judge(page, 'waiting')
  await page.getByRole('link', { name: 'Request access: admin' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Request access: admin' }).waitFor()
  await judge(page, 'ask')
  const approver = await decide('ben', 'Deny', 'not now')
  await approver.page.getByText('Nothing waits for your approval.').waitFor(soon)
  await page.goBack()
  await refresh(page)
  await row(page, 'Admin-ps', 'What to do').waitFor(soon)
  await judge(page, 'refused')
  expect(faults).toEqual([])
}, 180_000)

test('the address works once and in its tab; nothing is served to another page, another host or without the key', async () => {
  const { page, url } = await open('ana')
  await row(page, 'admin').waitFor()
  expect(page.url()).not.toContain('#')
  await page.reload()
  await row(page, 'admin').waitFor()
  const later = await browser.newPage()
  pages.push(later)
  await later.goto(url)
  await later.getByRole('alert').filter({ hasText: 'open the page again' }).waitFor()
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
  await judge(list, 'as-whom')
  expect(await list.locator('main svg').count()).toBe(0)
  for (const name of [hostile, 'cleo']) {
    const opening = list.waitForEvent('popup')
    if (name === hostile) await list.click(`a:has-text("<svg")`)
    else await list.fill('input', name).then(() => list.keyboard.press('Enter'))
    const page = await opening
    pages.push(page)
    await page.getByRole('button', { name }).waitFor()
    await page.reload()
    await page.getByRole('button', { name }).waitFor()
    expect(page.url()).not.toContain('#')
  }
  expect(faults).toEqual([])
}, 60_000)

test('a caller who is no person, and an API that does not answer, are told with what to do', async () => {
  const nobody = await open('maria')
  await nobody.page.getByRole('alert').filter({ hasText: 'aws sso login' }).waitFor()
  await picture(nobody.page, 'nobody')
  const one = await startBrowse(system.env('maria'), ['--api', 'http://127.0.0.1:9'])
  browsing.push(one)
  await nobody.page.goto(one.url)
  await nobody.page.getByRole('alert').filter({ hasText: 'check --api' }).waitFor()
}, 60_000)

test('of several hundred requests a page is shown, and a filter finds the others; a busy API is asked again', async () => {
  const { page, faults } = await open('ben')
  await page.getByRole('link', { name: 'Approvals' }).click()
  await page.getByText('Nothing waits for your approval.').waitFor()
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
  await refresh(page)
  await page.getByText('(400)').waitFor(soon)
  expect(calls).toBe(3)
  expect(await page.getByRole('row').count()).toBe(26)
  await page.getByPlaceholder(/Find by any text/).fill('person.399')
  await page.keyboard.press('Enter')
  await page.getByText('(1/400)').waitFor()
  // The browser itself notes the answer 429.
  expect(faults.filter((fault) => !fault.includes('429'))).toEqual([])
})
