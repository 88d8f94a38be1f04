import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { bucket, LocalSystem } from './local-system.ts'
import { checkout } from './run-program.ts'
import { until } from './until.ts'

const link = 'links_data/account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile'
const statusOfLink = `status/${link}.json`

let system: LocalSystem
beforeAll(async () => {
  // A message is given up after five tries, one to six minutes apart. Faster, what a command holds for 30 s would be visible again too early.
  system = await LocalSystem.start({ timeScale: 20 })
  // It dies while the first test waits for another.
  await system.send('uploads', '{"Records": 7}')
})
afterAll(() => system.stop())

type Letter = {
  readonly queue: string
  readonly messageId: string
  readonly about: readonly string[]
  readonly errors: readonly string[]
  readonly fault?: string
  readonly done: string
}

async function redrive(...args: readonly string[]): Promise<{ exitCode: number; letters: readonly Letter[] }> {
  const { exitCode, stdout, stderr } = await system.ssofile(['redrive', ...args, '--json'], 'ssofile')
  if (stdout === '') throw new Error(stderr)
  return { exitCode, letters: JSON.parse(stdout) }
}

async function untilDead(queue: 'links' | 'uploads'): Promise<readonly Letter[]> {
  await until(
    `a message in the dead-letter queue of ${queue}`,
    async () => ((await system.waitingIn(`${queue}-dead`)) > 0 ? true : undefined),
    { withinMs: 150_000, tell: () => system.lastLogLines() },
  )
  return (await redrive(queue)).letters
}

test('a poisoned message reaches its dead-letter queue, redrive shows why, and puts it back after the cause is gone', async () => {
  const billing = await readFile(join(checkout, 'fixtures/acme/permission_sets/Billing-ps.json'))
  await system.upload('permission_sets/Billing-ps.json', billing)
  await system.untilStatus('permission_sets/Billing-ps.json', 'applied')
  const poison = { Bucket: bucket, Key: statusOfLink, Body: new TextEncoder().encode('no status of ours') }
  await system.s3('ssofile').send(new PutObjectCommand(poison))
  await system.upload(link)

  const [letter] = await untilDead('links')
  expect(letter).toMatchObject({ queue: 'links', about: [link], done: 'left' })
  expect(letter?.fault).toBeUndefined()
  expect(letter?.errors[0]).toContain(`${statusOfLink}: received content that this version of ssofile cannot read`)
  const { exitCode, stdout } = await system.ssofile(['redrive', 'links'], 'ssofile')
  expect(exitCode).toBe(1)
  expect(stdout).toContain(`about     ${link}`)
  expect(stdout).toContain('restore the object')

  await system.remove(statusOfLink, 'ssofile')
  expect(await redrive('links', '--all')).toMatchObject({ exitCode: 0, letters: [{ done: 'put-back' }] })
  await system.untilStatus(link, 'applied')
  expect(await redrive('links')).toEqual({ exitCode: 0, letters: [] })
})

test('touch has a file evaluated again, which writes the status that somebody deleted, and nobody else may ask', async () => {
  await system.remove(statusOfLink, 'ssofile')
  expect(await system.ssofile(['touch', link], 'maria')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('lambda:InvokeFunction'),
  })
  expect(await system.ssofile(['touch', link], 'ssofile')).toMatchObject({ exitCode: 0, stderr: '' })
  await system.untilStatus(link, 'applied')
  expect(await system.ssofile(['touch', 'policies/p.json'], 'ssofile')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('every five minutes'),
  })
})

test('a message that can never be worked on is told as such, is not put back, and is discarded by its id', async () => {
  const [letter] = await untilDead('uploads')
  expect(letter?.fault).toMatch(/^it is not a message for the queue uploads: /)
  expect(await redrive('--all')).toMatchObject({ exitCode: 1, letters: [{ done: 'left' }] })
  const id = letter?.messageId ?? ''
  expect(await redrive('--discard', id)).toMatchObject({ exitCode: 0, letters: [{ done: 'discarded' }] })
  expect(await redrive()).toEqual({ exitCode: 0, letters: [] })
  expect(await system.keys('state/failures/')).toEqual([])
})

test('a queue that does not exist is refused, with those that do', async () => {
  const { exitCode, stderr } = await system.ssofile(['redrive', 'dispatch'], 'ssofile')
  expect({ exitCode, stderr }).toEqual({
    exitCode: 2,
    stderr: expect.stringContaining('expected one of uploads, links'),
  })
})
