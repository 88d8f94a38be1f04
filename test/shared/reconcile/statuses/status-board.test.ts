import { describe, expect, test } from '@jest/globals'
import type { Lack } from '../../../../shared/domain/links/lack.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import type { NewStatus } from '../../../../shared/domain/statuses/status.ts'
import { MemoryObjectStore } from '../../../../shared/memory/s3/memory-object-store.ts'
import type { Lacks } from '../../../../shared/reconcile/assignments/settlement.ts'
import { StatusStore } from '../../../../shared/reconcile/records/status-store.ts'
import { StatusBoard } from '../../../../shared/reconcile/statuses/status-board.ts'
import { CollectedLog } from '../../../collected-log.ts'
import { VirtualClock } from '../../../virtual-clock.ts'

const one = 'links_data/root%all%Billing-ps%team-Accountants%GROUP%ssofile'
const other = 'links_data/root%all%Billing-ps%team-Web%GROUP%ssofile'
const billing = permissionSetName.parse('Billing-ps')
const lack: Lack = { reason: 'there is no such group', remedy: 'create it' }

const lacks = (...found: readonly (readonly [string, Lack | 'none'])[]): Lacks => new Map(found)

function open(assess: (input: string) => Promise<NewStatus | undefined> = async () => ({ state: 'applied' })) {
  const clock = new VirtualClock(new Date('2026-03-03T10:00:00Z'))
  const log = new CollectedLog()
  const objects = new MemoryObjectStore({ bucket: 'ssofile', clock })
  const statuses = new StatusStore(objects, clock)
  const assessed: string[] = []
  const board = new StatusBoard({
    statuses,
    clock,
    log,
    assess: (input) => {
      assessed.push(input)
      return assess(input)
    },
    askForLook: async (suspension) => void assessed.push(suspension),
  })
  /** Whether it is due, just before and at this many milliseconds from now. */
  const dueAfter = async (ms: number) => {
    await clock.advance(ms - 1)
    const before = board.hasDue
    await clock.advance(1)
    return [before, board.hasDue]
  }
  return { board, clock, log, objects, statuses, assessed, dueAfter }
}

describe('a suspension whose hints were in work', () => {
  const suspended = 'suspended/maria'

  test('gets a look as soon as none of its hints is in work, and keeps its status until then', async () => {
    const { board, assessed, statuses, dueAfter } = open()
    board.begin(suspended)
    board.touch([suspended])
    expect(await dueAfter(60_000)).toEqual([false, false])
    board.end(suspended)
    expect(board.hasDue).toBe(true)
    await board.tell('due')
    expect(assessed).toEqual([suspended])
    expect([board.hasDirty, await statuses.read(suspended)]).toEqual([false, undefined])
  })

  test('gets the next look after five seconds, because each look lists the ledger', async () => {
    const { board, dueAfter } = open()
    board.touch([suspended])
    await board.tell('due')
    board.touch([suspended])
    expect(await dueAfter(5_000)).toEqual([false, true])
  })
})

