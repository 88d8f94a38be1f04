import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { bundleFunction } from '../../infra/bundle-function.ts'
import { localGroups } from '../../infra/local/serve-hosted-page.ts'
import { defaultConfiguration } from '../../shared/domain/deployment/configuration.ts'
import { LocalSystem } from '../end-to-end/local-system.ts'
import { runBundle } from '../end-to-end/run-program.ts'

const acme = new URL('../../fixtures/acme/', import.meta.url)
export const people = {
  kenji: 'kenji.ito@acme.example',
  maria: 'maria.alvarez@acme.example',
  ama: 'ama.osei@acme.example',
} as const
export type Person = keyof typeof people

const onCall = {
  description: 'Production incidents, for the platform on call',
  for: { users: [people.kenji] },
  permissionSets: ['CloudOperator-ps', 'ReadOnly-ps'],
  scopes: ['ou_id%ou-acme-wrk10000', 'account%233000000001'],
  longest: 'PT8H',
  mayStartLater: 'P7D',
  approvers: { groups: [localGroups.operators[0]] },
  needs: ['reason', 'ticket'],
  ticketPattern: 'OPS-*',
}
const billing = {
  description: 'The month’s invoices',
  for: { users: [people.kenji, people.ama] },
  permissionSets: ['Billing-ps'],
  scopes: ['account%233000000002'],
  longest: 'PT2H',
  approvers: { groups: ['team-Accountants'] },
}

/** The acme organization with its links in force and a nightly report. Maria is an operator and approves, Ama is an auditor. */
export async function startAcme(): Promise<{ readonly system: LocalSystem; readonly origin: string }> {
  const brake = { ...defaultConfiguration.brake, own: { count: 2, percent: 0, minutes: 24 * 60 } }
  const system = await LocalSystem.start({ configuration: { brake }, timeScale: 6 })
  const sets = await readdir(new URL('permission_sets/', acme))
  for (const name of sets)
    await system.upload(`permission_sets/${name}`, await readFile(new URL(`permission_sets/${name}`, acme)))
  const links = (await readdir(new URL('links_data/', acme))).map((name) => `links_data/${name}`)
  await system.uploadAll(links)
  await system.joinGroup(people.maria, 'team-security')
  await system.upload('eligibility/on-call.json', JSON.stringify(onCall), 'governance')
  await system.upload('eligibility/billing.json', JSON.stringify(billing), 'governance')
  await system.untilQuiet()
  await writeReport(system)
  const health: unknown = await (await fetch(`${system.url}/_ssofile/health`)).json()
  return { system, origin: (health as { page: string }).page }
}

/** As the schedule of the night does. */
export async function writeReport(system: LocalSystem): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'ssofile-report-'))
  bundleFunction('report', defaultConfiguration, directory)
  const { exitCode, stderr } = await runBundle('report', directory, system)
  await rm(directory, { recursive: true })
  if (exitCode !== 0) throw new Error(stderr)
}

export const phone: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }
export const desktop: BrowserContextOptions = { viewport: { width: 1280, height: 800 } }

/** The cookies and storage of signed-in users, by the address of the page and the user. */
const signedIn = new Map<string, Awaited<ReturnType<BrowserContext['storageState']>>>()

/** Opens an address of the page as this user. The first call signs in. */
export async function openAs(
  browser: Browser,
  origin: string,
  user: string,
  options: BrowserContextOptions = desktop,
  hash = '',
): Promise<Page> {
  const who = `${origin} ${user}`
  const storageState = signedIn.get(who)
  const context = await browser.newContext({ ...options, storageState })
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  await page.goto(`${origin}/${hash}`)
  if (!storageState) {
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await page.fill('input[name="as"]', user)
    await page.keyboard.press('Enter')
    await page.waitForURL(`${origin}/**`)
  }
  await page.getByRole('heading', { level: 1 }).first().waitFor()
  if (!storageState) signedIn.set(who, await context.storageState())
  return page
}
