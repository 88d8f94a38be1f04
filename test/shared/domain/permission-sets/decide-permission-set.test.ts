import { expect, test } from '@jest/globals'
import {
  type DefinitionFacts,
  type DeletionFacts,
  decidePermissionSet,
  obstacles,
  type PermissionSetFacts,
  permissionSetActions,
  permissionSetEnds,
} from '../../../../shared/domain/permission-sets/decide-permission-set.ts'
import { type Choose, everyChoice } from '../../../every-choice.ts'

const both = [true, false] as const

const chooseDeletion = (choose: Choose): DeletionFacts => ({
  isReferenced: choose(both),
  isMissing: choose(both),
  mayCome: choose(both),
  isBegun: choose(both),
})
const chooseDefinition = (choose: Choose): DefinitionFacts => ({
  isObjected: choose(both),
  isInForce: choose(both),
  obstacle: choose(obstacles),
  isPutOff: choose(both),
  live: choose(['unread', 'gone', 'others', 'there'] as const),
  drift: choose(['none', 'to report', 'reported'] as const),
  isAdmitted: choose(both),
  isChanged: choose(both),
  isOwed: choose(both),
  isSettled: choose(both),
})

const every: PermissionSetFacts[] = []
const count = everyChoice((choose) => {
  const file = choose(['none', 'invalid', 'valid'] as const)
  every.push({
    hasDenials: choose(both),
    owesFormer: choose(both),
    entry: choose(['none', 'claimed', 'named'] as const),
    wish: file === 'invalid' ? file : file === 'none' ? chooseDeletion(choose) : chooseDefinition(choose),
  })
})
const cases = every.map((facts) => {
  const step = decidePermissionSet(facts)
  return { facts, name: 'do' in step ? step.do : step.tell }
})
const of = (...names: readonly string[]) => cases.filter(({ name }) => names.includes(name)).map(({ facts }) => facts)
/** Of facts whose file is valid; undefined: it is not. */
const definition = ({ wish }: PermissionSetFacts) => (typeof wish === 'object' && 'obstacle' in wish ? wish : undefined)
const deletion = ({ wish }: PermissionSetFacts) =>
  typeof wish === 'object' && 'isReferenced' in wish ? wish : undefined

test('110,796 facts are decided, and each step comes about', () => {
  expect(count).toBe(110_796)
  expect(new Set(cases.map(({ name }) => name))).toEqual(new Set([...permissionSetActions, ...permissionSetEnds]))
})

test('a permission set is deleted only without a file, unused, ours, and with its deletion in the record', () => {
  for (const facts of of('delete')) {
    expect(facts.entry).toBe('named')
    expect(deletion(facts)).toMatchObject({ isReferenced: false, isBegun: true })
  }
})

test('nothing is forgotten that a call may still create, and nothing before it was looked for', () => {
  for (const facts of of('forget')) {
    expect(facts.entry).toBe('claimed')
    expect(deletion(facts)).toMatchObject({ isReferenced: false, isMissing: true, mayCome: false })
  }
})

test('a permission set is created only after its claim, and what others made is never claimed', () => {
  for (const { entry } of of('create')) expect(entry).toBe('claimed')
  for (const facts of of('claim'))
    expect(facts.entry === 'none' ? definition(facts)?.live === 'others' : facts.entry === 'claimed').toBe(false)
})

test('nothing is changed or provisioned before the brake admits it, against policies, past an obstacle, or where ssofile has no ARN', () => {
  for (const facts of of('change', 'provision')) {
    expect(facts.entry).toBe('named')
    const wanted = { isObjected: false, obstacle: 'none', isAdmitted: true, live: 'there', drift: 'none' }
    expect(definition(facts)).toMatchObject(wanted)
  }
})

test('accounts are provisioned only once the definition is as the file says', () => {
  for (const facts of of('provision')) expect(definition(facts)?.isChanged).toBe(true)
})

test('what somebody changed by hand is not changed back where it is only reported', () => {
  const isReported = (facts: PermissionSetFacts) => (definition(facts)?.drift ?? 'none') !== 'none'
  expect(of('change', 'provision', 'settle', 'ask the brake').filter(isReported)).toEqual([])
})

test('an obstacle is told only with its next attempt in the record', () => {
  const told = of('refused', 'held', 'too large', 'not everywhere')
  expect(told.filter((facts) => definition(facts)?.isPutOff !== true)).toEqual([])
})

test('a file is told as applied only where its record has it, or drift is told beside it', () => {
  const isRight = (facts: PermissionSetFacts) => {
    const { isInForce, isSettled, drift } = definition(facts) ?? {}
    return facts.entry === 'named' && (isInForce || isSettled || drift === 'reported')
  }
  expect(of('applied').filter((facts) => !isRight(facts))).toEqual([])
})

test('accounts get the begun change of a former file, unless this file replaces it', () => {
  const isReplacing = ({ obstacle, isObjected }: DefinitionFacts) =>
    !isObjected && (obstacle === 'none' || obstacle === 'not everywhere')
  const isDue = ({ hasDenials, owesFormer, wish }: PermissionSetFacts) =>
    !hasDenials && owesFormer && !(typeof wish === 'object' && 'obstacle' in wish && isReplacing(wish))
  expect(cases.filter(({ facts, name }) => (name === 'provision former') !== isDue(facts))).toEqual([])
})

test('ended sessions are denied first, whatever becomes of the file', () => {
  expect(cases.filter(({ facts, name }) => (name === 'deny sessions') !== facts.hasDenials)).toEqual([])
})
