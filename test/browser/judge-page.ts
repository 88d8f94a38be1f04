import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect } from '@jest/globals'
import type { Locator, Page } from 'playwright-core'
import { isWhole } from '../depth.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Pictures for a person to look at, where SSOFILE_PICTURES names a folder. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.SSOFILE_PICTURES
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png` })
}

/** Wide and narrow, light and dark. CI takes the first two, which have each of these once. */
const every = [
  ['light-1280', 'light', 1280],
  ['dark-390', 'dark', 390],
  ['light-390', 'light', 390],
  ['dark-1280', 'dark', 1280],
] as const
const looks = every.slice(0, isWhole ? every.length : 2)

/** In each look: nothing for axe to find, and nothing wider than the window. Then the page has its own look again. */
export async function judge(page: Page, name: string): Promise<void> {
  const own = page.viewportSize() ?? undefined
  for (const [look, colorScheme, width] of looks) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.setViewportSize({ width, height: own?.height ?? 800 })
    await judgeLook(page, `${name}-${look}`)
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null })
  if (own) await page.setViewportSize(own)
}

/** The same for the look that the page has now. */
export async function judgeLook(page: Page, name: string): Promise<void> {
  await picture(page, name)
  // As a test tool may, past the policy of the page.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe)
  const { faults, tooWide } = await page.evaluate(async () => {
    const { axe: judged } = window as unknown as {
      axe: { run: (options: object) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
    }
    // By then the page has the new width.
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame)
    const { violations } = await judged.run({ resultTypes: ['violations'] })
    return {
      faults: violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
      tooWide: document.documentElement.scrollWidth - window.innerWidth,
    }
  })
  expect({ name, faults }).toEqual({ name, faults: [] })
  expect({ name, tooWide: Math.max(0, tooWide) }).toEqual({ name, tooWide: 0 })
}

/** The row of a table that has these texts. */
export function row(page: Page, ...texts: readonly string[]): Locator {
  const all = page.getByRole('row')
  return texts.reduce((rows, hasText) => rows.filter({ hasText }), all).first()
}

/** A list from which one chooses, by its label. */
export async function choose(page: Page, label: string, option: string): Promise<void> {
  await page.getByRole('button', { name: new RegExp(`^${label}`) }).click()
  await page.getByRole('option', { name: new RegExp(`^${option}`) }).click()
}

/** Fills the form of a request as a person does, and sends it. */
export async function ask(
  page: Page,
  { set, hours, reason }: { readonly set?: string; readonly hours?: string; readonly reason: string },
): Promise<void> {
  if (set !== undefined) await choose(page, 'Permission set', set)
  if (hours !== undefined) await page.getByRole('textbox', { name: 'Hours' }).fill(hours)
  await page.getByRole('textbox', { name: 'Reason' }).fill(reason)
  await page.getByRole('button', { name: /^Request (access|the extension)$/ }).click()
}

export async function confirm(
  page: Page,
  label: string,
  text?: { readonly field: string; readonly value: string },
): Promise<void> {
  const dialog = page.getByRole('dialog')
  if (text !== undefined) await dialog.getByRole('textbox', { name: text.field }).fill(text.value)
  await dialog.getByRole('button', { name: label, exact: true }).click()
}
