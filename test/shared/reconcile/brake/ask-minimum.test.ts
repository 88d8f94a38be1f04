import { expect, test } from '@jest/globals'
import { assignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import { revocationAct } from '../../../../shared/domain/brake/act.ts'
import { emptyBrake } from '../../../../shared/domain/brake/brake-record.ts'
import { defaultConfiguration } from '../../../../shared/domain/deployment/configuration.ts'
import { judgeWithMinimum } from '../../../../shared/reconcile/brake/ask-minimum.ts'

const now = new Date('2026-03-03T10:00:00Z')
const terms = { limits: { ...defaultConfiguration.brake, own: { count: 0, percent: 0, minutes: 15 } }, now }
const user = '11111111-1111-4111-8111-000000000001'
const key = assignmentKey.parse(`account%200000000001%Admin-ps%${user}%USER%ssofile`)
const revocation = { key, links: ['links_data/one'], cause: undefined }
const leaving = new Set<string>()
const objection = { account: '200000000001', objection: 'the last administrator' }
const objecting = { isConcerned: true, objection, leaving }
const agreeing = { isConcerned: false, leaving }

test('a minimum holds the access of a disabled user too, although the access stood on the list of an uploader', () => {
  const first = judgeWithMinimum(emptyBrake, revocationAct(revocation), terms, agreeing)
  const based = {
    ...first.brake,
    windows: first.is === 'unmeasured' ? first.baseless.map((one) => ({ ...one, base: 0 })) : [],
  }
  const { brake } = judgeWithMinimum(based, revocationAct(revocation), terms, agreeing)
  expect(brake.lists).toMatchObject([{ rule: 'own', held: [key] }])
  const ended = revocationAct({ ...revocation, cause: { cause: 'principal', name: 'USER/ann' }, isEnded: true })
  const judged = judgeWithMinimum(brake, ended, terms, objecting)
  expect(judged).toMatchObject({ is: 'held', brake: { lists: [{ rule: 'minimum', held: [key] }] } })
})
