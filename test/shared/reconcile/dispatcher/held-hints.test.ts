import { expect, test } from '@jest/globals'
import { hint as hintSchema } from '../../../../shared/domain/messages/hint.ts'
import { HeldHints } from '../../../../shared/reconcile/dispatcher/held-hints.ts'
import type { WorkItem } from '../../../../shared/reconcile/dispatcher/work-item.ts'

const free = () => true
const idle = () => 0

function itemOf(account: number, number: number, share = 'folder a'): WorkItem {
  const group = String(200_000_000_000 + account)
  const hint = hintSchema.parse({
    v: 1,
    kind: 'assignment',
    account: group,
    permissionSet: 'ReadOnly-ps',
    principal: `group ${number}`,
    type: 'GROUP',
    cause: 'test',
  })
  const nothing = async () => {}
  const since = new Date('2026-03-03T10:00:00Z')
  return {
    hint,
    group,
    subject: '',
    share,
    lane: 'work',
    pulledMs: number,
    since,
    done: nothing,
    giveBack: nothing,
    leave: nothing,
  }
}

function open(...items: readonly WorkItem[]): HeldHints {
  const held = new HeldHints()
  for (const item of items) held.add(item)
  return held
}

test('the longest group begins first, and its oldest hint', () => {
  const [short, first, second] = [itemOf(1, 1), itemOf(2, 2), itemOf(2, 3)]
  const held = open(short, first, second)
  expect(held.longestOf('folder a', free, idle)).toBe(first)
  expect(held.oldestOf('folder a', free, idle)).toBe(short)
})

test('a group that is worked on comes before another one only where it is more than twice as long', () => {
  const busy = [1, 2, 3, 4, 5].map((number) => itemOf(1, number))
  const others = [6, 7].map((number) => itemOf(2, number))
  const runningOf = (group: string) => (group === busy[0]?.group ? 1 : 0)
  expect(open(...busy, ...others).longestOf('folder a', free, runningOf)).toBe(busy[0])
  expect(open(...busy.slice(1), ...others).longestOf('folder a', free, runningOf)).toBe(busy[1])
  expect(open(...busy.slice(2), ...others).longestOf('folder a', free, runningOf)).toBe(others[0])
  expect(open(...busy, ...others).oldestOf('folder a', free, runningOf)).toBe(others[0])
})

test('what cannot start is passed over, and only hints of the share that is asked for are found', () => {
  const [first, second, other] = [itemOf(1, 1), itemOf(1, 2), itemOf(3, 3, 'folder b')]
  const held = open(first, second, other)
  expect(held.longestOf('folder a', (item) => item !== first, idle)).toBe(second)
  expect(held.longestOf('folder b', free, idle)).toBe(other)
  expect(held.longestOf('folder c', free, idle)).toBeUndefined()
})

test('what is taken is held no more, in whatever share it was', () => {
  const [mine, others, left] = [itemOf(1, 1), itemOf(1, 1, 'folder b'), itemOf(1, 2)]
  const held = open(mine, others, left)
  expect(held.take(mine.group, ({ hint }) => JSON.stringify(hint) === JSON.stringify(mine.hint))).toEqual([
    mine,
    others,
  ])
  expect([...held]).toEqual([left])
  expect(held.count).toBe(1)
  expect(held.countOf(mine.group)).toBe(1)
  expect(held.shares()).toEqual(['folder a'])
  expect(held.takeAll()).toEqual([left])
  expect(held.count).toBe(0)
})
