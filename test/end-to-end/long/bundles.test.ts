import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import * as z from 'zod'
import { bundleFunctions } from '../../../infra/bundle-function.ts'
import { apiSettingsOf, configurationOf, environment } from '../../../shared/domain/deployment/environment.ts'
import { functionNames } from '../../../shared/ports/deployment-settings.ts'
import { environments } from '../../infra/environments.ts'
import { functionEnvironment, runBundle } from '../../infra/run-bundle.ts'
import { readAssembly, synthesizeTo } from '../../infra/synthesize.ts'

/** With the roles in accounts, for there is no function `credentials` or `retire` without them. */
const withEveryFunction = { ...environments.api, auditorRole: 'ssofile-auditor', hygieneRole: 'ssofile-hygiene' }
const example = environment.parse(withEveryFunction)
const megabyte = 1024 * 1024
/** Nobody waits for the nightly report, which also has the library for Parquet. */
const bundleBytesMost = (name: string) => (name === 'report' ? 1.25 : 1) * megabyte
const deployed = z.object({ FunctionName: z.string(), Code: z.object({ S3Key: z.string() }) })

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
  await synthesizeTo(directory, { example: withEveryFunction }, 'bundles')
  const { ssofile } = await readAssembly(join(directory, 'example'))
  for (const { Type, Properties } of Object.values(ssofile?.Resources ?? {})) {
    if (Type !== 'AWS::Lambda::Function') continue
    const { FunctionName, Code } = deployed.parse(Properties)
    bundles.set(
      FunctionName.replace('ssofile-', ''),
      join(directory, 'example', `asset.${Code.S3Key.replace('.zip', '')}`),
    )
  }
})
afterAll(() => rmSync(directory, { recursive: true }))

/** What the handler of a bundle is, loaded as Lambda does. */
const load = (name: string, variables: object) =>
  runBundle(join(bundleOf(name), 'index.mjs'), variables, 'console.log(typeof (await load()).handler)')

test('every function is deployed with a bundle of its own, and the configuration of the environment beside it', () => {
  expect([...bundles.keys()].sort()).toEqual([...functionNames].sort())
  const texts = functionNames.map((name) => readFileSync(join(bundleOf(name), 'index.mjs'), 'utf8'))
  expect(new Set(texts).size).toBe(functionNames.length)
  for (const name of functionNames)
    expect(JSON.parse(readFileSync(join(bundleOf(name), 'configuration.json'), 'utf8'))).toEqual(
      configurationOf(example),
    )
})

test('tests whose bundles are made all at once run the same code', () => {
  const all = join(directory, 'all')
  bundleFunctions(configurationOf(example), all)
  const codeIn = (folder: string) => readFileSync(join(folder, 'index.mjs'), 'utf8')
  expect(functionNames.filter((name) => codeIn(join(all, name)) !== codeIn(bundleOf(name)))).toEqual([])
})

test('the bundle of the API, and no other, has beside it who may do what', () => {
  const settings = (name: string) => readFileSync(join(bundleOf(name), 'api.json'), 'utf8')
  expect(JSON.parse(settings('api'))).toEqual(apiSettingsOf(example))
  expect(() => settings('router')).toThrow('ENOENT')
})

describe.each(functionNames)('the bundle of %s', (name) => {
  test('is not too large', () => {
    expect(statSync(join(bundleOf(name), 'index.mjs')).size).toBeLessThanOrEqual(bundleBytesMost(name))
  })

  test('has credentials of the environment only, as Lambda gives them', () => {
    const text = readFileSync(join(bundleOf(name), 'index.mjs'), 'utf8')
    expect(text).toContain('AWS_SECRET_ACCESS_KEY')
    for (const other of ['Web identity configuration not specified', 'GetRoleCredentials', 'credential_process'])
      expect(text).not.toContain(other)
  })

  test('loads by itself', () => {
    expect(load(name, functionEnvironment)).toBe('function')
  })
})

test('a function without its environment says what is missing', () => {
  const { SSOFILE_BUCKET: _, ...others } = functionEnvironment
  expect(() => load('router', others)).toThrow('SSOFILE_BUCKET')
})
