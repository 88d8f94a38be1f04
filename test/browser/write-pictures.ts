import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { openAs, people, phone, startAcme } from './acme-page.ts'
import { openBrowser } from './open-browser.ts'

/** `npm run pictures`: the pictures of the page in the documentation, of the acme organization. */
const folder = fileURLToPath(new URL('../../docs/images/', import.meta.url))
mkdirSync(folder, { recursive: true })
const { system, origin } = await startAcme()
const browser = await openBrowser()
const desktop = { viewport: { width: 1280, height: 800 } }
const pauseMs = 1_500

/** Pictures are small: a palette of colours would be smaller, but Chromium writes none. */
async function picture(page: Page, name: string): Promise<void> {
  await page.waitForTimeout(pauseMs)
  await page.screenshot({ path: `${folder}${name}.png` })
}

async function request(page: Page, account: string, set: string, reason: string): Promise<void> {
  await page.goto(`${origin}/#/request?eligibility=on-call&account=${account}&set=${set}`)
  await page.getByRole('textbox', { name: 'Reason' }).fill(reason)
  await page.getByRole('textbox', { name: 'Ticket' }).fill('OPS-4711')
  await page.getByRole('textbox', { name: 'Hours' }).fill('4')
}

const kenji = await openAs(browser, origin, people.kenji, desktop)
await request(kenji, '233000000001', 'CloudOperator-ps', 'Disk of the ledger is full')
await picture(kenji, 'request-access')
await kenji.getByRole('button', { name: 'Request access' }).click()
await kenji.getByText('0 of 1 approvals').waitFor()
const maria = await openAs(browser, origin, people.maria, desktop, '#/approvals')
await maria.getByRole('row').filter({ hasText: 'kenji' }).getByRole('checkbox').click()
await maria.getByText('Last requests').waitFor()
await picture(maria, 'approvals')
await maria.getByRole('button', { name: 'Approve' }).click()
await maria.getByRole('dialog').getByRole('button', { name: 'Approve' }).click()
await kenji.getByText('ends in').waitFor({ timeout: 60_000 })
await picture(kenji, 'my-access')
const night = await openAs(browser, origin, people.kenji, { ...phone, colorScheme: 'dark' })
await picture(night, 'my-access-phone')

const ama = await openAs(browser, origin, people.ama, desktop, '#/who')
await ama.getByPlaceholder(/Find by person/).fill('AdministratorAccess')
await ama.keyboard.press('Enter')
await ama.keyboard.press('Escape')
await picture(ama, 'who-has-access')
await ama.goto(`${origin}/#/who/matrix`)
await ama.getByRole('heading', { name: 'People by account and permission set' }).waitFor()
await picture(ama, 'matrix')
await ama.goto(`${origin}/#/changes`)
await ama.getByRole('heading', { name: 'Grants and revocations' }).waitFor({ timeout: 60_000 })
await picture(ama, 'changes')

// Maria, who owns nothing of it, reviews the access to one account.
const review = {
  scopes: ['account%233000000002'],
  reviewers: { fallback: { users: [people.maria] } },
  lastsDays: 14,
  silence: { escalateDays: 7, means: 'revoke' },
}
await system.upload('reviews/quarter.json', JSON.stringify(review), 'governance')
await system.untilStatus('reviews/quarter.json', 'applied')
await maria.goto(`${origin}/#/reviews`)
await maria.getByRole('checkbox').nth(1).waitFor({ timeout: 60_000 })
await picture(maria, 'reviews')

await browser.close()
await system.stop()
