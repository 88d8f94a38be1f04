import { expect, test } from '@jest/globals'
import {
  type Attribute,
  attributeKey,
  attributeSource,
  type OwnedAttributes,
} from '../../../../shared/domain/attributes/attributes-file.ts'
import {
  type AttributesAction,
  type AttributesEnd,
  type AttributesFacts,
  attributesActions,
  attributesEnds,
  decideAttributes,
} from '../../../../shared/domain/attributes/decide-attributes.ts'
import { everyChoice } from '../../../every-choice.ts'

/** Attributes by key. */
const attributes = (sources: Readonly<Record<string, string>>): Attribute[] =>
  Object.entries(sources).map(([key, source]) => ({
    key: attributeKey.parse(key),
    source: attributeSource.parse(source),
  }))

/** None, one, the same from another source, or two. */
const sets = [attributes({}), attributes({ A: '1' }), attributes({ A: '2' }), attributes({ A: '1', B: '1' })]
const states = ['ENABLED', 'CREATION_IN_PROGRESS', 'CREATION_FAILED'] as const
/** Of A all, of B none. */
const released = [
  ...["remove 'A', which now comes from '1'", "remove 'A', which now comes from '2'"],
  ...["change 'A' from '1' to '2'", "change 'A' from '2' to '1'"],
]
const at = '2026-03-03T10:00:00.000Z'

const every: AttributesFacts[] = []
const count = everyChoice((choose) => {
  const isThere = choose([true, false])
  const hasEntry = choose([true, false])
  const applied = hasEntry ? choose([undefined, ...sets]) : undefined
  const isAsked = hasEntry && choose([true, false])
  const asked = isAsked ? { attributes: choose(sets), before: choose(sets), at } : undefined
  const entry: OwnedAttributes = { v: 1, ...(applied && { applied }), ...(asked && { asked }) }
  const isConfigured = choose([true, false])
  every.push({
    file: isThere ? choose(sets) : choose(['none', 'invalid'] as const),
    entry: hasEntry ? entry : undefined,
    configured: isConfigured ? { status: choose(states), attributes: choose(sets) } : undefined,
    onDrift: choose(['restore', 'report'] as const),
    released: choose([new Set<string>(), new Set(released)]),
    isListed: choose([true, false]),
  })
})
const cases = every.map((facts) => ({ facts, step: decideAttributes(facts) }))
const nameOf = (step: AttributesAction | AttributesEnd) => ('do' in step ? step.do : step.tell)
const of = (...steps: readonly string[]) =>
  cases.filter(({ step }) => steps.includes(nameOf(step))).map(({ facts }) => facts)
const sourceOf = (among: readonly Attribute[] = [], wanted: string) => among.find(({ key }) => key === wanted)?.source

test('53664 facts are decided, and each step comes about', () => {
  expect(count).toBe(53664)
  expect(new Set(cases.map(({ step }) => nameOf(step)))).toEqual(new Set([...attributesActions, ...attributesEnds]))
})

test('without a valid file nothing is asked for and nothing is held; only a file that is gone gives up', () => {
  const without = of('ask', 'hold', 'keep', 'applied', 'drift').filter(({ file }) => typeof file === 'string')
  expect(without).toEqual([])
  expect(of('give up').filter(({ file, entry }) => file !== 'none' || entry === undefined)).toEqual([])
})

test('while Identity Center is at work on a change, no other one is asked for', () => {
  const steps = of('ask', 'note', 'hold', 'keep', 'applied', 'drift')
  expect(steps.filter(({ configured }) => configured?.status === 'CREATION_IN_PROGRESS')).toEqual([])
})

test('a call takes nothing away, and gives nothing another source, that nobody released or others changed', () => {
  const taken: object[] = []
  for (const { facts, step } of cases) {
    if (nameOf(step) !== 'ask' || !('attributes' in step) || typeof facts.file === 'string') continue
    const { entry, configured, onDrift } = facts
    const isFailed = configured?.status === 'CREATION_FAILED'
    const actual = isFailed ? (entry?.asked?.before ?? entry?.applied ?? []) : (configured?.attributes ?? [])
    for (const { key, source } of actual) {
      const next = sourceOf(step.attributes, key)
      if (next === source) continue
      const loss =
        next === undefined
          ? `remove '${key}', which now comes from '${source}'`
          : `change '${key}' from '${source}' to '${next}'`
      const isRestored = onDrift === 'restore' && next === sourceOf(entry?.applied, key)
      const isLet = facts.released.has(loss) || (next !== undefined && isRestored)
      if (!isLet) taken.push({ loss, facts })
    }
    if (step.taken.some((loss) => !step.losses.includes(loss) || !facts.released.has(loss))) taken.push({ step, facts })
  }
  expect(taken).toEqual([])
})

test('after a failed change a call asks only for what the file has, or what was there before, and all of that', () => {
  const isFailed = ({ facts }: (typeof cases)[number]) => facts.configured?.status === 'CREATION_FAILED'
  for (const { facts, step } of cases.filter(isFailed)) {
    if (nameOf(step) !== 'ask' || !('attributes' in step) || typeof facts.file === 'string') continue
    const { file, entry, released: isReleased } = facts
    const before = entry?.asked?.before ?? entry?.applied
    const known = new Set([...file, ...(before ?? [])].map(({ key, source }) => `${key} ${source}`))
    expect(step.attributes.filter(({ key, source }) => !known.has(`${key} ${source}`))).toEqual([])
    const lost = (before ?? []).filter(({ key }) => sourceOf(step.attributes, key) === undefined)
    expect(
      lost.filter(({ key, source }) => !isReleased.has(`remove '${key}', which now comes from '${source}'`)),
    ).toEqual([])
    expect(before).toBeDefined()
  }
})

test('a failed change of somebody else is told if ssofile knows nothing from before it', () => {
  const isUnknown = ({ configured, entry }: AttributesFacts) =>
    configured?.status === 'CREATION_FAILED' && entry?.asked === undefined && entry?.applied === undefined
  expect(of('failed').every(isUnknown)).toBe(true)
  expect(of('ask').filter(isUnknown)).toEqual([])
})

test('a loss that nobody released is held, once all else is as the file says', () => {
  const holds = cases.filter(({ step }) => nameOf(step) === 'hold')
  const isOpen = ({ facts, step }: (typeof cases)[number]) =>
    'losses' in step && step.losses.some((loss) => !facts.released.has(loss))
  expect(holds.filter((one) => one.facts.configured?.status !== 'ENABLED' || !isOpen(one))).toEqual([])
})

test('the list of the brake goes as soon as nothing is held, and only if there is one', () => {
  expect(of('drop').every(({ isListed }) => isListed)).toBe(true)
  const rest = of('keep', 'applied', 'drift', 'give up', 'invalid', 'nothing')
  expect(rest.filter(({ isListed, configured }) => isListed && configured?.status !== 'CREATION_IN_PROGRESS')).toEqual(
    [],
  )
})

test('applied is said only if Identity Center and the entry are as the file says', () => {
  for (const { file, configured, entry } of of('applied')) {
    expect([configured?.status, entry?.asked]).toEqual(['ENABLED', undefined])
    expect([configured?.attributes, entry?.applied]).toEqual([file, file])
  }
})

test('what others changed is left as it is where onDrift only reports', () => {
  for (const { onDrift } of of('drift')) expect(onDrift).toBe('report')
})
