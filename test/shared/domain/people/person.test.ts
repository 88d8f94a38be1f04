import { describe, expect, test } from '@jest/globals'
import { decidePerson, type PersonFacts } from '../../../../shared/domain/people/decide-person.ts'
import {
  type OwnedPerson,
  parsePersonFile,
  parsePersonKey,
  personFileSchema,
} from '../../../../shared/domain/people/person-file.ts'
import {
  compareProfiles,
  renderNewUser,
  renderProfileOperations,
  toProfile,
} from '../../../../shared/domain/people/person-profile.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'

const names = { displayName: 'Ana Ruiz', givenName: 'Ana', familyName: 'Ruiz' }
const full = {
  ...names,
  email: 'ana@acme.example',
  title: 'Engineer',
  department: 'Web',
  userType: 'x',
  manager: 'ben',
}
const now = new Date('2026-03-03T10:00:00Z')
const before = '2026-03-03T09:00:00Z'
const after = '2026-03-03T11:00:00Z'
const id = principalId.parse('11111111-2222-4333-8444-555555555555')

describe('the next step for one person', () => {
  const owned: OwnedPerson = { v: 1, id, isAdopted: false, claimedAt: before }
  const user = { isExternal: false, hasName: true, profile: names }
  const ended = { ...owned, ended: { at: before } }
  const file = personFileSchema.parse(names)
  const over = { ...file, endsAt: before }
  const facts: PersonFacts = {
    ...{ file, owned, user, isApplied: false, now, onDrift: 'restore' },
    ...{ mayAdopt: true, protectedBy: undefined },
  }
  const { id: _, ...claimed } = owned

  test.each<[string, Partial<PersonFacts>, object]>([
    ['no file and no record', { file: undefined, owned: undefined }, { step: 'none' }],
    ['a file that has ended, and nobody', { file: over, owned: undefined, user: undefined }, { step: 'expired' }],
    ['a file that has ended, of somebody who was there', { file: over, owned: undefined }, { step: 'adopt' }],
    [
      'the same of a provider',
      { file: over, owned: undefined, user: { ...user, isExternal: true } },
      { step: 'external' },
    ],
    ['a file that has ended', { file: over }, { step: 'end' }],
    ['an end to come', { file: { ...file, endsAt: after } }, { step: 'applied' }],
    ['a file that is gone', { file: undefined }, { step: 'end' }],
    ['a person who has ended', { file: undefined, owned: ended }, { step: 'ended' }],
    [
      'one who is to be deleted',
      { file: undefined, owned: { ...ended, deleteAfterDays: 2 } },
      { step: 'ended', dueAt: new Date('2026-03-05T09:00:00Z') },
    ],
    ['a person who comes back', { owned: ended }, { step: 'return' }],
    ['a user whom a provider keeps now', { user: { ...user, isExternal: true } }, { step: 'external' }],
    [
      'a beginning to come',
      { file: { ...file, startsAt: after }, owned: undefined, user: undefined },
      { step: 'wait' },
    ],
    [
      'a beginning that was',
      { file: { ...file, startsAt: before }, owned: undefined, user: undefined },
      { step: 'make' },
    ],
    ['a user who was there', { owned: undefined }, { step: 'adopt' }],
    ['a user who was there, and may not be adopted', { owned: undefined, mayAdopt: false }, { step: 'foreign' }],
    ['the same with a file that has ended', { file: over, owned: undefined, mayAdopt: false }, { step: 'foreign' }],
    ['the same, protected', { owned: undefined, protectedBy: 'p' }, { step: 'protected', policy: 'p' }],
    ['the end of somebody protected', { file: undefined, protectedBy: 'p' }, { step: 'protected', policy: 'p' }],
    [
      'the deletion of somebody protected',
      { file: undefined, owned: { ...ended, deleteAfterDays: 0 }, protectedBy: 'p' },
      { step: 'protected', policy: 'p' },
    ],
    [
      'another title of somebody protected',
      { file: { ...file, title: 'CTO' }, protectedBy: 'p' },
      { step: 'protected', policy: 'p' },
    ],
    ['no change of somebody protected', { protectedBy: 'p' }, { step: 'applied' }],
    [
      'another e-mail address of an adopted user',
      { file: { ...file, email: 'x@x.example', title: 'CTO' }, owned: { ...owned, isAdopted: true } },
      { step: 'identity' },
    ],
    [
      'another e-mail address of somebody who may be adopted',
      { file: { ...file, email: 'x@x.example' }, owned: undefined },
      { step: 'identity' },
    ],
    ['somebody of almost the same name', { owned: undefined, user: { ...user, hasName: false } }, { step: 'foreign' }],
    [
      'nobody of a name that a policy protects',
      { user: undefined, protectedBy: 'p' },
      { step: 'protected', policy: 'p' },
    ],
    [
      'an answer that got lost, and somebody else of the name',
      { owned: claimed, user: { ...user, profile: { ...names, title: 'CTO' } }, mayAdopt: false },
      { step: 'foreign' },
    ],
    [
      'an answer that got lost, of somebody who is to be deleted',
      { file: undefined, owned: { ...claimed, ended: { at: before }, deleteAfterDays: 0 } },
      { step: 'ended' },
    ],
    [
      'another e-mail address of a user whom ssofile made',
      { file: { ...file, email: 'x@x.example' } },
      { step: 'change', change: { email: 'x@x.example' } },
    ],
    ['nobody of the name', { owned: undefined, user: undefined }, { step: 'make' }],
    ['a user who was deleted by hand', { user: undefined, isApplied: true }, { step: 'make' }],
    [
      'the same, only to be told',
      { user: undefined, isApplied: true, onDrift: 'report' },
      { step: 'report', change: {} },
    ],
    ['an answer that got lost', { owned: claimed }, { step: 'note' }],
    ['another name', { user: { ...user, hasName: false } }, { step: 'renamed' }],
    ['another title', { file: { ...file, title: 'CTO' } }, { step: 'change', change: { title: 'CTO' } }],
    [
      'a title that somebody wrote',
      { user: { ...user, profile: { ...names, title: 'CTO' } }, isApplied: true, onDrift: 'report' },
      { step: 'report', change: { title: undefined } },
    ],
    [
      'what an adopted user has and the file leaves out',
      { owned: { ...owned, isAdopted: true }, user: { ...user, profile: { ...names, title: 'CTO' } } },
      { step: 'applied' },
    ],
  ])('with %s', (_title, changed, expected) => {
    expect(decidePerson({ ...facts, ...changed })).toEqual(expected)
  })

  const adopted = { ...owned, isAdopted: true }
  const another = { ...file, email: 'x@x.example', title: 'CTO' }
  const choices = {
    file: [undefined, file, another, over, { ...another, startsAt: after }],
    owned: [
      ...[undefined, owned, adopted, claimed, ended],
      ...[adopted, claimed, owned].map((one) => ({ ...one, ended: { at: before }, deleteAfterDays: 0 })),
    ],
    user: [
      undefined,
      { ...user, profile: { ...names, email: 'y@y.example' } },
      ...[true, false].flatMap((isExternal) => [true, false].map((hasName) => ({ ...user, isExternal, hasName }))),
    ],
    isApplied: [true, false],
    onDrift: ['restore', 'report'],
    mayAdopt: [true, false],
    protectedBy: [undefined, 'p'],
  } as const
  const every = Object.entries(choices).reduce<readonly Partial<PersonFacts>[]>(
    (all, [name, values]) => all.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
    [{}],
  )

  test('whatever the facts: nobody is taken over without governance, and nobody whom a policy protects is written', () => {
    const steps = new Set<string>()
    for (const one of every) {
      const all: PersonFacts = { ...facts, ...one }
      const decided = decidePerson(all)
      steps.add(decided.step)
      const { step } = decided
      const isOurs = all.owned !== undefined && !all.owned.isAdopted
      const broken = [
        step === 'adopt' && (!all.mayAdopt || all.user?.hasName !== true) && 'adopted',
        step === 'note' && (all.file !== file || all.user?.profile !== names) && 'taken for ours',
        all.protectedBy !== undefined && ['adopt', 'make', 'change', 'end'].includes(step) && 'protected',
        'change' in decided && step === 'change' && 'email' in decided.change && !isOurs && 'e-mail',
        'dueAt' in decided && (all.protectedBy !== undefined || all.owned?.id === undefined) && 'deleted',
        all.user?.isExternal && ['adopt', 'note', 'change'].includes(step) && 'of a provider',
      ].filter((fault) => fault !== false && fault !== undefined)
      expect({ facts: all, step, broken }).toEqual({ facts: all, step, broken: [] })
    }
    expect([...steps].toSorted()).toEqual([
      ...['adopt', 'applied', 'change', 'end', 'ended', 'expired', 'external', 'foreign', 'identity', 'make', 'none'],
      ...['note', 'protected', 'renamed', 'report', 'return', 'wait'],
    ])
  })
})

