import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { buildSabotage } from './build-sabotage.ts'
import { sabotages } from './sabotages.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const read = (file: string) => readFileSync(join(root, file), 'utf8')

describe('sabotages', () => {
  test.each(sabotages)('the sabotage "$name" can be built into the code as it is', (sabotage) => {
    const source = read(sabotage.file)
    expect(buildSabotage(source, sabotage)).not.toBe(source)
  })

  test('no two sabotages have the same name', () => {
    expect(new Set(sabotages.map(({ name }) => name)).size).toBe(sabotages.length)
  })
})

describe('the compiler', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sabotages-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  // Each stands beside the file that it was made of, so that all are compiled at once.
  test('every sabotage is code that compiles', () => {
    for (const part of ['shared', 'handlers', 'infra', 'package.json'])
      cpSync(join(root, part), join(folder, part), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    const files = sabotages.map((sabotage, index) => {
      const file = sabotage.file.replace(/\.ts$/, `.sabotage-${index}.ts`)
      writeFileSync(join(folder, file), buildSabotage(read(sabotage.file), sabotage))
      return file
    })
    const { compilerOptions } = JSON.parse(read('tsconfig.json'))
    // A defect may leave a name without use.
    const options = {
      ...compilerOptions,
      incremental: false,
      tsBuildInfoFile: undefined,
      noUnusedLocals: false,
      noUnusedParameters: false,
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files }))
    const tsc = join(root, 'node_modules/.bin/tsc')
    const { stdout, status } = spawnSync(tsc, ['--pretty', 'false'], { cwd: folder, encoding: 'utf8' })
    expect(stdout).toBe('')
    expect(status).toBe(0)
  }, 60_000)
})
