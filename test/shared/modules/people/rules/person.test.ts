import { describe, expect, test } from '@jest/globals'
import {
  type OwnedPerson,
  parsePersonFile,
  parsePersonKey,
  personFileSchema,
} from '../../../../../shared/domain/files/person-file.ts'
import { principalId } from '../../../../../shared/domain/principals/identity-center-ids.ts'
import {
  compareProfiles,
  renderNewUser,
  renderProfileOperations,
  toProfile,
} from '../../../../../shared/domain/principals/person-profile.ts'
import { decidePerson, type PersonFacts } from '../../../../../shared/modules/people/rules/decide-person.ts'
import { everyChoice } from '../../../../every-choice.ts'

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
    ...{ file, entry: owned, user, isApplied: true, isClaimed: true, isYoung: true, now, onDrift: 'restore' },
    ...{ mayAdopt: true, protectedBy: undefined, refusal: undefined },
    ...{ isFresh: false, hasTerms: true, isSuspended: true, isLeftSuspended: false },
  }
  const { id: _, ...withoutId } = owned
  const claimed = { ...withoutId, sent: names }

  test.each<[string, Partial<PersonFacts>, object]>([
    ['no file and no record', { file: 'none', entry: undefined }, { tell: 'none' }],
    ['a file that has ended, and nobody', { file: over, entry: undefined, user: undefined }, { tell: 'expired' }],
    ['a file that has ended, of somebody who was there', { file: over, entry: undefined }, { do: 'adopt' }],
    [
      'the same of a provider',
      { file: over, entry: undefined, user: { ...user, isExternal: true } },
      { tell: 'external' },
    ],
    ['a file that has ended', { file: over }, { do: 'end' }],
    ['an end to come', { file: { ...file, endsAt: after } }, { tell: 'applied' }],
    ['a file that is gone', { file: 'none' }, { do: 'end' }],
    ['a person who has ended', { file: 'none', entry: ended }, { tell: 'ended' }],
    [
      'one who is to be deleted',
      { file: 'none', entry: { ...ended, deleteAfterDays: 2 } },
      { tell: 'ended', dueAt: new Date('2026-03-05T09:00:00Z') },
    ],
    ['a person who comes back', { entry: ended }, { do: 'return' }],
    ['a suspension of ours that an end has left', { isLeftSuspended: true }, { do: 'return' }],
    ['a user whom a provider keeps now', { user: { ...user, isExternal: true } }, { tell: 'external' }],
    [
      'a beginning to come',
      { file: { ...file, startsAt: after }, entry: undefined, user: undefined },
      { tell: 'wait' },
    ],
    [
      'a beginning that was',
      { file: { ...file, startsAt: before }, entry: undefined, user: undefined },
      { do: 'claim' },
    ],
    ['a user who was there', { entry: undefined }, { do: 'adopt' }],
    ['a user who was there, and may not be adopted', { entry: undefined, mayAdopt: false }, { tell: 'foreign' }],
    ['the same with a file that has ended', { file: over, entry: undefined, mayAdopt: false }, { tell: 'foreign' }],
    ['the same, protected', { entry: undefined, protectedBy: 'p' }, { tell: 'protected', policy: 'p' }],
    ['the end of somebody protected', { file: 'none', protectedBy: 'p' }, { tell: 'protected', policy: 'p' }],
    [
      'the deletion of somebody protected',
      { file: 'none', entry: { ...ended, deleteAfterDays: 0 }, protectedBy: 'p' },
      { tell: 'protected', policy: 'p' },
    ],
    [
      'another title of somebody protected',
      { file: { ...file, title: 'CTO' }, protectedBy: 'p' },
      { tell: 'protected', policy: 'p' },
    ],
    ['no change of somebody protected', { protectedBy: 'p' }, { tell: 'applied' }],
    [
      'another e-mail address of an adopted user',
      { file: { ...file, email: 'x@x.example', title: 'CTO' }, entry: { ...owned, isAdopted: true } },
      { tell: 'identity' },
    ],
    [
      'another e-mail address of somebody who may be adopted',
      { file: { ...file, email: 'x@x.example' }, entry: undefined },
      { tell: 'identity' },
    ],
    ['somebody of almost the same name', { entry: undefined, user: { ...user, hasName: false } }, { tell: 'foreign' }],
    [
      'nobody of a name that a policy protects',
      { user: undefined, protectedBy: 'p' },
      { tell: 'protected', policy: 'p' },
    ],
    [
      'an answer that got lost, and somebody else of the name',
      { entry: claimed, user: { ...user, profile: { ...names, title: 'CTO' } }, mayAdopt: false },
      { do: 'disclaim' },
    ],
    [
      'an answer that got lost, of somebody who is to be deleted',
      { file: 'none', entry: { ...claimed, ended: { at: before }, deleteAfterDays: 0 } },
      { do: 'note' },
    ],
    ['an answer that got lost, of a file that is gone', { file: 'none', entry: claimed }, { do: 'note' }],
    [
      'the same, and somebody else of the name',
      { file: 'none', entry: claimed, user: { ...user, profile: { ...names, title: 'CTO' } }, isFresh: true },
      { do: 'disclaim' },
    ],
    [
      'the same, who was suspended',
      { file: 'none', entry: { ...claimed, ended: { at: before } }, user: { ...user, profile: {} }, isFresh: true },
      { do: 'forget' },
    ],
    [
      'the same, and nobody of the name yet',
      { file: 'none', entry: claimed, user: undefined, isFresh: true },
      { tell: 'unanswered' },
    ],
    [
      'another e-mail address of a user whom ssofile made',
      { file: { ...file, email: 'x@x.example' } },
      { do: 'change', change: { email: 'x@x.example' } },
    ],
    ['nobody of the name', { entry: undefined, user: undefined }, { do: 'claim' }],
    ['a user who was deleted by hand', { user: undefined, isApplied: true }, { do: 'forget' }],
    [
      'the same, only to be told',
      { user: undefined, isApplied: true, onDrift: 'report' },
      { tell: 'report', change: {} },
    ],
    ['an answer that got lost', { entry: claimed }, { do: 'note' }],
    ['the same, of a file that says otherwise by now', { entry: claimed, isClaimed: false }, { do: 'note' }],
    ['the same, after an hour', { entry: claimed, isYoung: false }, { do: 'disclaim' }],
    ['the same, of a user whom a policy protects', { entry: claimed, protectedBy: 'p' }, { do: 'disclaim' }],
    ['another name', { user: { ...user, hasName: false } }, { tell: 'renamed' }],
    ['another title', { file: { ...file, title: 'CTO' } }, { do: 'change', change: { title: 'CTO' } }],
    [
      'a title that somebody wrote',
      { user: { ...user, profile: { ...names, title: 'CTO' } }, isApplied: true, onDrift: 'report' },
      { tell: 'report', change: { title: undefined } },
    ],
    [
      'what an adopted user has and the file leaves out',
      { entry: { ...owned, isAdopted: true }, user: { ...user, profile: { ...names, title: 'CTO' } } },
      { tell: 'applied' },
    ],
  ])('with %s', (_title, changed, expected) => {
    expect(decidePerson({ ...facts, ...changed })).toEqual(expected)
  })

  const adopted = { ...owned, isAdopted: true }
  const another = { ...file, email: 'x@x.example', title: 'CTO' }
  const every: PersonFacts[] = []
  const count = everyChoice((choose) => {
    const chosen = choose(['none', 'invalid', file, another, over, { ...another, startsAt: after }] as const)
    every.push({
      ...facts,
      file: chosen,
      entry: choose([
        ...[undefined, owned, adopted, claimed, ended, { ...owned, endsAt: before }, { ...owned, endsAt: after }],
        ...[adopted, claimed, owned].map((one) => ({ ...one, ended: { at: before }, deleteAfterDays: 0 })),
      ]),
      user: choose([
        undefined,
        { ...user, profile: { ...names, email: 'y@y.example' } },
        ...[true, false].flatMap((isExternal) => [true, false].map((hasName) => ({ ...user, isExternal, hasName }))),
      ]),
      isFresh: choose([true, false]),
      isClaimed: choose([true, false]),
      isYoung: choose([true, false]),
      isApplied: choose([true, false]),
      hasTerms: choose([true, false]),
      isSuspended: choose([true, false]),
      isLeftSuspended: chosen === file ? choose([true, false]) : false,
      onDrift: choose(['restore', 'report'] as const),
      mayAdopt: choose([true, false]),
      protectedBy: choose([undefined, 'p']),
      refusal: chosen === file ? choose([undefined, { received: 'a', expected: 'b', remedy: 'c' }]) : undefined,
    })
  })
  const cases = every.map((one) => ({ one, decided: decidePerson(one) }))
  const nameOf = (decided: ReturnType<typeof decidePerson>) => ('do' in decided ? decided.do : decided.tell)
  const of = (...names: readonly string[]) => cases.filter(({ decided }) => names.includes(nameOf(decided)))
  /** Those of these steps for which it does not hold. */
  const breaking = (names: readonly string[], holds: (one: PersonFacts) => boolean | undefined) =>
    of(...names).filter(({ one }) => holds(one) !== true)
  const writes = ['adopt', 'claim', 'make', 'note', 'change', 'end', 'delete']

  test(`${count} facts are decided, and each step comes about`, () => {
    expect([...new Set(cases.map(({ decided }) => nameOf(decided)))].toSorted()).toEqual([
      ...[
        'adopt',
        'applied',
        'change',
        'claim',
        'delete',
        'disclaim',
        'end',
        'ended',
        'expired',
        'external',
        'foreign',
        'forget',
      ],
      ...[
        'identity',
        'invalid',
        'keep',
        'make',
        'none',
        'not ours',
        'note',
        'protected',
        'refused',
        'renamed',
        'report',
      ],
      ...['return', 'suspend', 'unanswered', 'wait'],
    ])
  })

  test('nobody is taken over without governance, and nobody is taken for ours who differs from the file', () => {
    expect(breaking(['adopt'], ({ mayAdopt, user: found }) => mayAdopt && found?.hasName)).toEqual([])
    expect(
      breaking(['note'], (one) =>
        one.entry === claimed || one.entry?.sent !== undefined ? one.user?.profile === names && one.isYoung : false,
      ),
    ).toEqual([])
  })

  test('nobody is claimed while an entry has the id of another, so a user whom others made again is not taken for ours', () => {
    expect(breaking(['claim', 'make', 'note'], (one) => one.entry?.id === undefined)).toEqual([])
  })

  test('nobody is written whom a policy protects, whom a provider keeps, or while nothing under people/ counts', () => {
    expect(breaking(writes, (one) => one.protectedBy === undefined && one.refusal === undefined)).toEqual([])
    expect(breaking(['adopt', 'note', 'change', 'delete'], (one) => one.user?.isExternal === false)).toEqual([])
  })

  test('only a person whose file is in force comes back: one who has ended, or whom an end has left suspended', () => {
    expect(breaking(['return'], (one) => one.entry?.ended !== undefined || one.isLeftSuspended)).toEqual([])
    expect(breaking(['return'], (one) => typeof one.file !== 'string' && one.file !== over)).toEqual([])
  })

  test('the e-mail address of an adopted user stays', () => {
    for (const { one, decided } of of('change'))
      expect('change' in decided && 'email' in decided.change && one.entry?.isAdopted !== false).toBe(false)
  })

  test('only a user of ours by id is deleted: one who has ended, is suspended, and is due', () => {
    for (const { one } of of('delete')) {
      expect(one.entry).toMatchObject({ id, ended: { at: before }, deleteAfterDays: 0 })
      expect([one.isSuspended, one.user?.hasName]).toEqual([true, true])
      expect(one.file === 'none' || one.file === over).toBe(true)
    }
  })

  test('nobody is suspended for a user who is gone: another user may have the name', () => {
    expect(breaking(['end', 'suspend'], (one) => one.user !== undefined)).toEqual([])
    expect(breaking(['end'], (one) => one.entry?.id !== undefined)).toEqual([])
  })

  test('a file that is not valid only ends, or forgets who is gone, and no entry is forgotten while a call may still make its user', () => {
    const ofInvalid = cases.filter(({ one }) => one.file === 'invalid').map(({ decided }) => nameOf(decided))
    expect(new Set(ofInvalid)).toEqual(new Set(['invalid', 'end', 'forget']))
    expect(
      breaking(['forget'], (one) => one.entry?.id !== undefined || !one.isFresh || one.user !== undefined),
    ).toEqual([])
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

  test.each([
    'Contractor',
    'CONTRACTOR',
    ' contractor ',
    'con tractor',
    'Contractors',
    'External Contractor',
    'sub-contractor',
    'ｃｏｎｔｒａｃｔｏｒ',
    'ᶜᵒⁿᵗʳᵃᶜᵗᵒʳ',
  ])('is refused without an end and a sponsor for the userType %p, as a contractor', (userType) => {
    const file = parse({ userType })
    expect(file.ok ? '' : file.complaint.received).toBe('a contractor without endsAt and sponsor')
    expect(parse({ userType, endsAt: after, sponsor: 'ben' }).ok).toBe(true)
  })

  test.each([
    'contraсtor',
    'Cοntractor',
    'ᴄᴏɴᴛʀᴀᴄᴛᴏʀ',
    'c0ntractor',
    'contráctor',
    'соntrасtоr',
    'CΟΝΤRΑCΤΟR',
    'ᏟΟNᎢRACTOR',
  ])(
    'is refused with the userType %p, which only looks like a contractor, even with an end and a sponsor',
    (userType) => {
      const file = parse({ userType, endsAt: after, sponsor: 'ben' })
      expect(file.ok ? '' : file.complaint.received).toContain('only looks like')
    },
  )

  test.each(['Employee', 'contract', 'Contrôleur', 'Подрядчик', '契約社員', 'Interno'])(
    'needs neither an end nor a sponsor with the userType %p',
    (userType) => expect(parse({ userType }).ok).toBe(true),
  )

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