test('what is written of a person is read back, as AWS answers it', () => {
  expect(toProfile(renderNewUser(full))).toEqual(full)
  expect(toProfile({})).toEqual({})
  expect(renderProfileOperations(compareProfiles({ ...full, title: undefined }, full, { isAdopted: false }))).toEqual([
    { path: 'title', value: null },
  ])
  expect(renderProfileOperations({ email: 'b@acme.example', department: 'Ops' })).toEqual([
    { path: 'emails', value: [{ value: 'b@acme.example', type: 'work', primary: true }] },
    { path: 'aws:identitystore:enterprise.department', value: 'Ops' },
  ])
})

describe('the file of a person', () => {
  const parse = (fields: object) =>
    parsePersonFile('people/ana.json', Buffer.from(JSON.stringify({ ...names, ...fields })))

  test.each<[string, object, string]>([
    ['a contractor without an end', { userType: 'contractor', sponsor: 'ben' }, 'sponsor'],
    ['a contractor without a sponsor', { userType: 'contractor', endsAt: after }, 'sponsor'],
    ['an end before the beginning', { startsAt: after, endsAt: before }, 'an end after the beginning'],
    ['no family name', { familyName: undefined }, 'printable'],
    ['a field that nobody knows', { boss: 'x' }, 'displayName'],
    ['half an address', { email: 'ana@' }, 'e-mail'],
  ])('is refused with %s', (_, fields, expected) => {
    const file = parse(fields)
    expect(file.ok ? '' : file.complaint.expected).toContain(expected)
  })

  test('is accepted with all that a contractor needs', () => {
    expect(
      parse({ userType: 'contractor', sponsor: 'ben', startsAt: before, endsAt: after, deleteAfterDays: 0 }).ok,
    ).toBe(true)
  })

  test.each(['people/.json', 'people/a b.json', 'people/a/b.json', `people/${'x'.repeat(129)}.json`, 'people/ana'])(
    'is refused under the name %s',
    (key) => expect(parsePersonKey(key).ok).toBe(false),
  )
})
