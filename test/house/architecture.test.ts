import { describe, expect, test } from '@jest/globals'
import { architectureFaults, modules, rooms, rules } from './architecture.ts'
import { listProjectFiles, readText } from './source-files.ts'

const sources = listProjectFiles().filter((path) => /\.tsx?$/.test(path))

const namesIn = (table: string) => [...table.matchAll(/^\| `([a-z-]+)` \| /gm)].map(([, name]) => name)

test('every folder with sources has its rule', () => {
  for (const folder of ['infra', 'handlers', 'shared', 'test']) {
    expect(sources.some((path) => path.startsWith(`${folder}/`))).toBe(true)
  }
  const without = sources.filter((path) => !rules.some(({ where }) => `${path}/`.startsWith(`${where}/`)))
  expect(without).toEqual([])
})

test('docs/contributing-code.md draws and describes the rooms of the core in the order in which they may import', () => {
  const text = readText('docs/contributing-code.md')
  const drawn = /rooms before it\n([^│]*)/.exec(text)?.[1]?.match(/[a-z-]+/g)
  expect(drawn).toEqual(rooms)
  const [, described = ''] = text.split('\n| room |')
  expect(namesIn(described.split('\n\n')[0] ?? '')).toEqual(rooms)
})

test('docs/contributing-code.md describes each module, with the modules that it names', () => {
  const [, table = ''] = readText('docs/contributing-code.md').split('\n| module |')
  const rows = table.split('\n\n')[0]?.split('\n').slice(2) ?? []
  const described = rows.map((row) => [
    namesIn(row)[0],
    row
      .split(' | ')
      .at(-1)
      ?.match(/[a-z-]+/g),
  ])
  expect(Object.fromEntries(described)).toEqual(
    Object.fromEntries(Object.entries(modules).map(([name, named]) => [name, named.length === 0 ? ['none'] : named])),
  )
})

