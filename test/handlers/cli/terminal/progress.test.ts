import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { Progress } from '../../../../handlers/cli/terminal/progress.ts'

const { stderr } = process
const write = stderr.write
const isTerminal = stderr.isTTY
let told = ''

beforeEach(() => {
  told = ''
  Object.assign(stderr, {
    isTTY: false,
    write: (text: string) => {
      told += text
      return true
    },
  })
})
afterEach(() => {
  Object.assign(stderr, { isTTY: isTerminal, write })
})

test('where there is no terminal a command that takes long says how far it is, and a quick one says nothing', async () => {
  const [quick, long] = [new Progress(), new Progress()]
  quick.tell('a quick step')
  quick.end()
  long.tell('reading statuses', { done: 0, of: 10_000 })
  long.tell('reading statuses', { done: 3_000, of: 10_000 })
  expect(told).toBe('')
  while (told === '') await setImmediate()
  long.end()
  expect(told).toBe('reading statuses: 3,000 of 10,000\n')
})

test('on a terminal the line is overwritten, and removed at the end', () => {
  Object.assign(stderr, { isTTY: true })
  const progress = new Progress()
  progress.tell('listing statuses')
  progress.tell('reading statuses', { done: 0, of: 3 })
  progress.end()
  expect(told).toBe('\r\u001b[Klisting statuses …\r\u001b[Kreading statuses: 0 of 3\r\u001b[K')
  told = ''
  progress.end()
  expect(told).toBe('')
})

const module = new URL('../../../../handlers/cli/terminal/progress.ts', import.meta.url).href

/** What a process with this progress says when it is interrupted, and how it ends. */
async function interrupt(made: string, args: readonly string[] = []) {
  const script = `const { Progress } = await import('${module}')
    const progress = ${made}
    progress.tell('comparing')
    progress.tell('pushing files', { done: 186, of: 600 })
    process.stdout.write('begun')
    setInterval(() => {}, 60_000)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script, '--', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  child.stdout.once('data', () => child.kill('SIGINT'))
  const [code, signal] = await once(child, 'close')
  return { code, signal, said }
}

const line = 'interrupted while pushing files: 186 of 600 done; to finish it, run X'

test('an interruption says how much is done and what to run, and the process ends by its signal', async () => {
  expect(await interrupt("new Progress('to finish it, run X')")).toEqual({
    ...{ code: null, signal: 'SIGINT', said: `${line}\n` },
  })
})

test('an interruption that leaves nothing undone says nothing', async () => {
  expect(await interrupt('new Progress()')).toEqual({ code: null, signal: 'SIGINT', said: '' })
})

test('with --json an interruption is JSON, and nothing else is on standard error', async () => {
  const { said } = await interrupt("new Progress('to finish it, run X')", ['push', '--json'])
  expect(JSON.parse(said)).toEqual({ error: { message: line, causes: [] } })
})

test('after its end a command is interrupted as any other', () => {
  const before = process.listenerCount('SIGINT')
  const progress = new Progress('to finish it, run X')
  expect(process.listenerCount('SIGINT')).toBe(before)
  progress.tell('pushing files')
  progress.tell('pushing files', { done: 1, of: 2 })
  expect(process.listenerCount('SIGINT')).toBe(before + 1)
  progress.end()
  expect(process.listenerCount('SIGINT')).toBe(before)
})
