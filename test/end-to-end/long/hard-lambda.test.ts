import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { functionNames } from '../../../shared/ports/deployment-settings.ts'
import { bucket, LocalSystem } from '../local-system.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'
import { until } from '../until.ts'

/** A minute in ten seconds. */
const timeScale = 6
const set = 'permission_sets/ReadOnly-ps.json'
const keyOf = (group: string) => `links_data/root%all%ReadOnly-ps%${group}%GROUP%ssofile`
const organization = smallOrganization({ groups: ['one', 'two', 'three'] })

type Metrics = Readonly<Record<string, Readonly<Record<string, number>>>>

async function metricsOf({ url }: LocalSystem): Promise<Metrics> {
  return (await (await fetch(`${url}/_ssofile/functions`)).json()) as Metrics
}

let system: LocalSystem
/** In real time, since a function has 30 s of the machine's time at least. */
let slow: LocalSystem
/** A request to its API, which waits for S3 longer than the function may. */
let asked: Promise<Response>
const ask = (method: string, path: string, body?: object) =>
  fetch(`${slow.url}/api${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
afterAll(async () => {
  await Promise.all([system?.stop(), slow?.stop()])
})

describe('on functions as hard as those of Lambda', () => {
  beforeAll(async () => {
    // In Identity Center's time: a slice lasts longer than a minute.
    system = await LocalSystem.start({ organization, timeScale, latencyMs: 30_000 })
    slow = await LocalSystem.start({
      organization,
      // The router sends its messages to `links` and waits for the answer longer than its timeout of 30 s.
      faults: [
        { service: 'sqs', operation: 'SendMessageBatch', caller: 'ssofile', fault: 'delay', ms: 45_000, times: 1 },
        { service: 's3', operation: 'PutObject', caller: 'ssofile-api', fault: 'delay', ms: 45_000, times: 1 },
      ],
    })
    asked = ask('POST', '/links', { action: 'create', linkData: keyOf('two').replace('links_data/', '') })
    await slow.upload(keyOf('one'))
  })

  test('while the dispatcher is busy its schedule is throttled, and there is only one of it', async () => {
    await system.upload(set, permissionSetFile('ReadOnly-ps'))
    for (const group of ['one', 'two', 'three']) await system.upload(keyOf(group))
    for (const group of ['one', 'two', 'three']) await system.untilStatus(keyOf(group), 'applied')
    await until(
      'a throttled schedule',
      async () => ((await metricsOf(system)).dispatcher?.throttles ? true : undefined),
      {
        withinMs: 60_000,
        tell: () => system.lastLogLines(),
      },
    )
    expect(await metricsOf(system)).toMatchObject({ dispatcher: { concurrentExecutions: 1, timeouts: 0 } })
  })

  test('with the table of settings no chain of messages is stopped as a loop', async () => {
    const metrics = await metricsOf(system)
    expect(Object.keys(metrics).sort()).toEqual(functionNames.filter((name) => name !== 'owner').sort())
    for (const { recursiveInvocationsDropped } of Object.values(metrics)) expect(recursiveInvocationsDropped).toBe(0)
    expect(system.log).not.toContain('AccessDenied')
  })

  test('a function that takes too long is killed, what it still sent has no effect, and its message comes again', async () => {
    const timeouts = async () => ((await metricsOf(slow)).router?.timeouts ? true : undefined)
    await until('the timeout of the router', timeouts, { withinMs: 60_000, tell: () => slow.lastLogLines() })
    expect(slow.log).toContain('the function router timed out after 30 s; its calls are cut off')
    expect(slow.log).not.toContain('link reconciled')
    // It waits for its permission set, once its notification has come again after the visibility timeout of 60 s.
    await until('the status', async () => (await slow.status(keyOf('one')))?.state === 'waiting' || undefined, {
      withinMs: 60_000,
      tell: () => slow.lastLogLines(),
    })
    const looks = slow.log.split('\n').filter((line) => line.includes('link reconciled') && line.includes('%one%'))
    expect(looks.length).toBe(1)
  })

  test('a request to the API that takes too long is answered 500, and changes nothing', async () => {
    const answered = await asked
    expect([answered.status, await answered.json()]).toEqual([500, { message: 'Internal Server Error' }])
    expect(slow.log).toContain('the function api timed out after 29 s; its calls are cut off')
    expect(await metricsOf(slow)).toMatchObject({ api: { timeouts: 1 } })
    expect(await slow.keys(keyOf('two'))).toEqual([])
  })

  test('more requests to the API than a deployment lets through at once are answered 429', async () => {
    const statuses = await Promise.all(Array.from({ length: 100 }, async () => (await ask('GET', '/links')).status))
    expect(new Set(statuses)).toEqual(new Set([200, 429]))
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(40)
  })

  test('who may not list is told 403, not 404, of a missing object', async () => {
    const askAs = (operation: string, ...args: string[]) =>
      system.tryCli(['s3api', operation, '--bucket', bucket, ...args], { as: 'uploader-without-list' })
    expect((await askAs('head-object', '--key', 'links_data/none')).stderr).toMatch(/\(403\)/)
    expect((await askAs('get-object', '--key', 'links_data/none', '/dev/null')).stderr).toContain('AccessDenied')
    expect((await askAs('list-objects-v2')).stderr).toContain('AccessDenied')
    // Who may list prefixes gets a 403 too, and the command asks a listing.
    const missing = await system.ssofile(['status', 'links_data/none'], 'uploader-of-prefixes')
    expect(missing).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('is not in the bucket') })
    expect((await askAs('head-object', '--key', keyOf('one'))).exitCode).toBe(0)
  })
})
