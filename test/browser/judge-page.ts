import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect } from '@jest/globals'
import type { Locator, Page } from 'playwright-core'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Pictures for a person to look at, where SSOFILE_PICTURES names a folder. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.SSOFILE_PICTURES
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png` })
}

/** Nothing for axe to find, and nothing wider than the window. */
export async function judge(page: Page, name: string): Promise<void> {
  await picture(page, name)
  // As a test tool may, past the policy of the page.
  await page.evaluate(axe)
  const faults = await page.evaluate(async () => {
    const { axe: judged } = window as unknown as {
      axe: { run: () => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }
    }
    const { violations } = await judged.run()
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
  })
  expect({ name, faults }).toEqual({ name, faults: [] })
  const width = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  expect(width).toBeLessThanOrEqual(0)
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
  { set, hours, reason }: { readonly set?: string; readonly hours: string; readonly reason: string },
): Promise<void> {
  if (set !== undefined) await choose(page, 'Permission set', set)
  await page.getByRole('textbox', { name: 'Hours' }).fill(hours)
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
