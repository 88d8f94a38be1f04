import { expect, test } from '@jest/globals'
import { assignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import { type Revocation, revocationAct } from '../../../../shared/domain/brake/act.ts'
import { type BrakeRecord, type Cause, emptyBrake } from '../../../../shared/domain/brake/brake-record.ts'
import { dropAct } from '../../../../shared/domain/brake/judge-act.ts'
import { findList, isHeld } from '../../../../shared/domain/brake/lists.ts'
import { pruneBrake, releaseHeld } from '../../../../shared/domain/brake/releases.ts'
import { type BrakeTerms, noteBase, type Tally } from '../../../../shared/domain/brake/windows.ts'
import { defaultConfiguration } from '../../../../shared/domain/deployment/configuration.ts'
import { hasName } from '../../../../shared/domain/text/sorted-names.ts'
import { isShallow } from '../../../depth.ts'
import { baselessOf, judge as judgeActNow } from './judging.ts'

/** One of each may pass: what is one too many is seen at once. */
const limits = {
  ...defaultConfiguration.brake,
  own: { count: 1, percent: 0, minutes: 15 },
  indirect: { count: 1, percent: 0, most: 1, hours: 24 },
}
const began = Date.parse('2026-03-03T10:00:00Z')
const deepest = isShallow ? 5 : 6

const keyOf = (name: string) => assignmentKey.parse(`account%200000000001%ReadOnly-ps%${name}%GROUP%ssofile`)
const revocationOf = (name: string, folder: string, cause?: Cause): Revocation => {
  const link = `links_data/${folder}root%all%ReadOnly-ps%${name}%GROUP%ssofile`
  return { key: keyOf(name), links: [link], cause }
}
const gone: Cause = { cause: 'principal', name: 'GROUP/renamed' }
const asked: readonly Revocation[] = [
  revocationOf('one', 'a/'),
  revocationOf('two', 'a/'),
  revocationOf('three', 'a/'),
  revocationOf('four', 'a/', gone),
  revocationOf('five', '', gone),
]

/** `passed`: what was counted, in which scope, and at which minute. `heldAt`: when each was held, by its key. */
type State = {
  readonly heldAt: Readonly<Record<string, number>>
  readonly minute: number
  readonly brake: BrakeRecord
  readonly passed: readonly { readonly scope: string; readonly item: string; readonly minute: number }[]
}
type Move = { readonly label: string; readonly to: State; readonly wrong: string | undefined }

const termsAt = (minute: number): BrakeTerms => ({ limits, now: new Date(began + minute * 60_000) })

function movesFrom(state: State): readonly Move[] {
  const { brake, minute } = state
  const waits = [8, 16, 70].map((minutes) => ({
    label: `${minutes} minutes pass`,
    to: pass(state, minutes),
    wrong: undefined,
  }))
  const lists = brake.lists.flatMap((list, nth) => {
    const digest = `digest ${nth} ${minute}`
    const released = releaseHeld(brake, list, { at: termsAt(minute).now, digest, by: 'ann' })
    const [first] = list.held
    return [
      { label: `list ${nth} is released`, to: { ...state, brake: released }, wrong: undefined },
      ...(first
        ? [
            {
              label: `${first} is wanted again`,
              to: { ...state, brake: dropAct(brake, { rule: 'own', key: first }) },
              wrong: undefined,
            },
          ]
        : []),
    ]
  })
  return [...asked.map((revocation) => ask(state, revocation)), ...waits, ...lists]
}

const pass = (state: State, minutes: number): State => {
  const minute = state.minute + minutes
  return { ...state, minute, brake: pruneBrake(state.brake, termsAt(minute)) }
}

function ask(state: State, revocation: Revocation): Move {
  const { minute } = state
  const terms = termsAt(minute)
  const { key } = revocation
  let { brake } = state
  for (const window of baselessOf(brake, revocationAct(revocation), terms)) brake = noteBase(brake, window, 0, terms)
  const isReleased = brake.releases.some((one) => hasName(one.keys, key) && minutesSince(one.at, minute) < 60)
  const verdict = judgeActNow(brake, revocationAct(revocation), terms)
  const counted =
    verdict.passes && !isReleased
      ? revocationAct(revocation).counts.flatMap((one) =>
          one.items.map((item) => ({ scope: nameOf(one), item, minute })),
        )
      : []
  const isNew = ({ scope, item }: (typeof counted)[number]) =>
    !state.passed.some((one) => one.scope === scope && one.item === item && minute - one.minute < lengthOf(scope))
  const heldAt = verdict.passes || isHeld(state.brake, key) ? state.heldAt : { ...state.heldAt, [key]: minute }
  const to = { ...state, heldAt, brake: verdict.brake, passed: [...state.passed, ...counted.filter(isNew)] }
  return {
    label: `${key} is ${verdict.passes ? 'let pass' : 'held'}`,
    to,
    wrong: judge(state, to, revocation, { ...verdict, isReleased }),
  }
}

const nameOf = ({ rule, cause, name, folder }: Pick<Tally, 'rule' | 'cause' | 'name' | 'folder'>) =>
  JSON.stringify([rule, cause, name, folder])
const hasPassed = ({ passed }: State, list: Parameters<typeof nameOf>[0], item: string): boolean =>
  passed.some((one) => one.scope === nameOf(list) && one.item === item)
const lengthOf = (scope: string): number => (scope.startsWith('["own"') ? 15 : 24 * 60)
const limitOf = (scope: string): number => (scope.includes('"everything"') ? 2 : 1)
const minutesSince = (at: string, minute: number): number => minute - (Date.parse(at) - began) / 60_000

/** What is wrong with one answer. It counts by itself: windows are for the product to know. */
function judge(
  before: State,
  after: State,
  revocation: Revocation,
  { passes, isReleased }: { readonly passes: boolean; readonly isReleased: boolean },
): string | undefined {
  const { key } = revocation
  if (isReleased) return passes ? undefined : 'what was released is held'
  if (isHeld(before.brake, key)) return passes ? 'what is held passes' : undefined
  if (!passes) {
    if (after.brake.lists.filter(({ held }) => hasName(held, key)).length !== 1)
      return 'what is held is not on one list'
    const isEmpty = revocationAct(revocation).counts.every(
      (one) => !before.brake.windows.some((window) => nameOf(window) === nameOf(one)),
    )
    return isEmpty ? 'the first one is held' : undefined
  }
  if (findList(after.brake, key)) return 'what passes is on a list'
  const flooded = before.brake.lists.find(
    (list) =>
      revocationAct(revocation).counts.some(
        (one) => nameOf(one) === nameOf(list) && !one.items.every((item) => hasPassed(before, list, item)),
      ) &&
      [...list.held].some(
        (one) => after.minute - (before.heldAt[one] ?? Number.NEGATIVE_INFINITY) < lengthOf(nameOf(list)),
      ),
  )
  if (flooded) return 'a flood outlasts the window that holds it'
  for (const scope of new Set(after.passed.map((one) => one.scope))) {
    const lately = after.passed.filter((one) => one.scope === scope && after.minute - one.minute < lengthOf(scope))
    if (new Set(lately.map(({ item }) => item)).size > limitOf(scope)) return `more than may pass: ${scope}`
  }
  const again = judgeActNow(after.brake, revocationAct(revocation), termsAt(after.minute))
  return again.passes && again.brake === after.brake
    ? undefined
    : 'what has passed does not pass again, or counts twice'
}

/** Instants by their age. */
const renderState = ({ minute, brake, passed, heldAt }: State): string =>
  JSON.stringify({
    brake,
    heldAt: Object.entries(heldAt).map(([key, at]) => [key, Math.min(minute - at, 1500)]),
    passed: passed.map((one) => ({ ...one, minute: Math.min(minute - one.minute, 1500) })),
  })
    .replace(/2026-[\dT:.-]+Z/g, (at) => String(Math.min(minutesSince(at, minute), 3000)))
    .replace(/digest \d+ \d+/g, 'digest')

function explore() {
  const seen = new Set<string>()
  const wrong = new Map<string, readonly string[]>()
  let level: { readonly state: State; readonly path: readonly string[] }[] = [
    { state: { minute: 0, brake: emptyBrake, passed: [], heldAt: {} }, path: [] },
  ]
  for (let depth = 0; depth < deepest; depth++) {
    const next: typeof level = []
    for (const { state, path } of level) {
      for (const { label, to, wrong: is } of movesFrom(state)) {
        const reached = [...path, label]
        if (is !== undefined && !wrong.has(is)) wrong.set(is, reached)
        const key = renderState(to)
        if (seen.has(key)) continue
        seen.add(key)
        next.push({ state: to, path: reached })
      }
    }
    level = next
  }
  return { states: seen.size, wrong }
}

const { states, wrong } = explore()

test(`every order of ${deepest} revocations, waits and releases, ${states} states: no more pass than may, and nothing is held too early`, () => {
  expect(Object.fromEntries(wrong)).toEqual({})
  expect(states).toBeGreaterThan(isShallow ? 2_000 : 10_000)
})
