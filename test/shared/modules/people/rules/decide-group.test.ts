import { expect, test } from '@jest/globals'
import { principalId } from '../../../../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../../../../shared/domain/principals/principal.ts'
import {
  decideGroup,
  type GroupAction,
  type GroupEnd,
  type GroupFacts,
  groupActions,
  groupEnds,
} from '../../../../../shared/modules/people/rules/decide-group.ts'
import { everyChoice } from '../../../../every-choice.ts'

const id = principalId.parse('11111111-1111-4111-8111-111111111111')
const files: readonly GroupFacts['file'][] = ['none', 'invalid', {}, { description: 'a' }]
const entries = [
  undefined,
  { isAdopted: false },
  { isAdopted: false, description: 'a' },
  { isAdopted: false, id },
  { isAdopted: true, id },
]

const every: GroupFacts[] = []
const count = everyChoice((choose) => {
  const isThere = choose([true, false])
  every.push({
    file: choose(files),
    entry: choose(entries),
    isFresh: choose([true, false]),
    group: isThere
      ? {
          hasName: choose([true, false]),
          isExternal: choose([true, false]),
          description: choose([undefined, 'a', 'b']),
        }
      : undefined,
    knownAs: choose([undefined, principalName.parse('other')]),
    references: choose([[], ['a link']]),
  })
})
const cases = every.map((facts) => ({ facts, step: decideGroup(facts) }))
const nameOf = (step: GroupAction | GroupEnd) => ('do' in step ? step.do : step.tell)
const of = (...steps: readonly string[]) =>
  cases.filter(({ step }) => steps.includes(nameOf(step))).map(({ facts }) => facts)

test(`${count} facts are decided, and each step comes about`, () => {
  expect(new Set(cases.map(({ step }) => nameOf(step)))).toEqual(new Set([...groupActions, ...groupEnds]))
})

test('a file that is not valid changes nothing', () => {
  for (const { facts, step } of cases) if (facts.file === 'invalid') expect(step).toEqual({ tell: 'invalid' })
})

test('only a group that ssofile made is deleted: without a file, with its name, and with nothing that refers to it', () => {
  for (const { file, entry, group, references } of of('delete')) {
    expect([file, entry?.isAdopted, references]).toEqual(['none', false, []])
    expect(group).toMatchObject({ hasName: true, isExternal: false })
  }
})

test('a group counts as made by ssofile after a lost answer only with the description that ssofile sent', () => {
  const unanswered = of('note', 'delete').filter(({ entry }) => entry?.id === undefined)
  expect(unanswered.length).toBeGreaterThan(0)
  for (const { entry, group, isFresh } of unanswered)
    expect([entry?.description, group?.description, isFresh]).toEqual(['a', 'a', true])
})

test('nothing is written to a group that a provider keeps', () => {
  for (const { group } of of('claim', 'make', 'adopt', 'update', 'delete', 'note'))
    expect(group?.isExternal === true && group).toBe(false)
})

test('a group is made only after its claim, and nothing is forgotten while a call may still make it', () => {
  for (const { entry, group } of of('make'))
    expect([entry?.id, entry !== undefined, group]).toEqual([undefined, true, undefined])
  for (const { entry, isFresh } of of('forget')) expect(entry?.id === undefined && isFresh).toBe(false)
})

test('a group that ssofile did not make is adopted only by a valid file, and not under a second name', () => {
  for (const { file, entry, knownAs } of of('adopt')) {
    expect(typeof file).toBe('object')
    expect([entry?.id, knownAs]).toEqual([undefined, undefined])
  }
})

test('a group is claimed only if the name shows none, and never while an entry has the id of another', () => {
  expect(of('claim').filter(({ entry, group }) => entry?.id !== undefined || group !== undefined)).toEqual([])
  expect(of('note').filter(({ entry }) => entry?.id !== undefined)).toEqual([])
})

test('the description of an adopted group stays where the file has none', () => {
  for (const { file, entry } of of('update')) {
    const isWithout = typeof file === 'object' && file.description === undefined
    expect(entry?.isAdopted === true && isWithout).toBe(false)
  }
})
