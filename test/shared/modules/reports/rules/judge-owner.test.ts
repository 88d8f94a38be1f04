import { expect, test } from '@jest/globals'
import { judgeOwner, type NamedOwner } from '../../../../../shared/modules/reports/rules/judge-owner.ts'

const kenji = 'kenji.ito@acme.example'
const user = (isDisabled: boolean, isSuspended: boolean) => ({ isDisabled, isSuspended })
const gone = 'the user is gone from the directory'

test.each<[string, string, Partial<NamedOwner>, string | undefined]>([
  ['a user who is there answers', kenji, { user: user(false, false) }, undefined],
  ['a disabled user does not', kenji, { user: user(true, false) }, 'the user is disabled in the directory'],
  ['a suspended user does not, disabled or not', kenji, { user: user(true, true) }, 'the user is suspended'],
  ['a group answers, also under a name like a user’s', kenji, { isGroup: true }, undefined],
  ['a name like a user’s that nobody has is gone', kenji, {}, gone],
  ['a name that was a user’s is gone', 'kenji', { wasUser: true }, gone],
  ['any other text may be anything', 'the platform team, ask @kenji', {}, undefined],
])('%s', (_, owner, known, why) => {
  expect(judgeOwner(owner, { isGroup: false, wasUser: false, ...known })).toBe(why)
})
