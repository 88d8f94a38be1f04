import { expect, jest, test } from '@jest/globals'
import { PowertoolsLog } from '../../../shared/aws/powertools-log.ts'

function linesOf(write: () => void): string[] {
  const lines: string[] = []
  const keep = (chunk: unknown) => {
    lines.push(String(chunk))
    return true
  }
  const spies = [process.stdout, process.stderr].map((stream) => jest.spyOn(stream, 'write').mockImplementation(keep))
  write()
  for (const spy of spies) spy.mockRestore()
  return lines
}

test('a log line is one JSON object with the fields of its logger, its own, and an error with its causes', () => {
  const lines = linesOf(() => {
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
  const [line = ''] = linesOf(() =>
    new PowertoolsLog().with({ input: 'a\u202egpj.exe' }).info('told', { by: ['b\u2028c'] }),
  )
  expect(JSON.parse(line)).toMatchObject({ input: 'a\\u{202e}gpj.exe', by: ['b\\u{2028}c'] })
  expect(line).not.toMatch(/[\p{Cf}\p{Zl}\p{Zp}]/u)
})
