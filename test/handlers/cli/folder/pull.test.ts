import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { refuseImpossible } from '../../../../handlers/cli/folder/pull.ts'

const folder = mkdtempSync(join(tmpdir(), 'pull-'))
const file = join(folder, 'file')
writeFileSync(file, '')
afterAll(() => rmSync(folder, { recursive: true }))

test.each([folder, join(folder, 'new'), join(folder, 'new', 'below')])(
  'a folder that exists or can be made is taken: %s',
  async (target) => {
    await refuseImpossible(target)
  },
)

test.each([file, join(file, 'below'), join(file, 'far', 'below')])(
  'a place at or below a file is refused before anything is fetched, with the name of that file: %s',
  async (target) => {
    await expect(refuseImpossible(target)).rejects.toThrow(
      `received the folder '${target}', but '${file}' is a file; expected a folder`,
    )
  },
)
