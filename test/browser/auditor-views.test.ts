import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { localGroups } from '../../infra/local/serve-hosted-page.ts'
import { sayDay } from '../../shared/modules/page/rules/say.ts'
import { fetchCredentials } from '../end-to-end/fetch-credentials.ts'
import type { LocalSystem } from '../end-to-end/local-system.ts'
import { startWithRequesters } from '../end-to-end/requesters.ts'
import { desktop, openAs, writeReport } from './acme-page.ts'
import { judge, row } from './judge-page.ts'
import { openBrowser } from './open-browser.ts'

const account = '200000000002'
const link = `account%${account}%Admin-ps%approvers%GROUP%ssofile`

let system: LocalSystem
let origin: string
let browser: Browser
const pages: Page[] = []
beforeAll(async () => {
  browser = await openBrowser()
  ;({ system } = await startWithRequesters(['ben', 'cleo', 'dora'], { for: { users: ['ben'] }, permissionSets: [] }))
  await system.joinGroup('dora', localGroups.auditors[0])
  await system.upload(`links_data/${link}`)
  await system.untilStatus(`links_data/${link}`, 'applied')
  await writeReport(system)
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

async function openAuditor(): Promise<Page> {
  const page = await openAs(browser, origin, 'dora', desktop, '#/who')
  pages.push(page)
  return page
}

const views = [
  ['table', '#/who', 'ben'],
  ['now', '#/who?date=now', 'ben'],
  ['matrix', '#/who/matrix', account],
  ['person', '#/who/person%2Fben', 'Admin-ps'],
  ['account', `#/who/account%2F${account}`, 'Admin-ps'],
  ['changes', '#/changes', 'approvers'],
] as const

test('axe-core finds nothing in the views of an auditor', async () => {
  const page = await openAuditor()
  for (const [view, address, text] of views) {
    await page.goto(`${origin}/${address}`)
    await page.getByRole('row').filter({ hasText: text }).first().waitFor()
    await judge(page, `auditor-${view}`)
  }
}, 120_000)

test('an auditor finds by the keyboard who administers an account, since when and why', async () => {
  const page = await openAuditor()
  const open = async (name: string) => {
    await page.getByRole('link', { name }).first().focus()
    await page.keyboard.press('Enter')
  }
  await row(page, 'ben').waitFor()
  await open('Administrator-like')
  await row(page, 'ben', 'approvers').getByRole('link').nth(1).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'History of the last 90 days' }).waitFor()
  const found = row(page, 'ben', 'Admin-ps', 'Administrator-like')
  await found.filter({ hasText: 'approvers' }).filter({ hasText: link }).waitFor()
  expect(await found.textContent()).toContain(
    new Date().toLocaleDateString('en-GB', { year: 'numeric', timeZone: 'UTC' }),
  )
  await row(page, 'gave approvers Admin-ps').waitFor()
}, 120_000)

test('a filter stays in the address, so that its link shows the same rows, and the matrix has it too', async () => {
  const page = await openAuditor()
  // What somebody types while the page reads the list stays.
  const typed = Promise.withResolvers<void>()
  await page.route('**/api/everybody*', async (route) => {
    await typed.promise
    await route.continue()
  })
  await page.reload()
  await page.getByPlaceholder(/Find by person/).fill('cleo')
  typed.resolve()
  await row(page, 'ben').waitFor()
  await page.keyboard.press('Enter')
  await page.getByText(/\(\d+\/\d+\)/).waitFor()
  const address = page.url()
  await page.goto('about:blank')
  await page.goto(address)
  await row(page, 'cleo', 'Admin-ps').waitFor()
  expect(await page.getByRole('row').filter({ hasText: 'ben' }).count()).toBe(0)
  await page.keyboard.press('Escape')
  await page.getByRole('tab', { name: 'Accounts × permission sets' }).click()
  await page.getByRole('button', { name: /Clear filters/ }).waitFor()
  await row(page, account).getByRole('link', { name: '1', exact: true }).waitFor()
}, 60_000)

test('a column shows who used access through a group within a minute, and a filter finds it, and who did not', async () => {
  await fetchCredentials(system, { user: 'ben', account, set: 'Admin-ps' })
  const usedMs = Date.now()
  const today = sayDay(new Date().toISOString())
  const page = await openAuditor()
  const find = async (value: string) => {
    await page.goto('about:blank')
    await page.goto(`${origin}/#/who?date=now&q=${encodeURIComponent(JSON.stringify(['and', ['used', ':', value]]))}`)
    await page.getByRole('columnheader', { name: 'Last used' }).waitFor()
  }
  const used = row(page, 'ben', 'Admin-ps', 'approvers', `${today} cli`)
  do await find('cli')
  while (
    !(await used.waitFor({ timeout: 5_000 }).then(
      () => true,
      () => false,
    )) &&
    Date.now() < usedMs + 60_000
  )
  if (Date.now() >= usedMs + 60_000) {
    const shown = await page.getByRole('row').allInnerTexts()
    const recorded = await system.keys('usage/')
    throw new Error(`the use is not shown; ${JSON.stringify({ recorded, shown })}\n${system.lastLogLines()}`)
  }
  expect(await page.getByRole('row').filter({ hasText: 'cleo' }).count()).toBe(0)
  await judge(page, 'auditor-last-used')
  await find('not since')
  await row(page, 'cleo', 'Admin-ps', 'approvers', `not since ${today}`).waitFor()
  expect(await page.getByRole('row').filter({ hasText: 'ben' }).count()).toBe(0)
  const reported = await openAuditor()
  await row(reported, 'ben', 'Admin-ps', 'approvers', `${today} cli`).waitFor()
}, 180_000)

test('now, a group stands as its present members', async () => {
  const page = await openAuditor()
  await page.goto(`${origin}/#/who?date=now`)
  for (const person of ['ben', 'cleo']) await row(page, person, 'Admin-ps', 'approvers').waitFor()
})
