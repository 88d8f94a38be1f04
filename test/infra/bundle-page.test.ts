import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from '@jest/globals'

const script = fileURLToPath(new URL('../../infra/bundle-page.ts', import.meta.url))

test('the page is never written over a folder that has other files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ssofile-page-'))
  writeFileSync(join(folder, 'notes.txt'), 'mine')
  const { status, stderr } = spawnSync(process.execPath, [script, folder], { encoding: 'utf8' })
  expect(status).toBe(1)
  expect(stderr).toContain(`received a folder that has 'notes.txt'`)
  expect(existsSync(join(folder, 'notes.txt'))).toBe(true)
  rmSync(folder, { recursive: true })
})
