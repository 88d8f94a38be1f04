import { expect, test } from '@jest/globals'
import { type PrincipalId, principalId } from '../../../../../shared/domain/principals/identity-center-ids.ts'
import {
  type DecisionFacts,
  decideDecision,
  decisionActions,
  decisionEnds,
  isOwnAccess,
  isUploadOf,
  judgeReviewer,
  mayBeNamed,
} from '../../../../../shared/modules/reviews/rules/decide-decision.ts'
import { itemStates } from '../../../../../shared/modules/reviews/rules/decide-end.ts'
import { reviewItem } from '../../../../../shared/modules/reviews/rules/review-item.ts'
import { everyChoice } from '../../../../every-choice.ts'

const every: DecisionFacts[] = []
const count = everyChoice((choose) => {
  every.push({
    file: choose(['none', 'invalid', 'valid']),
    run: choose(['none', 'open', 'over']),
    item: choose(['unknown', ...itemStates, 'gone again', 'edited', 'settled']),
    author: choose(['may', 'barred', 'own', 'no reviewer', 'only revokes', 'unclear', 'unnamed']),
    recorded: choose(['none', 'same', 'other']),
    hasKept: choose([true, false]),
    verdict: choose(['keep', 'revoke']),
    isReplaced: choose([true, false]),
  })
})
const cases = every.map((facts) => {
  const step = decideDecision(facts)
  return { facts, name: 'do' in step ? step.do : step.tell }
})

test(`${count} facts are decided, and each step comes about`, () => {
  expect(new Set(cases.map(({ name }) => name))).toEqual(new Set([...decisionActions, ...decisionEnds]))
})

test('only a recorded revocation takes something away, while the run is open, also if somebody edited the item', () => {
  for (const { facts } of cases.filter(({ name }) => name === 'carry out')) {
    expect(facts).toMatchObject({ file: 'valid', run: 'open', recorded: 'same', verdict: 'revoke', isReplaced: false })
    expect(['as shown', 'unseen', 'changed', 'gone', 'gone again']).toContain(facts.item)
  }
})

test('a decision is recorded only if its author may decide, in an open run, on an item that nobody settled', () => {
  for (const { facts } of cases.filter(({ name }) => name === 'record')) {
    expect(facts).toMatchObject({ file: 'valid', run: 'open', author: 'may', isReplaced: false })
    expect(['as shown', 'gone', 'gone again', ...(facts.verdict === 'revoke' ? ['changed', 'unseen'] : [])]).toContain(
      facts.item,
    )
  }
})

test('nobody changes anything after the end, or on a settled item', () => {
  for (const { facts, name } of cases)
    if (facts.run !== 'open' || facts.item === 'settled' || facts.item === 'edited')
      expect(decisionEnds).toContain(name)
})

test('what cannot be read, and may be a revocation, takes back what its author kept before, and nothing else', () => {
  for (const { facts, name } of cases.filter(({ facts }) => facts.file === 'invalid'))
    if (name === 'withdraw') expect(facts).toMatchObject({ run: 'open', hasKept: true, isReplaced: false })
    else if (facts.run === 'open' && facts.hasKept && !facts.isReplaced)
      expect(['settled', 'edited']).toContain(facts.item)
})

test('an edited item is asked again before somebody keeps it', () => {
  for (const { facts, name } of cases)
    if (facts.file === 'valid' && facts.run === 'open' && facts.item === 'changed' && facts.verdict === 'keep')
      expect(['ask again', 'replaced', 'barred', 'own', 'no reviewer', 'only revokes', 'unclear', 'unnamed']).toContain(
        name,
      )
})

