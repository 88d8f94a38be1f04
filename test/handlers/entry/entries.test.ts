import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { FunctionEnvironment } from '../../../handlers/entry/open-deployment.ts'
import { bundleFunction } from '../../../infra/bundle-function.ts'
import { defaultConfiguration } from '../../../shared/domain/configuration.ts'
import { functionNames } from '../../../shared/ports/deployment-settings.ts'
import { workedQueues } from '../../../shared/ports/queues.ts'

const bundleBytesMost = 1024 * 1024
const loadMsMost = 150
const attempts = 8

const environment: FunctionEnvironment & { readonly AWS_REGION: string } = {
  AWS_REGION: 'eu-west-1',
  SSOFILE_DEPLOYMENT: 'ssofile',
  SSOFILE_BUCKET: 'ssofile',
  SSOFILE_INSTANCE_ARN: 'arn:aws:sso:::instance/ssoins-1234567890abcdef',
  SSOFILE_QUEUE_URLS: JSON.stringify(
    Object.fromEntries(
      workedQueues.map((queue) => [queue, `https://sqs.eu-west-1.amazonaws.com/111122223333/${queue}`]),
    ),
  ),
}

let directory = ''
const directoryOf = (name: string) => join(directory, name)

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'ssofile-bundles-'))
  for (const name of functionNames) bundleFunction(name, defaultConfiguration, directoryOf(name))
})
afterAll(() => rmSync(directory, { recursive: true }))

/** Loads a bundle in a fresh process, as Lambda does. Answers what it exports and the time it takes a processor. */
function load(name: string, variables: object): { handler: string; cpuMs: number } {
  const file = pathToFileURL(join(directoryOf(name), 'index.mjs')).href
  const script = `const before = process.cpuUsage()
    const { handler } = await import('${file}')
    const { user, system } = process.cpuUsage(before)
    console.log(JSON.stringify({ handler: typeof handler, cpuMs: (user + system) / 1000 }))`
  const child = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
    env: { ...variables },
  })
  if (child.status !== 0) throw new Error(child.stderr)
  return JSON.parse(child.stdout)
}

test('every function of a deployment has an entry of its name', () => {
  const entries = readdirSync(new URL('../../../handlers/entry/', import.meta.url)).map((file) =>
    file.replace('.ts', ''),
  )
  expect(entries).toEqual(expect.arrayContaining([...functionNames]))
})

describe.each(functionNames)('the bundle of %s', (name) => {
  test('has at most one megabyte', () => {
    expect(statSync(join(directoryOf(name), 'index.mjs')).size).toBeLessThanOrEqual(bundleBytesMost)
  })

  test('loads by itself, in at most 150 ms of a processor', () => {
    // Other processes of the machine only make it slower, so the fastest attempt counts.
    let fastest = Number.POSITIVE_INFINITY
    for (let attempt = 0; attempt < attempts && fastest > loadMsMost; attempt++) {
      const { handler, cpuMs } = load(name, environment)
      expect(handler).toBe('function')
      fastest = Math.min(fastest, cpuMs)
    }
    expect(fastest).toBeLessThanOrEqual(loadMsMost)
  })
})

test('a function without its environment says what is missing', () => {
  const { SSOFILE_BUCKET: _, ...others } = environment
  expect(() => load('router', others)).toThrow('SSOFILE_BUCKET')
})
