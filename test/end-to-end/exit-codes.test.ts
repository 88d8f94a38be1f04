import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { referenceFile } from '../handlers/cli/command-reference.ts'
import { LocalSystem } from './local-system.ts'

const link = 'links_data/account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile'

let system: LocalSystem
beforeAll(async () => {
  system = await LocalSystem.start()
  const file = 'permission_sets/Billing-ps.json'
  await system.upload(file, await readFile(new URL(`../../fixtures/acme/${file}`, import.meta.url)))
  await system.upload(link)
  await system.untilFirstListing()
  await system.untilStatus(link, 'applied')
})
afterAll(() => system.stop(), 30_000)

/** Rows such as: | `ssofile who --account 233000000002` | 0 | the group has access there | */
async function readTable() {
  const page = await readFile(referenceFile, 'utf8')
  const rows = page.matchAll(/^\| `ssofile (?<words>[^`]+)` \| (?<code>[012]) \| (?<why>[^|]+) \|$/gm)
  return [...rows].map(({ groups: { words = '', code = '', why = '' } = {} }) => ({ words, code: Number(code), why }))
}

test('every command ends with the exit code that docs/commands.md says', async () => {
  const told = await readTable()
  expect(told.length).toBeGreaterThan(15)
  const ended: unknown[] = []
  for (const { words, why } of told) {
    const { exitCode } = await system.ssofile(words.split(' '), 'auditor')
    ended.push({ words, code: exitCode, why })
  }
  expect(ended).toEqual(told)
})
