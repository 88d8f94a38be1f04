import { expect, test } from '@jest/globals'
import * as z from 'zod'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import {
  describeError,
  forgetFailure,
  readFailure,
  recordFailure,
} from '../../../../shared/reconcile/records/failures.ts'
import { intercept } from '../../../intercept.ts'
import { World } from '../../../world.ts'

async function errorsOf(error: unknown): Promise<readonly string[] | undefined> {
  const world = new World()
  await recordFailure(world.ports, { messageId: 'm', receiveCount: 2, error })
  return (await readFailure(world.ports, 'm'))?.errors
}

test('why a message failed is noted, and gone when it is forgotten', async () => {
  const world = new World()
  expect(await readFailure(world.ports, 'm')).toBeUndefined()
  await recordFailure(world.ports, { messageId: 'm', receiveCount: 2, error: new Error('no') })
  expect(await readFailure(world.ports, 'm')).toEqual({
    v: 1,
    messageId: 'm',
    at: '2026-03-03T10:00:00.000Z',
    receiveCount: 2,
    errors: ['no'],
  })
  expect(await world.keys('state/failures/')).toEqual(['state/failures/m.json'])
  await forgetFailure(world.ports, 'm')
  expect(await readFailure(world.ports, 'm')).toBeUndefined()
})

test('an error is noted with its causes, the deepest last, none twice, five at most', async () => {
  const chain = (...texts: readonly string[]) =>
    texts.reduceRight<Error | undefined>((cause, text) => new Error(text, { cause }), undefined)
  expect(await errorsOf(chain('a', 'b', 'c'))).toEqual(['a', 'b', 'c'])
  expect(await errorsOf(chain('it failed: no', 'no', 'why'))).toEqual(['it failed: no', 'why'])
  expect(await errorsOf(chain('1', '2', '3', '4', '5', '6'))).toEqual(['1', '2', '3', '4', '5'])
  expect(await errorsOf('no error at all')).toEqual(['no error at all'])
})

test('a text of an error is cut at 2,000 characters', async () => {
  expect(await errorsOf(new Error('x'.repeat(2_001)))).toEqual(['x'.repeat(2_000)])
})

test('what a schema found is told in one line, place by place', () => {
  const found = z.object({ a: z.string(), b: z.number() }).safeParse({ a: 1, b: 'x' })
  expect(describeError(found.error)).toMatch(/^Invalid input: .+ → at a Invalid input: .+ → at b$/)
  expect(describeError(new Error('no'))).toBe('no')
  expect(describeError(7)).toBe('7')
})

test('a note that cannot be written or removed hides nothing: it is logged', async () => {
  const world = new World()
  const away = new ServiceError('s3', 'AccessDenied', 'no writing here')
  const ports = intercept(world.ports, async () => {
    throw away
  })
  await recordFailure(ports, { messageId: 'm', receiveCount: 2, error: new Error('no') })
  await forgetFailure(ports, 'm')
  const fields = { messageId: 'm', error: away }
  expect(world.log.lines).toEqual([
    { level: 'warn', message: 'ssofile could not record why a message failed', fields },
    { level: 'info', message: 'the note of why a message failed could not be removed', fields },
  ])
})