describe('the status of a link', () => {
  test('is told at once where nothing is running, and is clean then', async () => {
    const { board, statuses, assessed, log } = open()
    expect([board.hasDirty, board.hasDue, board.dirty]).toEqual([false, false, []])
    board.touch([one, other])
    expect([board.hasDirty, board.hasDue, board.dirty]).toEqual([true, true, [one, other]])
    await board.tell('due')
    expect(assessed).toEqual([one, other])
    expect([board.hasDirty, board.hasDue]).toEqual([false, false])
    expect((await statuses.read(one))?.state).toBe('applied')
    expect(log.lines.map(({ message, fields }) => [message, fields.input, fields.state])).toEqual([
      ['status told', one, 'applied'],
      ['status told', other, 'applied'],
    ])
  })

  test('that changes again is told half a second after it was told last', async () => {
    const { board, dueAfter } = open()
    board.touch([one])
    await board.tell('due')
    board.touch([one])
    expect(board.hasDue).toBe(false)
    expect(await dueAfter(500)).toEqual([false, true])
  })

  test('of which something is running is told ten seconds after it first changed, and every ten seconds then', async () => {
    const { board, clock, dueAfter } = open()
    board.begin(one)
    board.touch([one])
    await clock.advance(2_000)
    board.touch([one])
    expect(await dueAfter(8_000)).toEqual([false, true])
    await board.tell('due')
    board.touch([one])
    expect(await dueAfter(10_000)).toEqual([false, true])
  })

  test('is told at once when the last of what was running has ended', async () => {
    const { board } = open()
    board.begin(one)
    board.begin(one)
    board.touch([one])
    board.end(one)
    expect(board.hasDue).toBe(false)
    board.end(one)
    expect(board.hasDue).toBe(true)
    board.end(one)
    board.begin(one)
    expect(board.hasDue).toBe(false)
  })

  test('is told at the end of a slice, due or not', async () => {
    const { board, assessed } = open()
    board.begin(one)
    board.touch([one])
    await board.tell('due')
    expect(assessed).toEqual([])
    await board.tell('all')
    expect(assessed).toEqual([one])
  })

  test('that could not be told stays to be told, and the log says so', async () => {
    const { board, log, clock } = open(async () => {
      throw new Error('no answer')
    })
    board.touch([one])
    await board.tell('due')
    expect(board.dirty).toEqual([one])
    expect(log.lines).toEqual([
      {
        level: 'warn',
        message: 'ssofile could not write a status, and will write it again',
        fields: { input: one, error: expect.any(Error) },
      },
    ])
    expect(board.hasDue).toBe(false)
    await clock.advance(500)
    expect(board.hasDue).toBe(true)
  })

  test('that is spoiled is not tried again and again: the log has an error', async () => {
    const { board, log, objects } = open()
    await objects.put(`status/${one}.json`, '{oops')
    board.touch([one])
    await board.tell('due')
    expect(board.hasDirty).toBe(false)
    expect(log.lines.map(({ level, message }) => [level, message])).toEqual([
      ['error', 'ssofile cannot write a status until you restore an object'],
    ])
  })

  test('that changes while it is being told is told once more', async () => {
    const { board } = open(async () => {
      board.touch([one])
      return { state: 'applied' }
    })
    board.touch([one])
    await board.tell('due')
    expect(board.dirty).toEqual([one])
  })

  test('that was removed is told at once when the link comes back', async () => {
    const { board, log } = open(async () => undefined)
    board.touch([one])
    await board.tell('due')
    expect(log.lines[0]?.fields).toMatchObject({ state: 'removed' })
    board.touch([one])
    expect(board.hasDue).toBe(true)
  })
})

describe('what a link lacks', () => {
  test('is known of the links that were evaluated, as they were last', () => {
    const { board } = open()
    expect(board.lackOf(one)).toBeUndefined()
    board.noteLacks(billing, lacks([one, lack], [other, 'none']))
    expect([board.lackOf(one), board.lackOf(other)]).toEqual([lack, 'none'])
    board.noteLacks(billing, lacks([one, 'none']))
    expect(board.lackOf(one)).toBe('none')
  })

  test('is what they wait for, until somebody takes them to wake them, whatever was found since', () => {
    const { board } = open()
    const another = permissionSetName.parse('ReadOnly-ps')
    board.noteLacks(billing, lacks([one, lack]))
    board.noteLacks(billing, lacks([other, lack]))
    board.noteLacks(billing, lacks([one, 'none']))
    expect(board.takeWaiting(another)).toEqual([])
    expect(board.takeWaiting(billing)).toEqual([one, other])
    expect(board.takeWaiting(billing)).toEqual([])
  })

  test('is nothing to wake where none lacks anything', () => {
    const { board } = open()
    board.noteLacks(billing, lacks([one, 'none']))
    expect(board.takeWaiting(billing)).toEqual([])
  })
})
