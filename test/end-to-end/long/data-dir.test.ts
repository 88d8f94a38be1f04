import { execFileSync } from 'node:child_process'
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pLimit from 'p-limit'
import { eventually } from '../../infra/local/local-process.ts'
import { KeptSystem } from '../kept-system.ts'

let kept: KeptSystem

beforeAll(async () => {
  kept = await KeptSystem.open()
})

afterAll(() => kept?.close())

/** Short: ten thousand took three minutes of both cores. KEPT_LINKS=10000 for more. */
const links = Number(process.env.KEPT_LINKS ?? 1_000)

test('none of many links is lost', async () => {
  // Nothing here waits for time to pass.
  const asFastAsTime = ['--time-scale', '1']
  let local = kept.start('links', ...asFastAsTime)
  await local.ready()
  const keys = Array.from({ length: links }, (_, index) =>
    index % 10 > 0
      ? `account_tag%nobody^${index}%Billing-ps%team-Web%GROUP%ssofile`
      : `account%210000000001%Missing-ps-${index}%team-Web%GROUP%ssofile`,
  )
  const began = performance.now()
  await pLimit(50).map(keys, (key) => kept.put(`links_data/${key}`))
  const uploaded = performance.now()
  await eventually(
    async () => (await countOpen(local.url, 'uploads')) + (await countOpen(local.url, 'links.fifo')) === 0,
  )
  const told = performance.now()
  expect((await kept.list('links_data/')).length).toBe(keys.length)
  const statuses = await kept.list('status/links_data/')
  expect(statuses.sort()).toEqual(keys.map((key) => `status/links_data/${key}.json`).sort())
  const megabytes = residentMegabytes(local.pid)
  await local.kill()
  const killed = performance.now()
  local = kept.start('links', ...asFastAsTime)
  await local.listening()
  const seconds = (from: number, to: number) => `${((to - from) / 1000).toFixed(1)} s`
  process.stdout.write(
    `${links} links: uploaded in ${seconds(began, uploaded)}, all told after ${seconds(began, told)}, ` +
      `${megabytes} MB resident, listening again ${seconds(killed, performance.now())} after a kill\n`,
  )
  expect((await kept.list('links_data/')).length).toBe(keys.length)
  expect(megabytes).toBeLessThan(1500)
})

/** Messages that are in a queue, in flight or not: a cheap question, which a listing of ten thousand keys is not. */
async function countOpen(url: string, queue: string): Promise<number> {
  const { Attributes = {} } = await kept.clients.sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: `${url}/000000000000/ssofile-${queue}`,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }),
  )
  return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0)
}

function residentMegabytes(pid: number): number {
  return Math.round(Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024)
}
