import { Writable } from 'node:stream'
import { expect, test } from '@jest/globals'
import { surviveLostReaders } from '../../../../handlers/cli/terminal/lost-readers.ts'

const failing = (code: string) =>
  new Writable({
    autoDestroy: false,
    write: (_chunk, _encoding, done) => done(Object.assign(new Error(`write ${code}`), { code })),
  })

/** A process with these streams, and what it did. */
function processWith(streams: { readonly stdout?: Writable; readonly stderr?: Writable }) {
  const told: string[] = []
  const listening = () =>
    new Writable({
      write: (chunk, _encoding, done) => {
        told.push(String(chunk))
        done()
      },
    })
  const { stdout = listening(), stderr = listening() } = streams
  const exit = (code?: number | string | null): never => {
    told.push(`exit ${code}`)
    throw new Error('a process ends here')
  }
  return { process: { stdout, stderr, exit }, told }
}

/** A stream that failed may call nobody back, so wait for a turn of the event loop. */
async function write(stream: Writable): Promise<void> {
  stream.write('line\n')
  await new Promise((resolve) => setImmediate(resolve))
}

test.each(['EPIPE', 'EIO'])(
  'a command goes on after standard error fails with %s, as often as it writes',
  async (code) => {
    const { process, told } = processWith({ stderr: failing(code) })
    surviveLostReaders(process)
    await write(process.stderr)
    await write(process.stderr)
    await write(process.stdout)
    expect(told).toEqual(['line\n'])
  },
)

test('a command goes on after the reader of its result stops', async () => {
  const { process, told } = processWith({ stdout: failing('EPIPE') })
  surviveLostReaders(process)
  await write(process.stdout)
  await write(process.stderr)
  expect(told).toEqual(['line\n'])
})

test('a result that cannot be written ends the command with a message', () => {
  const { process, told } = processWith({})
  surviveLostReaders(process)
  const noSpace = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
  expect(() => process.stdout.emit('error', noSpace)).toThrow('a process ends here')
  expect(told).toEqual([
    'ssofile: the result could not be written to standard output: ENOSPC: no space left on device\n',
    'exit 1',
  ])
})
