import { expect, test } from '@jest/globals'
import { isOver } from '../../../../handlers/cli/requests/finish.ts'
import { readRequest } from '../../../../handlers/cli/requests/read-request.ts'
import { parseRequestKey, requestDigest } from '../../../../shared/domain/files/access-request.ts'
import { type Status, status } from '../../../../shared/domain/statuses/status.ts'
import { World } from '../../../world.ts'

const former = requestDigest.parse('a'.repeat(32))
const later = requestDigest.parse('b'.repeat(32))
const of = (state: Status['state'], request?: Status['request']): Status =>
  status.parse({ input: 'requests/x/y', state, request, updatedAt: '2026-03-03T10:00:00Z' })
const object = {
  ...{ key: 'requests/x/y', etag: 'e', size: 1, body: new Uint8Array(1) },
  ...{ lastModified: new Date(0), servedAt: new Date(0) },
}

test.each<[string, Parameters<typeof isOver>[1], boolean]>([
  ['its file and its status are gone', {}, true],
  ['its file is gone and its status stays', { status: of('applied', { digest: former }) }, false],
  ['somebody denied it', { object, status: of('rejected', { digest: former }) }, true],
  ['its access has ended', { object, status: of('expired', { digest: former }) }, true],
  ['its access goes on', { object, status: of('applied', { digest: former }) }, false],
  ['its author has uploaded it again, and ssofile has not looked yet', { object }, false],
  ['its author has asked again', { object, status: of('waiting', { digest: later }) }, true],
  ['its author has asked again in vain', { object, status: of('rejected', { digest: later }) }, true],
  ['its author has asked for more', { object, status: of('waiting', { digest: later, runs: former }) }, false],
  ['its author has asked for more in vain', { object, status: of('rejected', { digest: later, runs: former }) }, false],
  ['its author has uploaded an unreadable file', { object, status: of('rejected') }, true],
])('a request that somebody finishes is over or not: %s', (_, now, expected) => {
  expect(isOver({ status: of('applied', { digest: former }) }, now)).toBe(expected)
})

test('a request that is gone has no file, also if it was there at an earlier reading', async () => {
  const { ports } = new World()
  const path = parseRequestKey(
    'requests/11111111-1111-1111-1111-111111111111/account%111122223333%Admin-ps%maria%USER%ssofile',
  )
  if (!path.ok) throw new Error(path.complaint.received)
  await ports.objects.put(path.value.key, '{}')
  const before = await readRequest(ports, path.value)
  await ports.objects.delete(path.value.key)
  const after = await readRequest(ports, before)
  expect([before.object?.size, after.object, isOver(before, after)]).toEqual([2, undefined, true])
})
