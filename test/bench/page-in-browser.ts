import type { Page } from 'playwright-core'
import { type PageRow, RowCollector } from '../../shared/modules/access-page/rules/collect-rows.ts'
import { openBrowser } from '../browser/open-browser.ts'
import { quantile } from './benchmark.ts'

type Visited = {
  readonly firstSeconds: number
  readonly laterSeconds: number
  readonly transferredKb: number
  readonly filterMs: number
}

/**
 * What a person waits for in Chromium: the first visit with an empty cache, later ones, and a filter over 100,000 rows, from the key press until
 * the table has it. `cookie`: of a session that has begun.
 */
export async function visit(origin: string, cookie: string, runs: number): Promise<Visited> {
  const browser = await openBrowser()
  try {
    const [, name = '', value = ''] = /(?:^|; )([\w-]*ssofile-session)=([^;]+)/.exec(cookie) ?? []
    const open = async () => {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
      await context.addCookies([{ name, value, url: origin }])
      return context
    }
    const [first, later, bytes]: [number[], number[], number[]] = [[], [], []]
    for (let run = 0; run < runs; run++) {
      const context = await open()
      const page = await context.newPage()
      const session = await context.newCDPSession(page)
      await session.send('Network.enable')
      let transferred = 0
      session.on('Network.loadingFinished', ({ encodedDataLength }) => {
        transferred += encodedDataLength
      })
      const draw = async (go: () => Promise<unknown>) => {
        const beganMs = performance.now()
        await go()
        await page.getByRole('heading', { name: 'Access that you have' }).waitFor()
        return (performance.now() - beganMs) / 1000
      }
      first.push(await draw(() => page.goto(`${origin}/`)))
      bytes.push(transferred / 1024)
      later.push(await draw(() => page.reload()))
      await context.close()
    }
    const filterMs = await filter(origin, await open())
    return {
      firstSeconds: quantile(first, 0.5),
      laterSeconds: quantile(later, 0.5),
      transferredKb: Math.max(...bytes),
      filterMs,
    }
  } finally {
    await browser.close()
  }
}

const rowsMost = 100_000

/** As a nightly report has them: 5,000 people, 1,000 accounts. */
function report() {
  const collector = new RowCollector()
  const blocks = []
  for (let row = 0; row < rowsMost; row++) {
    const account = String(200_000_000_000 + (row % 1000))
    const one: PageRow = {
      person: `person${row % 5000}@acme.example`,
      personId: `p${row % 5000}`,
      ...(row % 3 === 0 ? {} : { group: `team-${row % 200}`, groupId: `g${row % 200}` }),
      account,
      accountName: `account-${row % 1000}`,
      path: `Root/Department ${row % 20}`,
      permissionSet: `Set-${row % 40}`,
      state: 'granted',
      since: '2026-03-03T10:00:00Z',
      links: [],
    }
    const block = collector.add(one)
    if (block) blocks.push(block)
  }
  return {
    facts: { madeAt: '2026-03-03T10:00:00Z', sources: [], notes: [], administratorSets: [], attention: [] },
    blocks: [...blocks, collector.take()],
    next: null,
  }
}

/** The policy of the page lets no test evaluate text within it, so this asks from outside. */
async function readWait(page: Page): Promise<number> {
  for (;;) {
    const waitedMs: unknown = await page.evaluate('globalThis.waitedMs')
    if (typeof waitedMs === 'number') return waitedMs
    await page.waitForTimeout(20)
  }
}

/** Runs in the browser: from the next key press until the counter in the title of the table has changed. */
const measure = `{
delete globalThis.waitedMs
const counter = () => [...document.querySelectorAll('h2')].map((one) => one.textContent).join()
const before = counter()
addEventListener('keydown', () => {
  const beganMs = performance.now()
  const look = () => {
    if (counter() === before) requestAnimationFrame(look)
    else globalThis.waitedMs = performance.now() - beganMs
  }
  requestAnimationFrame(look)
}, { once: true, capture: true })
}`

async function filter(
  origin: string,
  context: Awaited<ReturnType<Awaited<ReturnType<typeof openBrowser>>['newContext']>>,
): Promise<number> {
  const page = await context.newPage()
  page.setDefaultTimeout(60_000)
  await page.route('**/api/me', (route) =>
    route.fulfill({ json: { name: 'auditor', isAuditor: true, isOperator: false } }),
  )
  await page.route('**/api/everybody', (route) =>
    route.fulfill({ json: { asOf: '2026-03-03T10:00:00Z', dates: ['2026-03-03'], rows: [], accounts: {}, paths: {} } }),
  )
  const body = JSON.stringify(report())
  await page.route('**/api/report?*', (route) => route.fulfill({ contentType: 'application/json', body }))
  await page.goto(`${origin}/#/who`)
  await page.getByText('(100,000)').waitFor()
  const input = page.getByPlaceholder(/Find by person/)
  const waits: number[] = []
  for (const word of ['person4711', 'team-17', 'account-99', 'Department 7', 'Set-12']) {
    await input.fill(word)
    await page.evaluate(measure)
    await input.press('Enter')
    waits.push(await readWait(page))
    // The suggestions of the filter cover the button.
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: /Clear filters/ }).click()
  }
  await context.close()
  return quantile(waits, 0.5)
}
