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
