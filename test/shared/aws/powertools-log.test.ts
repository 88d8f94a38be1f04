import { expect, jest, test } from '@jest/globals'
import { PowertoolsLog } from '../../../shared/aws/powertools-log.ts'

test('a log line is one JSON object with the fields of its logger, its own, and an error with its causes', () => {
  const lines: string[] = []
  const keep = (chunk: unknown) => {
    lines.push(String(chunk))
    return true
  }
  const spies = [process.stdout, process.stderr].map((stream) => jest.spyOn(stream, 'write').mockImplementation(keep))
  const log = new PowertoolsLog().with({ input: 'links_data/root%all%…' })
  log.info('link looked at', { status: 'applying' })
  log.with({ requestId: 'r-1' }).error('not finished', { error: new Error('outer', { cause: new Error('inner') }) })
  log.info('still without a request id')
  for (const spy of spies) spy.mockRestore()
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
  expect(third).not.toHaveProperty('requestId')
})
