import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from '@jest/globals'
import * as z from 'zod'
import { oneTimeCode, stepOf } from '../../infra/local/break-glass/responder-users.ts'
import { checkout, type Ended, listAwsClis, runProgram } from './run-program.ts'
import { until } from './until.ts'

export const definition = 'infra/break-glass/example.json'
export const kenji = 'kenji-BREAK-GLASS'
export const password = 'correct horse battery staple 42'
const issued = z.object({ accessKeyId: z.string() })
const json = { 'content-type': 'application/json' }

export const environment = (url: string, accessKeyId: string): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  AWS_ENDPOINT_URL: url,
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_REGION: 'eu-west-1',
  AWS_DEFAULT_REGION: 'eu-west-1',
  NO_COLOR: '1',
})

export const aws = (url: string, as: string, ...args: readonly string[]): Promise<Ended> =>
  runProgram(listAwsClis()[0], ['--endpoint-url', url, ...args], { env: environment(url, as) })

/** Break-glass as its stacks would have made it. */
export async function deploy(url: string): Promise<void> {
  const body = await readFile(join(checkout, definition), 'utf8')
  expect((await fetch(`${url}/_ssofile/break-glass`, { method: 'PUT', headers: json, body })).status).toBe(204)
}

/** As `aws login` does it; answers the access key id. */
export async function signIn(url: string, said: object): Promise<string> {
  const body = JSON.stringify({ user: kenji, ...said })
  const answer = await fetch(`${url}/_ssofile/sign-in`, { method: 'POST', headers: json, body })
  return issued.parse(await answer.json()).accessKeyId
}

export async function firstSignIn(url: string): Promise<string> {
  const secret = ['--secret-id', 'break-glass-kenji', '--query', 'SecretString', '--output', 'text']
  const asked = await aws(url, 'me', 'secretsmanager', 'get-secret-value', ...secret)
  return signIn(url, { password: asked.stdout.trim(), newPassword: password })
}

/** The first sign-in of a responder, a device, and a sign-in with it: all by what a person has. */
export async function becomeResponder(url: string, folder: string): Promise<string> {
  const first = await firstSignIn(url)
  const seedFile = join(folder, 'seed')
  const device = ['--virtual-mfa-device-name', kenji, '--bootstrap-method', 'Base32StringSeed', '--outfile', seedFile]
  expect(await aws(url, first, 'iam', 'create-virtual-mfa-device', ...device)).toMatchObject({ exitCode: 0 })
  const seed = (await readFile(seedFile, 'utf8')).trim()
  const step = stepOf(new Date())
  const codes = [
    '--authentication-code1',
    oneTimeCode(seed, step - 1),
    '--authentication-code2',
    oneTimeCode(seed, step),
  ]
  const serial = ['--user-name', kenji, '--serial-number', `arn:aws:iam::210000000002:mfa/${kenji}`]
  expect(await aws(url, first, 'iam', 'enable-mfa-device', ...serial, ...codes)).toMatchObject({ exitCode: 0 })
  const code = await until(
    'a code of the device that did not count yet',
    async () => (stepOf(new Date()) > step ? oneTimeCode(seed, stepOf(new Date())) : undefined),
    { withinMs: 70_000 },
  )
  return signIn(url, { password, code })
}
