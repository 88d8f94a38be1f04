import { expect, test } from '@jest/globals'
import {
  type ApprovalFacts,
  approvalActions,
  approvalEnds,
  decideApproval,
} from '../../../../../shared/modules/requests/rules/decide-approval.ts'
import { everyChoice } from '../../../../every-choice.ts'

const every: ApprovalFacts[] = []
const count = everyChoice((choose) => {
  const flag = () => choose([false, true])
  every.push({
    file: choose(['none', 'misnamed', 'unread', 'invalid', 'approve', 'deny'] as const),
    isOneTooMany: flag(),
    request: flag()
      ? {
          isOwn: flag(),
          hasCounted: flag(),
          isOutgrown: flag(),
          isEnded: flag(),
          isPresent: flag(),
          isGranted: flag(),
          isOver: flag(),
          isApprover: flag(),
          isAuthorBarred: flag(),
          areApproversUnread: flag(),
        }
      : undefined,
  })
})
const cases = every.map((facts) => {
  const step = decideApproval(facts)
  return { facts, name: 'do' in step ? step.do : step.tell }
})
const named = (...names: readonly string[]) => cases.filter(({ name }) => names.includes(name))

test(`${count} facts are decided, and each step comes about`, () => {
  expect(new Set(cases.map(({ name }) => name))).toEqual(new Set([...approvalActions, ...approvalEnds]))
})

test('an author is told of success only if history has what the approval says, and of no request of their own', () => {
  for (const { facts } of named('counted'))
    expect([facts.file, facts.request]).toMatchObject([
      'approve',
      { isOwn: false, hasCounted: true, isOutgrown: false },
    ])
  for (const { facts } of named('denied'))
    expect([facts.file, facts.request]).toMatchObject(['deny', { isOwn: false, isEnded: true }])
})

test('an approval that counted is told so, however many its author has, and whatever became of the request, unless its scope has grown', () => {
  for (const {
    facts: { file, request },
    name,
  } of cases)
    if (file === 'approve' && request?.hasCounted && !request.isOwn && !request.isOutgrown) expect(name).toBe('counted')
  for (const { facts } of named('outgrown'))
    expect([facts.file, facts.request]).toMatchObject([
      'approve',
      { isApprover: true, isOutgrown: true, isOver: false },
    ])
})

test('one of too many gets no status, unless it counted', () => {
  for (const { facts, name } of cases)
    if (facts.isOneTooMany) expect(['nothing', 'counted', 'denied', 'tell the crowd']).toContain(name)
  for (const { facts } of named('tell the crowd')) expect(facts.isOneTooMany).toBe(true)
})

test('a denial is for nothing only if its author may not deny, or if nothing is left to deny', () => {
  const inVain = named('late', 'no approver', 'barred').filter(({ facts }) => facts.file === 'deny')
  for (const { facts } of inVain)
    expect(facts.request?.isOver || !(facts.request?.isApprover || facts.request?.areApproversUnread)).toBe(true)
  for (const { facts } of named('late')) expect(facts.file === 'approve' || facts.request?.isOver).toBe(true)
})

test('a file that is gone has no status, and every other one has', () => {
  for (const { facts, name } of cases) expect(name === 'nothing').toBe(facts.file === 'none')
})

test('nobody is called no approver before it is known who approves, who decides, and on what', () => {
  for (const { facts } of named('no approver')) {
    expect(facts.request).toMatchObject({ isOwn: false, isPresent: true, isOver: false })
    expect(facts.request).toMatchObject({ isAuthorBarred: false, areApproversUnread: false })
    expect(['approve', 'deny']).toContain(facts.file)
  }
})