test('each module has a folder and one of tests, and names only modules before it', () => {
  const before = new Set<string>()
  for (const [name, named] of Object.entries(modules)) {
    expect({ name, unknown: named.filter((one) => !before.has(one)) }).toEqual({ name, unknown: [] })
    before.add(name)
    for (const folder of ['shared/modules', 'test/shared/modules'])
      expect({ folder, name, has: sources.some((path) => path.startsWith(`${folder}/${name}/`)) }).toMatchObject({
        has: true,
      })
  }
  const folders = sources.flatMap((path) => /^shared\/modules\/([^/]+)\//.exec(path)?.[1] ?? [])
  expect(new Set(folders)).toEqual(before)
})

test('the compiler refuses what type stripping cannot erase', () => {
  expect(JSON.parse(readText('tsconfig.json')).compilerOptions).toMatchObject({
    erasableSyntaxOnly: true,
    verbatimModuleSyntax: true,
  })
})

describe('an import is refused', () => {
  test.each([
    ['domain to a port', 'shared/domain/links/link.ts', "import { a } from '../../ports/clock.ts'"],
    ['domain to node', 'shared/domain/links/link.ts', "import { createHash } from 'node:crypto'"],
    ['ports to zod', 'shared/ports/clock.ts', "import * as z from 'zod'"],
    ['ports to an adapter', 'shared/ports/clock.ts', "import { a } from '../aws/system-clock.ts'"],
    ['reconcile to an adapter', 'shared/reconcile/dispatcher/lease.ts', "import { a } from '../../memory/x.ts'"],
    ['reconcile to the SDK', 'shared/reconcile/dispatcher/lease.ts', "import { a } from '@aws-sdk/client-s3'"],
    ['reconcile to the file system', 'shared/reconcile/dispatcher/lease.ts', "import { a } from 'node:fs'"],
    ['an earlier room to a later one', 'shared/reconcile/records/ledger.ts', "import { a } from '../brake/brake.ts'"],
    ['a file of the loop outside its rooms', 'shared/reconcile/ledger.ts', "import { a } from '../domain/link.ts'"],
    ['the domain to a module', 'shared/domain/links/link.ts', "import { a } from '../../modules/usage/rules/use.ts'"],
    ['a port to a module', 'shared/ports/clock.ts', "import { a } from '../modules/usage/rules/use.ts'"],
    [
      'the core to a module',
      'shared/reconcile/records/ledger.ts',
      "import { a } from '../../modules/usage/use-records.ts'",
    ],
    [
      'the core to the list of modules',
      'shared/reconcile/records/ledger.ts',
      "import { a } from '../../modules/controllers.ts'",
    ],
    ['a module to one that it does not name', 'shared/modules/usage/x.ts', "import { a } from '../doctor/examine.ts'"],
    ['a module to the list of modules', 'shared/modules/usage/x.ts', "import { a } from '../controllers.ts'"],
    ['rules of a module to its records', 'shared/modules/usage/rules/x.ts', "import { a } from '../use-records.ts'"],
    ['rules of a module to a port', 'shared/modules/usage/rules/x.ts', "import { a } from '../../../ports/clock.ts'"],
    ['rules of a module to hashes', 'shared/modules/usage/rules/x.ts', "import { a } from 'node:crypto'"],
    [
      'the page to more than the rules of a module',
      'shared/page/start.ts',
      "import { a } from '../modules/usage/use-records.ts'",
    ],
    ['memory to aws', 'shared/memory/x.ts', "import { a } from '../aws/x.ts'"],
    ['aws to memory', 'shared/aws/s3-object-store.ts', "import { a } from '../memory/x.ts'"],
    ['aws to reconcile', 'shared/aws/s3-object-store.ts', "import { a } from '../reconcile/x.ts'"],
    ['memory to the process', 'shared/memory/x.ts', "import { a } from 'node:process'"],
    ['shared to handlers', 'shared/reconcile/dispatcher/lease.ts', "import { a } from '../../../handlers/links.ts'"],
    ['handlers to the SDK', 'handlers/links.ts', "import { a } from '@aws-sdk/client-s3'"],
    ['a handler to an adapter', 'handlers/links.ts', "import { a } from '../shared/aws/aws-ports.ts'"],
    ['an entry to a model', 'handlers/entry/links.ts', "import { a } from '../../shared/memory/x.ts'"],
    ['handlers to infra', 'handlers/links.ts', "import { a } from '../infra/local/x.ts'"],
    ['another command to infra', 'handlers/cli/plan/plan.ts', "import { a } from '../../../infra/local/x.ts'"],
    ['handlers to test', 'handlers/links.ts', "import { a } from '../test/x.ts'"],
    ['handlers to fastify', 'handlers/links.ts', "import fastify from 'fastify'"],
    ['stacks to fauxqs', 'infra/app.ts', "import { buildApp } from 'fauxqs'"],
    ['infra to test', 'infra/local/x.ts', "import { a } from '../../test/x.ts'"],
    [
      'a name that only begins like an allowed folder',
      'handlers/links.ts',
      "import { a } from '../shared-secrets/x.ts'",
    ],
    ['a name that only begins like an allowed package', 'shared/domain/links/link.ts', "import { a } from 'zod-extra'"],
    ['outside the project', 'test/world.ts', "import { a } from '../../elsewhere/x.ts'"],
    ['an import without extension', 'shared/domain/links/link.ts', "import { a } from './scope'"],
    ['an import of a .js file', 'shared/domain/links/link.ts', "import { a } from './scope.js'"],
    ['a folder as a module', 'handlers/links.ts', "import { a } from '../shared/domain'"],
    ['a file in no known folder', 'scripts/x.ts', "import { a } from 'node:fs'"],
  ])('%s', (_, path, text) => {
    expect(architectureFaults(path, text)).toEqual([expect.stringMatching(new RegExp(`^${path}:1: `))])
  })

  test.each([
    ['import', "import { a } from 'fauxqs'"],
    ['a type', "import type { A } from 'fauxqs'"],
    ['one type among others', "import { type A } from 'fauxqs'"],
    ['for its effects', "import 'fauxqs'"],
    ['export from', "export { a } from 'fauxqs'"],
    ['export type from', "export type { A } from 'fauxqs'"],
    ['export all', "export * from 'fauxqs'"],
    ['dynamic', "const a = await import('fauxqs')"],
    ['deep in a function', "const a = async () => { for (;;) { if (await import('fauxqs')) return } }"],
    ['in a type', "type A = import('fauxqs').A"],
    ['require', "const a = require('fauxqs')"],
  ])('in every form: %s', (_, statement) => {
    const text = `// Équipe d’audit\n/* 'fauxqs'\n */\n${statement}\n`
    expect(architectureFaults('shared/domain/links/link.ts', text)).toEqual([
      "shared/domain/links/link.ts:4: imports 'fauxqs'; allowed in shared/domain: shared/domain, zod, jsonc-parser, fastest-levenshtein, ipaddr.js",
    ])
  })

  test('whose name is computed', () => {
    for (const argument of ['name', `\`../\${name}.ts\``, "'../' + name"]) {
      expect(architectureFaults('shared/domain/links/link.ts', `const name = 'x'\nawait import(${argument})`)).toEqual([
        expect.stringContaining('shared/domain/links/link.ts:2: imports what is named only when it runs'),
      ])
    }
  })
})

test('an import that only a comment or a text speaks of is none', () => {
  const text = `// import 'fauxqs'\nconst a = "import { b } from 'fauxqs'"\n`
  expect(architectureFaults('shared/domain/links/link.ts', text)).toEqual([])
})

test.each([
  [
    'reconcile to zod, p-limit and hashes',
    'shared/reconcile/dispatcher/lease.ts',
    "import 'zod'\nimport 'p-limit'\nimport 'node:crypto'",
  ],
  ['aws to the SDK', 'shared/aws/s3-object-store.ts', "import '@aws-sdk/client-s3'\nimport '@smithy/types'"],
  ['a later room to an earlier one', 'shared/reconcile/brake/brake.ts', "import '../records/ledger.ts'"],
  [
    'an entry to the adapters',
    'handlers/entry/links.ts',
    "import '../../shared/aws/aws-ports.ts'\nimport '../links.ts'",
  ],
  ['the command local to infra', 'handlers/cli/local.ts', "import '../../infra/local/x.ts'"],
  ['infra to handlers', 'infra/local/x.ts', "import '../../handlers/links.ts'\nimport 'fauxqs'"],
  ['a file with a first line for the shell', 'handlers/cli/ssofile.ts', "#!/usr/bin/env node\nimport 'commander'"],
])('%s is allowed', (_, path, text) => {
  expect(architectureFaults(path, text)).toEqual([])
})

describe('clock, timers and randomness arrive as ports', () => {
  test.each([
    'const at = Date.now()',
    'const now = Date.now',
    'const at = new Date()',
    'const at = new Date',
    'setTimeout(() => {}, 1)',
    "import { setTimeout } from 'node:timers/promises'",
    'setInterval(() => {}, 1)',
    'const signal = AbortSignal.timeout(1)',
    'const ms = performance.now()',
    'const n = Math.random()',
    'const id = crypto.randomUUID()',
    "import { randomUUID } from 'node:crypto'",
  ])('%s', (statement) => {
    const faults = architectureFaults('handlers/links.ts', `\n${statement}`)
    expect(faults.length).toBeGreaterThan(0)
    for (const fault of faults) expect(fault).toMatch(/^handlers\/links\.ts:2: (reads|uses) /)
    for (const path of ['shared/aws/system-clock.ts', 'handlers/cli/ssofile.ts', 'test/world.ts']) {
      expect(architectureFaults(path, statement)).toEqual([])
    }
  })

  test('an instant that is given, and a clock that is passed in, are no clock', () => {
    const text = 'const at = new Date(0)\nconst now = clock.now()\nconst known = random.fraction()'
    expect(architectureFaults('handlers/links.ts', text)).toEqual([])
  })
})

test.each([
  ['an enum', 'enum Color { Red }', 'an enum'],
  ['a const enum', 'export const enum Color { Red }', 'an enum'],
  ['a namespace', 'namespace A { export const a = 1 }', 'a namespace'],
])('%s is refused', (_, text, fault) => {
  expect(architectureFaults('shared/domain/links/link.ts', text)).toEqual([
    expect.stringContaining(`shared/domain/links/link.ts:1: ${fault}`),
  ])
})

test.each([
  'shared/domain/index.ts',
  'shared/domain/utils.ts',
  'shared/domain/string-util.ts',
  'shared/helpers/x.ts',
  'test/test-helper.ts',
  'handlers/common.ts',
  'shared/aws/queue-manager.ts',
  'handlers/link-processor.test.ts',
])('a file called %s is refused', (path) => {
  expect(architectureFaults(path, '')).toHaveLength(1)
})

test('a word that only contains an empty one is a name', () => {
  expect(architectureFaults('shared/domain/uncommon-account.ts', '')).toEqual([])
})
