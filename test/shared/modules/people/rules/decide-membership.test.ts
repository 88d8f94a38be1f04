import { isDeepStrictEqual } from 'node:util'
import { expect, test } from '@jest/globals'
import { principalId } from '../../../../../shared/domain/principals/identity-center-ids.ts'
import {
  decideMember,
  decideMembership,
  isAboutDirectory,
  type MemberFacts,
  type MembershipFacts,
  memberEnds,
  membershipActions,
} from '../../../../../shared/modules/people/rules/decide-membership.ts'
import { type Choose, everyChoice } from '../../../../every-choice.ts'

const kenji = principalId.parse('11111111-1111-4111-8111-111111111111')
const ama = principalId.parse('22222222-2222-4222-8222-222222222222')

const entries: readonly MemberFacts['entry'][] = [
  undefined,
  { state: 'granting' },
  ...(['granting', 'granted', 'revoking', 'held'] as const).map((state) => ({ state, membershipId: 'ours' })),
]
const drawMember = (choose: Choose, user = kenji): MemberFacts => ({
  user,
  entry: choose(entries),
  isClaimed: choose([true, false]),
  create: choose(['unsent', 'again', 'refused', 'unknown'] as const),
  isFresh: choose([true, false]),
  isWanted: choose(['yes', 'no', 'unknown'] as const),
  found: choose([undefined, 'ours', 'theirs']),
  isExternal: choose([true, false]),
  isRenamed: choose([true, false]),
  onDrift: choose(['restore', 'report'] as const),
  isAskedAnew: choose([true, false]),
  isNoted: choose([true, false]),
})

const every: MemberFacts[] = []
const count = everyChoice((choose) => {
  every.push(drawMember(choose))
})
const nameOf = (step: { readonly do: string } | { readonly tell: string }) => ('do' in step ? step.do : step.tell)
const cases = every.map((facts) => ({ facts, name: nameOf(decideMember(facts)) }))
const of = (...names: readonly string[]) => cases.filter(({ name }) => names.includes(name)).map(({ facts }) => facts)

test(`${count} facts of one user are decided, and each step comes about`, () => {
  expect(new Set(cases.map(({ name }) => name))).toEqual(new Set([...membershipActions, ...memberEnds]))
})

test('only what has our id is removed, and only when it is known that no file asks for it', () => {
  for (const { entry, isWanted, isExternal } of of('withdraw', 'remove'))
    expect([isWanted, entry?.membershipId, isExternal]).toEqual(['no', 'ours', false])
  for (const { entry } of of('remove')) expect(entry?.state).toBe('revoking')
})

test('nothing is made if a provider keeps the group, it was renamed, something is there, or no file asks for it', () => {
  const allowed = { isExternal: false, isRenamed: false, isWanted: 'yes', found: undefined }
  for (const { isExternal, isRenamed, isWanted, found } of of('claim', 'create'))
    expect({ isExternal, isRenamed, isWanted, found }).toEqual(allowed)
})

test('people leave a renamed group as any other', () => {
  for (const { facts, name } of cases)
    if (facts.isWanted === 'no') expect(nameOf(decideMember({ ...facts, isRenamed: !facts.isRenamed }))).toBe(name)
})

test('a create is sent only a moment after an entry says so, which has no id yet', () => {
  for (const { entry, isClaimed, create } of of('create'))
    expect([entry, isClaimed, create === 'unknown']).toEqual([{ state: 'granting' }, true, false])
})

test('what this process has claimed and not called for is given up once nobody wants it', () => {
  const unsent = cases.filter(({ facts: { entry, create, isWanted } }) => {
    return entry !== undefined && entry.membershipId === undefined && create === 'unsent' && isWanted === 'no'
  })
  expect(new Set(unsent.map(({ name }) => name))).toEqual(new Set(['disclaim']))
})

