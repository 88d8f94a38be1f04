import { expect, test } from '@jest/globals'
import { finalEvents, requestDigest } from '../../../../shared/domain/files/access-request.ts'
import { hasRequestEnded } from '../../../../shared/reconcile/records/ended-requests.ts'
import { World } from '../../../world.ts'

const user = 'u-maria'
const digest = requestDigest.parse('0'.repeat(32))
const other = '1'.repeat(32)

async function historyOf(...names: readonly string[]) {
  const { objects } = new World()
  for (const name of names) await objects.put(`history/requests/${name}.json`, new Uint8Array())
  return hasRequestEnded(objects, { user, digest })
}

test.each(finalEvents)('a request is over once history has its event %s', async (event) => {
  expect(await historyOf(`${user}/${digest}%asked`, `${user}/${digest}%granted`, `${user}/${digest}%${event}`)).toBe(
    true,
  )
})

test('a request is not over while it is granted, whoever approved it', async () => {
  const names = ['asked', `approved%${user}`, 'approved%ended', 'granted'].map((event) => `${user}/${digest}%${event}`)
  expect(await historyOf(...names)).toBe(false)
})

test('the end of another upload, or of another person, does not end a request', async () => {
  expect(await historyOf(`${user}/${other}%ended`, `u-kenji/${digest}%ended`)).toBe(false)
})
