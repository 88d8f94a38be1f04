import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import * as z from 'zod'
import type { FunctionEnvironment } from '../../../handlers/entry/open-deployment.ts'
import { configurationOf } from '../../../shared/domain/environment.ts'
import { functionNames } from '../../../shared/ports/deployment-settings.ts'
import { workedQueues } from '../../../shared/ports/queues.ts'
import { example, exampleDocument } from '../../infra/environments.ts'
import { readAssembly, synthesizeTo } from '../../infra/synthesize.ts'

const bundleBytesMost = 1024 * 1024
const deployed = z.object({ FunctionName: z.string(), Code: z.object({ S3Key: z.string() }) })

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
const bundles = new Map<string, string>()

function bundleOf(name: string): string {
  const bundle = bundles.get(name)
  if (bundle === undefined) throw new Error(`${name} has no bundle`)
  return bundle
}

/** The bundles as a deployment would upload them, found by the template. */
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'ssofile-bundles-'))
  await synthesizeTo(directory, { example: exampleDocument }, 'bundles')
  const { ssofile } = await readAssembly(join(directory, 'example'))
  for (const { Type, Properties } of Object.values(ssofile?.Resources ?? {})) {
    if (Type !== 'AWS::Lambda::Function') continue
    const { FunctionName, Code } = deployed.parse(Properties)
    bundles.set(
      FunctionName.replace('ssofile-', ''),
      join(directory, 'example', `asset.${Code.S3Key.replace('.zip', '')}`),
    )
  }
}, 600_000)
afterAll(() => rmSync(directory, { recursive: true }))

/** Loads a bundle in a fresh process, as Lambda does. Answers what its handler is. */
function load(name: string, variables: object): string {
  const file = pathToFileURL(join(bundleOf(name), 'index.mjs')).href
  const script = `console.log(typeof (await import('${file}')).handler)`
  const child = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
    env: { ...variables },
  })
  if (child.status !== 0) throw new Error(child.stderr)
  return child.stdout.trim()
}

test('every function of a deployment has an entry of its name', () => {
  const entries = readdirSync(new URL('../../../handlers/entry/', import.meta.url)).map((file) =>
    file.replace('.ts', ''),
  )
  expect(entries).toEqual(expect.arrayContaining([...functionNames]))
})

test('every function is deployed with a bundle of its own, and the configuration of the environment beside it', () => {
  expect([...bundles.keys()].sort()).toEqual([...functionNames].sort())
  const texts = functionNames.map((name) => readFileSync(join(bundleOf(name), 'index.mjs'), 'utf8'))
  expect(new Set(texts).size).toBe(functionNames.length)
  for (const name of functionNames)
    expect(JSON.parse(readFileSync(join(bundleOf(name), 'configuration.json'), 'utf8'))).toEqual(
      configurationOf(example),
    )
})

describe.each(functionNames)('the bundle of %s', (name) => {
  test('has at most one megabyte', () => {
    expect(statSync(join(bundleOf(name), 'index.mjs')).size).toBeLessThanOrEqual(bundleBytesMost)
  })

  test('loads by itself', () => {
    expect(load(name, environment)).toBe('function')
  })
})

test('a function without its environment says what is missing', () => {
  const { SSOFILE_BUCKET: _, ...others } = environment
  expect(() => load('router', others)).toThrow('SSOFILE_BUCKET')
})