test('every fact of a reviewer is judged: nobody decides on their own access, membership or upload', () => {
  const judged = new Map<string, number>()
  everyChoice((choose) => {
    const facts = {
      bar: choose([true, false]),
      isOwn: choose([true, false]),
      isUploader: choose([true, false]),
      is: choose(['reviewer', 'revoker', 'nobody'] as const),
      verdict: choose(['keep', 'revoke'] as const),
      isUnclear: choose([true, false]),
      isUnnamed: choose([true, false]),
    }
    const author = judgeReviewer(facts)
    judged.set(author, (judged.get(author) ?? 0) + 1)
    if (author !== 'may') return
    expect(facts).toMatchObject({ bar: false, isOwn: false, isUploader: false, isUnclear: false, isUnnamed: false })
    expect([facts.is, facts.verdict]).not.toEqual(['revoker', 'keep'])
    expect(facts.is).not.toBe('nobody')
  })
  expect(Object.fromEntries(judged)).toEqual({
    ...{ barred: 96, own: 72, unclear: 12, may: 3, unnamed: 3 },
    ...{ 'no reviewer': 4, 'only revokes': 2 },
  })
})

test('every fact of an access is compared: by id, and a link whose name nobody had by the name of a user', () => {
  const idOf = (nth: number) => principalId.parse(`00000000-0000-4000-8000-00000000000${nth}`)
  const [user, group, other] = [idOf(1), idOf(2), idOf(3)]
  const person = {
    ...{ userId: user, name: 'kim', userName: 'kim', bar: false, isUnclear: false },
    ...{ groupIds: new Set([group]), groupsOfThen: new Set<PrincipalId>() },
  }
  everyChoice((choose) => {
    const kind = choose(['membership', 'link', 'link for nobody', 'foreign', 'setting'] as const)
    const type = choose(['GROUP', 'USER'] as const)
    const [hasName, hasId] = [choose([true, false]), choose([true, false])]
    const [name, id] = type === 'USER' ? ['kim', user] : ['team', group]
    const access = { type, principal: hasName ? name : 'other', permissionSet: 'Admin', isPrivileged: false }
    const accounts = ['233000000002']
    const link = { kind: 'link', scope: 'root%all', accounts, file: { key: 'links_data/a', etag: 'a' }, ...access }
    const subject = {
      membership: { kind: 'membership', group: 'team', user: 'kim', groupId: group, files: [] },
      link: { ...link, principalId: hasId ? id : other },
      'link for nobody': link,
      foreign: { kind: 'foreign', accounts, ...access, principalId: hasId ? id : other },
      setting: { kind: 'setting', what: 'x', remedy: 'change it', concerns: [{ type, id: hasId ? id : other, name }] },
    }[kind]
    const whole = kind === 'membership' ? { ...subject, userId: hasId ? user : other } : subject
    const item = reviewItem.parse({ digest: '0'.repeat(32), subject: whole, reviewers: [] })
    const isOwn = kind === 'link for nobody' ? type === 'USER' && hasName : hasId
    expect({ subject: whole, isOwn: isOwnAccess(item.subject, person) }).toEqual({ subject: whole, isOwn })
  })
})

test.each([
  ['AWS:AROAEXAMPLE:kenji.ito@acme.example', true],
  ['arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Team_0123456789abcdef/kenji.ito@acme.example', true],
  ['AWS:AROAEXAMPLE:ana.ruiz@acme.example', false],
  ['AWS:AROAEXAMPLE:kenji', false],
  [undefined, false],
])('an upload by %s is told from those of others', (by, isOwn) => {
  expect(isUploadOf(by, 'kenji.ito@acme.example')).toBe(isOwn)
})

test('a session name that AWS cut counts as the upload of everybody whose name begins so', () => {
  const long = `${'a'.repeat(64)}@acme.example`
  expect(isUploadOf(`AWS:AROAEXAMPLE:${long.slice(0, 64)}`, long)).toBe(true)
})

test('an uploader may become known until the status names somebody, or names nobody a day after the first upload', () => {
  const now = new Date('2027-01-08T00:00:00.000Z')
  const [old, recent] = ['2027-01-07T00:00:00.000Z', '2027-01-07T00:00:01.000Z']
  expect(mayBeNamed(undefined, now)).toBe(true)
  expect(mayBeNamed({ lastModified: recent }, now)).toBe(true)
  expect(mayBeNamed({ lastModified: old }, now)).toBe(false)
  expect(mayBeNamed({ lastModified: recent, since: old }, now)).toBe(false)
  expect(mayBeNamed({ lastModified: recent, by: { principalId: 'AWS:AROAEXAMPLE:kim', at: recent } }, now)).toBe(false)
})
