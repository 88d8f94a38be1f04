import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readText } from '../house/source-files.ts'
import { collectRecords } from './collect-records.ts'

/** Writes a copy of a record of each kind, as this version writes them: to be run for each release, and never again for it. */
const { version } = JSON.parse(readText('package.json')) as { version: string }
const folder = fileURLToPath(new URL(`../../fixtures/releases/${version}/`, import.meta.url))
rmSync(folder, { recursive: true, force: true })
const { records, messages } = await collectRecords()
for (const [kind, { key, text }] of records)
  write(`bucket/${kind.replaceAll('/', ' ').replace(/\.json$/, '')}.json`, { kind, key, text })
for (const [queue, bodies] of messages) write(`messages/${queue}.json`, bodies)

function write(name: string, value: unknown): void {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(value, undefined, 2)}\n`)
}
