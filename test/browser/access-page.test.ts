import { createWriteStream, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import type { PageRow } from '../../shared/modules/access-page/rules/collect-rows.ts'
import type { PageFacts } from '../../shared/modules/access-page/rules/page-data.ts'
import { joinAccessPages, renderAccessPage } from '../../shared/modules/access-page/rules/render-access-page.ts'
import { openBrowser } from './open-browser.ts'
import { facts, formula, hostileAccount, sampleAccess } from './sample-access.ts'

const rowCount = 100_000
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let browser: Browser
let page: Page | undefined
let folder: string
let full: string
beforeAll(async () => {
  browser = await openBrowser()
  folder = await mkdtemp(join(tmpdir(), 'ssofile-page-'))
  full = await write('full.html', sampleAccess(rowCount))
})
afterAll(async () => {
  await browser?.close()
  await rm(folder, { recursive: true })
})

const pageOf = (rows: Iterable<PageRow>, all: PageFacts = facts) =>
  renderAccessPage({ madeAt: all.madeAt, facts: () => all, rows: [[...rows]] })

async function write(name: string, rows: Iterable<PageRow>, given: Partial<PageFacts> = {}): Promise<string> {
  const path = join(folder, name)
  await pipeline(pageOf(rows, { ...facts, ...given }), createWriteStream(path))
  return pathToFileURL(path).href
}

type Opened = { readonly page: Page; readonly requests: readonly string[]; readonly faults: readonly string[] }
/** Opens it in the window, and notes what it asks for and what it complains about. A new window would take a browser a second. */
async function open(url: string, colorScheme: 'light' | 'dark' = 'light'): Promise<Opened> {
  page ??= await browser.newPage()
  page.removeAllListeners()
  await page.setViewportSize({ width: 1400, height: 850 })
  await page.emulateMedia({ colorScheme })
  const requests: string[] = []
  const faults: string[] = []
  page.on('request', (request) => requests.push(request.url()))
  page.on('pageerror', (error) => faults.push(String(error)))
  page.on('console', (message) => faults.push(message.text()))
  await page.goto(url)
  return { page, requests, faults }
}

const countOf = (page: Page) => page.locator('#count').textContent()
const cell = (page: Page, row: number, column: number) => page.locator(`tr[aria-rowindex="${row + 2}"] td`).nth(column)
const rowsInDocument = (page: Page) => page.locator('tbody tr:not([aria-hidden])').count()

/** Milliseconds from typing until the result is painted. */
async function timeSearch(page: Page, words: string): Promise<number> {
  return page.evaluate(async (typed) => {
    const input = document.querySelector<HTMLInputElement>('#words')
    if (!input) throw new Error('no search')
    const start = performance.now()
    input.value = typed
    input.dispatchEvent(new Event('input'))
    // Forces style and layout, which painting waits for.
    document.querySelector('#grid')?.getBoundingClientRect()
    const end = performance.now()
    await new Promise((resolve) => requestAnimationFrame(resolve))
    return end - start
  }, words)
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

async function* linesOf(page: AsyncIterable<string>, most?: number): AsyncGenerator<string, void> {
  const pieces = await Array.fromAsync(page)
  yield* pieces.join('').split('\n').slice(0, most)
}

test('a page of several deployments names the deployment of each row, filters by it, and says which could not be read', async () => {
  async function* pages() {
    yield { deployment: 'acme', lines: linesOf(pageOf(sampleAccess(2_500))) }
    yield { deployment: 'globex', lines: linesOf(pageOf(sampleAccess(40))) }
    yield { deployment: 'initech', lines: linesOf(pageOf(sampleAccess(3)), 40) }
  }
  const path = join(folder, 'several.html')
  await pipeline(joinAccessPages(pages()), createWriteStream(path))
  const { page, requests, faults } = await open(pathToFileURL(path).href)
  expect(await countOf(page)).toMatch(/^2,540 rows: /)
  expect(await page.locator('#made').textContent()).toBe(`As of ${facts.madeAt}. Could not be read: initech`)
  await page.fill('#deployment', 'globex')
  expect(await countOf(page)).toMatch(/^40 rows: /)
  expect(await cell(page, 0, 0).textContent()).toBe('globex')
  await save(page, 'several-deployments')
  expect({ requests, faults }).toEqual({ requests: [pathToFileURL(path).href], faults: [] })
})

test('how people came and went stands above the rows of access, and nowhere else', async () => {
  const lifecycle = [
    ['Joining to access', 'p50 12 s, p95 48 s, worst 65 s (14 people)'],
    ['Owners who are gone', '3'],
  ] as const
  const { page, faults } = await open(await write('people.html', sampleAccess(10), { lifecycle }))
  const section = page.locator('#people')
  expect(await section.textContent()).toBe(`People this month${lifecycle.flat().join('')}`)
  await page.click('nav button[data-view="attention"]')
  expect(await section.isVisible()).toBe(false)
  expect(faults).toEqual([])
  await open(await write('no-people.html', sampleAccess(10)))
  expect(await section.isVisible()).toBe(false)
})

describe('with 100,000 rows', () => {
  test('the page paints within a second, and only the rows that can be seen are in the document', async () => {
    const { page, faults } = await open(full)
    const paint = await page.waitForFunction(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime)
    expect(await paint.jsonValue()).toBeLessThan(1000)
    expect(await countOf(page)).toBe('100,000 rows: 3,000 people, 500 accounts')
    expect(await page.locator('table').getAttribute('aria-rowcount')).toBe(String(rowCount + 1))
    expect(await rowsInDocument(page)).toBeLessThan(60)
    await page.locator('#grid').evaluate((grid) => grid.scrollTo(0, grid.scrollHeight / 2))
    await page.locator('tr[aria-rowindex="50000"]').waitFor()
    expect(await rowsInDocument(page)).toBeLessThan(60)
    expect(faults).toEqual([])
  })

  test('a search takes less than 100 milliseconds', async () => {
    const { page } = await open(full)
    const times: number[] = []
    for (const words of [
      'p',
      'person.1',
      'person.12 prod',
      'team-7 foreign',
      'links_data/account%2330',
      'maria acme',
      'x',
      '',
    ])
      times.push(await timeSearch(page, words))
    console.info(`milliseconds a search: ${times.map((time) => Math.round(time)).join(', ')}`)
    expect(median(times)).toBeLessThan(100)
    await page.fill('#words', 'person.12@acme.example')
    expect(await countOf(page)).toMatch(/: 1 person, \d+ accounts$/)
  })
})

test('nothing leaves the page, not even where somebody makes it try', async () => {
  const { page, requests, faults } = await open(full)
  for (const view of ['matrix', 'changes', 'attention', 'access']) await page.click(`nav button[data-view="${view}"]`)
  expect(requests).toEqual([full])
  expect(faults).toEqual([])
  let calls = 0
  const server = createServer((_, response) => {
    calls++
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`
  const told = await page.evaluate(async (to) => {
    const image = new Image()
    const loaded = new Promise((resolve) => {
      image.onload = () => resolve('loaded')
      image.onerror = () => resolve('refused')
    })
    image.src = to
    const fetched = await fetch(to).then(
      () => 'fetched',
      () => 'refused',
    )
    return [await loaded, fetched]
  }, url)
  await new Promise((resolve) => server.close(resolve))
  expect(told).toEqual(['refused', 'refused'])
  expect(calls).toBe(0)
})

test('the page shows names from strangers as text, whatever is in them', async () => {
  const { page, faults } = await open(full)
  await page.fill('#account', hostileAccount)
  expect(await cell(page, 0, 2).textContent()).toBe(hostileAccount)
  await page.fill('#account', '')
  await page.fill('#unit', `Root/${hostileAccount}`)
  expect(await cell(page, 0, 9).textContent()).toBe(`Root/${hostileAccount}`)
  await page.fill('#unit', '')
  await page.fill('#group', formula)
  expect(await cell(page, 0, 4).textContent()).toBe(formula)
  await cell(page, 0, 8).click()
  expect(await page.locator('dialog').textContent()).toContain('</script><script>')
  await page.click('#close')
  await page.click('nav button[data-view="attention"]')
  expect(await cell(page, 0, 1).textContent()).toContain('</script><script>')
  expect(await page.locator('img').count()).toBe(0)
  expect(await page.title()).toBe('Access, as of 2026-11-21T12:00:00.000Z')
  expect(faults).toEqual([])
})

test('a name that turns text around is shown with codes in place of what turns it', async () => {
  const row = { account: '1', permissionSet: 'Read-ps', state: 'granted', links: [] }
  const { page } = await open(await write('turned.html', [{ ...row, person: 'adm\u202enimda', personId: 'p' }]))
  expect(await cell(page, 0, 0).textContent()).toBe('adm\\u{202e}nimda')
})

/** For people to look at. */
async function save(page: Page, name: string): Promise<void> {
  const into = process.env.SCREENSHOTS
  if (into !== undefined) await page.screenshot({ path: join(into, `${name}.png`) })
}

describe.each(['light', 'dark'] as const)('in %s colours axe-core finds nothing', (colors) => {
  async function findFaults(page: Page): Promise<unknown> {
    await page.evaluate(axe)
    return page.evaluate(
      `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes.map((n) => n.html)]))`,
    )
  }

  async function look(page: Page, name: string): Promise<void> {
    await save(page, `${name}-${colors}`)
    expect(await findFaults(page)).toEqual([])
  }

  test.each(['access', 'matrix', 'changes', 'attention'])('in the view %s', async (view) => {
    const { page } = await open(full, colors)
    await page.click(`nav button[data-view="${view}"]`)
    await look(page, view)
  })

  test('in the view of a person, and in the details of a row', async () => {
    const { page } = await open(full, colors)
    await page.fill('#person', 'person.12@acme.example')
    await look(page, 'person')
    await cell(page, 0, 8).click()
    await look(page, 'details')
  })
})

test('the page of a person shows since when and by which link without scrolling, in a window of 1,280 pixels', async () => {
  const { page } = await open(full)
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.fill('#person', 'person.12@acme.example')
  expect(await page.locator('th', { hasText: 'Person' }).count()).toBe(0)
  const grid = await page.locator('#grid').evaluate(({ clientWidth }) => clientWidth)
  for (const title of ['Since', 'Until', 'State', 'By link']) {
    const box = await page.locator('th', { hasText: title }).boundingBox()
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(grid + 17)
  }
  const link = cell(page, 0, 7)
  expect(await link.textContent()).toMatch(/^account%/)
  expect((await link.boundingBox())?.width ?? 0).toBeGreaterThan(300)
  await save(page, 'person-1280')
})

test('on a phone the filters are folded, and unfold; in a wider window they are always there', async () => {
  const { page } = await open(full)
  await page.setViewportSize({ width: 390, height: 844 })
  await page.locator('#words').waitFor({ state: 'hidden' })
  expect((await page.locator('#grid').boundingBox())?.y ?? 1000).toBeLessThan(422)
  await save(page, 'phone')
  await page.click('#fold summary')
  await page.fill('#words', 'person.12@')
  expect(await page.locator('#words').isVisible()).toBe(true)
  await page.click('#fold summary')
  await page.setViewportSize({ width: 1280, height: 800 })
  expect(await page.inputValue('#words')).toBe('person.12@')
  await page.locator('#words').waitFor({ state: 'visible' })
  expect(await page.locator('#fold summary').isVisible()).toBe(false)
})

test('every row can be reached and opened with the keyboard alone', async () => {
  const { page } = await open(full)
  await page.locator('#clear').focus()
  // Each title of a column is a button, then comes one cell of the table.
  for (let step = 0; step < 20; step++) {
    if (await page.evaluate(() => document.activeElement?.tagName === 'TD')) break
    await page.keyboard.press('Tab')
  }
  const place = () =>
    page.evaluate(() => {
      const focused = document.activeElement
      return [
        focused?.closest('tr')?.getAttribute('aria-rowindex'),
        (focused as HTMLTableCellElement | null)?.cellIndex,
      ]
    })
  expect(await place()).toEqual(['2', 0])
  await page.keyboard.press('Control+End')
  expect(await place()).toEqual([String(rowCount + 1), 9])
  await page.keyboard.press('Home')
  await page.keyboard.press('ArrowUp')
  expect(await place()).toEqual([String(rowCount), 0])
  const person = await page.evaluate(() => document.activeElement?.textContent)
  await page.keyboard.press('Enter')
  expect(await page.locator('#subject h2').textContent()).toBe(person)
  expect(await page.inputValue('#person')).toBe(person)
})

test('a sorted column says so, and a second press turns the order around', async () => {
  const { page } = await open(full)
  const title = page.locator('th', { hasText: 'Account' })
  await title.locator('button').click()
  expect(await title.getAttribute('aria-sort')).toBe('ascending')
  expect(await cell(page, 0, 1).textContent()).toBe('233000000000')
  await page.locator('th', { hasText: 'Account' }).locator('button').click()
  expect(await title.getAttribute('aria-sort')).toBe('descending')
  expect(await cell(page, 0, 1).textContent()).toBe('233000000499')
})

test('a number in the matrix leads to the people it counts', async () => {
  const { page } = await open(full)
  await page.click('nav button[data-view="matrix"]')
  const counted = page.locator('tbody td:not(:first-child)', { hasText: /^\d+$/ }).first()
  const number = await counted.textContent()
  await counted.click()
  expect(await countOf(page)).toMatch(new RegExp(`: ${number} (person|people), 1 account$`))
})

test('changes since a date are those of changes/, where the page has them', async () => {
  const changes = [
    { at: '2026-11-19T08:00:00.000Z', event: 'granted', what: 'account%1%Read-ps%a%GROUP%ssofile' },
    { at: '2026-11-21T08:00:00.000Z', event: 'revoked', what: 'account%1%Read-ps%b%GROUP%ssofile' },
    { at: '2026-11-20T08:00:00.000Z', event: 'paused', what: 'all' },
  ]
  const { page } = await open(await write('changes.html', [], { changes }))
  await page.click('nav button[data-view="changes"]')
  expect(await page.locator('tbody td:nth-child(2)').allTextContents()).toEqual(['revoked', 'paused', 'granted'])
  await page.fill('#since', '2026-11-20')
  expect(await page.locator('tbody td:nth-child(2)').allTextContents()).toEqual(['revoked', 'paused'])
})

test('on paper stand the first 2,000 rows and how many there are, and afterwards the screen is as before', async () => {
  const { page } = await open(full)
  await page.evaluate(() => {
    window.addEventListener('beforeprint', () => {
      const rows = document.querySelectorAll('tbody tr:not([aria-hidden])').length
      document.title = `${rows} rows: ${document.querySelector('#printed')?.textContent}`
    })
  })
  await page.pdf({ pageRanges: '1' })
  expect(await page.title()).toBe(
    '2000 rows: The first 2000 of 100000 rows are printed. A filter leaves fewer; access.csv has all.',
  )
  expect(await rowsInDocument(page)).toBeLessThan(60)
})

test('the CSV file that a person saves begins with a byte order mark, so that a spreadsheet takes it for UTF-8', async () => {
  const { page } = await open(await write('csv.html', sampleAccess(10)))
  const [saved] = await Promise.all([page.waitForEvent('download'), page.locator('#csv').click()])
  const bytes = readFileSync(await saved.path())
  expect([...bytes.subarray(0, 4)]).toEqual([0xef, 0xbb, 0xbf, '"'.charCodeAt(0)])
})