test('what is there before our create is sent, or where AWS refuses it as existing, is never ours', () => {
  for (const { create } of of('note')) expect(['again', 'unknown']).toContain(create)
  for (const { create, entry } of of('disclaim'))
    expect([['unsent', 'refused'].includes(create), entry?.membershipId]).toEqual([true, undefined])
})

test('what another process has just claimed is left to it', () => {
  const others = cases.filter(({ facts: { entry, create, isClaimed } }) => {
    return entry !== undefined && entry.membershipId === undefined && create === 'unknown' && isClaimed
  })
  expect(new Set(others.map(({ name }) => name))).toEqual(new Set(['applying', 'revoking']))
})

test('what was there before is foreign, and never ours', () => {
  for (const { entry, found } of of('foreign')) expect([entry, found === undefined]).toEqual([undefined, false])
})

test('an entry goes only when the directory was asked long after the last create, and has nothing of ours', () => {
  for (const { isFresh, found } of of('forget')) {
    expect(isFresh && found === undefined).toBe(false)
    expect(found).not.toBe('ours')
  }
})

test('nothing is told as applied that no file asks for, or whose entry says something else', () => {
  for (const { isWanted, isNoted } of of('applied')) expect([isWanted, isNoted]).toEqual(['yes', true])
})

test('the step is the same whatever the directory has, if it need not be asked', () => {
  const founds = [undefined, 'ours', 'theirs']
  const others = every.filter((one) => !isAboutDirectory(one))
  const wrong = others.filter((facts) =>
    founds.some((found) => !isDeepStrictEqual(decideMember({ ...facts, found }), decideMember(facts))),
  )
  expect([others.length > 1_000, wrong]).toEqual([true, []])
})

/** One case for each way in which one user may be decided: what several users come to depends on nothing else. */
const kinds = [...new Map(cases.map(({ name, facts }) => [name, facts])).values()]
const looks: MembershipFacts[] = []
const lookCount = everyChoice((choose) => {
  const isThere = choose([0, 1, 2])
  const users = [kenji, ama].slice(0, isThere).map((user) => ({ ...choose(kinds), user }))
  looks.push({ isRepeated: choose([true, false]), isOurGroup: choose([true, false]), users })
})

test(`${lookCount} facts of up to two users are decided: an upload that repeats another, and a group of others, change nothing`, () => {
  for (const look of looks) {
    const step = decideMembership(look)
    if (look.isRepeated || !look.isOurGroup) expect(nameOf(step)).toBe(look.isRepeated ? 'repeated' : 'none')
    else if ('do' in step) for (const user of step.users) expect(stepOf(look, user)).toBe(step.do)
    else expect(look.users.length === 0 || look.users.some(({ user }) => stepOf(look, user) === step.tell)).toBe(true)
  }
})

test('whoever is to be taken out comes last, together with all others', () => {
  for (const look of looks) {
    const step = decideMembership(look)
    if (!('do' in step) || step.do !== 'withdraw') continue
    const steps = look.users.map(({ user }) => ({ user, name: stepOf(look, user) }))
    expect(steps.filter(({ name }) => name === 'withdraw').map(({ user }) => user)).toEqual(step.users)
    const others = steps.filter(({ name }) => name !== 'withdraw').map(({ name }) => name)
    for (const name of others) expect(memberEnds).toContain(name)
  }
})

test('of two users, the one who is farther from rest is told, and of two that are equal the one who has the name', () => {
  const ends: readonly string[] = memberEnds
  const farness = (name: string) => ends.indexOf(name)
  for (const look of looks) {
    const step = decideMembership(look)
    const [first, second] = look.users.map(({ user }) => stepOf(look, user))
    if (!('tell' in step) || step.tell === 'repeated' || first === undefined || second === undefined) continue
    if (!look.isOurGroup) continue
    expect(step.user).toBe(farness(second) > farness(first) ? ama : kenji)
  }
})

function stepOf({ users }: MembershipFacts, user: string): string | undefined {
  const facts = users.find((one) => one.user === user)
  return facts && nameOf(decideMember(facts))
}
