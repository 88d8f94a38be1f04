import { expect, test } from '@jest/globals'
import type { SQSEvent, SQSRecord } from 'aws-lambda'
import * as z from 'zod'
import { runInputs } from '../../handlers/run-inputs.ts'
import { queuesOfPeople } from '../../shared/domain/inputs/kind.ts'
import { subjectOf } from '../../shared/domain/inputs/kinds.ts'
import { inputMessage } from '../../shared/domain/links/input-message.ts'
import { JsonRecord } from '../../shared/reconcile/records/json-record.ts'
import { statusKey } from '../../shared/reconcile/records/status-store.ts'
import { World } from '../world.ts'

const keys = [0, 1, 2, 3, 4].map((index) => `rules/all-${index}.json`)

function recordOf(body: string): SQSRecord {
  const times = { SentTimestamp: '0', ApproximateFirstReceiveTimestamp: '0' }
  return {
    ...{ messageId: body, receiptHandle: body, body, messageAttributes: {}, md5OfBody: '' },
    ...{ eventSource: 'aws:sqs', eventSourceARN: 'arn', awsRegion: 'us-east-1' },
    attributes: { ApproximateReceiveCount: '1', SenderId: 'ssofile', ...times },
  }
}

test('looks that take long are begun for a minute, and the others are sent again, behind those that wait', async () => {
  const world = new World()
  const { ports, configuration, queues, clock } = world
  const looked: string[] = []
  const batch = {
    ...{ ports, configuration, queues: queuesOfPeople },
    orderOf: ({ key }: { readonly key: string }) => subjectOf(key),
    reconcile: async ({ key }: { readonly key: string }) => {
      await clock.sleep(40_000)
      looked.push(key)
    },
  }
  let bodies = keys.map((key) => JSON.stringify({ v: 1, id: `id of ${key}`, event: 'reconcile', key }))
  const lengths: number[] = []
  const ids = new Set<string>()
  while (bodies.length > 0) {
    const event: SQSEvent = { Records: bodies.map(recordOf) }
    const beganMs = clock.monotonicMs()
    expect(await world.finish(runInputs(event, batch))).toEqual({ batchItemFailures: [] })
    lengths.push(clock.monotonicMs() - beganMs)
    const sent = await queues.receive('people', { most: 10, waitSeconds: 0 })
    for (const { receiptHandle } of sent) await queues.delete('people', receiptHandle)
    bodies = sent.map(({ body }) => body)
    for (const body of bodies) ids.add(inputMessage.parse(JSON.parse(body)).id)
  }
  expect(looked).toEqual(keys)
  expect(Math.max(...lengths)).toBeLessThan(100_000)
  // SQS drops a message with a known id, so each sending has another one.
  expect(ids.size).toBe(3 + 1)
})

test('an input is told why ssofile would not write its record, which it could not read again, and the message is done', async () => {
  const world = new World()
  const { ports, configuration } = world
  const key = 'suspended/ana.ruiz@acme.example'
  await ports.objects.put(key, '')
  const record = new JsonRecord(ports.objects, 'owned_people/ana.ruiz@acme.example', z.object({ at: z.iso.datetime() }))
  const event = { Records: [recordOf(JSON.stringify({ v: 1, id: 'an id', event: 'ObjectCreated:Put', key }))] }
  const batch = { ports, configuration, queues: queuesOfPeople, reconcile: () => record.overwrite({ at: 'soon' }) }
  expect(await runInputs(event, batch)).toEqual({ batchItemFailures: [] })
  expect((await world.json(statusKey(key)))?.reason).toContain(
    'owned_people/ana.ruiz@acme.example: received content that ssofile could not read again, at $.at',
  )
})
