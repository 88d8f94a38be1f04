import { expect, test } from '@jest/globals'
import { PowertoolsLog } from '../../../shared/aws/powertools-log.ts'
import { writtenLines } from './written-lines.ts'

test('a log line is one JSON object with the fields of its logger, its own, and an error with its causes', () => {
  const lines = writtenLines(() => {
    const log = new PowertoolsLog().with({ input: 'links_data/root%all%…' })
    log.info('link looked at', { status: 'applying' })
    log.with({ requestId: 'r-1' }).error('not finished', { error: new Error('outer', { cause: new Error('inner') }) })
    log.info('still without a request id')
  })
  const [first, second, third] = lines.map((line) => JSON.parse(line))
  expect(first).toMatchObject({
    level: 'INFO',
    message: 'link looked at',
    input: 'links_data/root%all%…',
    status: 'applying',
  })
  expect(second).toMatchObject({
    level: 'ERROR',
    requestId: 'r-1',
    error: { message: 'outer', cause: { message: 'inner' } },
  })
  expect(third?.requestId).toBeUndefined()
})

test('a name in a log line can neither hide characters nor turn the line around', () => {
  const [line = ''] = writtenLines(() =>
    new PowertoolsLog().with({ input: 'a\u202egpj.exe' }).info('told', { by: ['b\u2028c'] }),
  )
  expect(JSON.parse(line)).toMatchObject({ input: 'a\\u{202e}gpj.exe', by: ['b\\u{2028}c'] })
  expect(line).not.toMatch(/[\p{Cf}\p{Zl}\p{Zp}]/u)
})
