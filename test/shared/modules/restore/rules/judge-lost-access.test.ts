import { describe, expect, test } from '@jest/globals'
import type { Access, AssignmentCall } from '../../../../../shared/domain/assignments/ledger-entry.ts'
import { permissionSetArn, principalId } from '../../../../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../../../../shared/domain/principals/principal.ts'
import { judgeLostAccess, type LostAccess } from '../../../../../shared/modules/restore/rules/judge-lost-access.ts'

const names = {
  principal: principalName.parse('auditors'),
  principalId: principalId.parse('11111111-2222-3333-4444-555555555555'),
  permissionSetArn: permissionSetArn.parse('arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef'),
}
const now = new Date('2026-03-03T12:00:00Z')
const early = '2026-03-01T10:00:00.000Z'
const lately = '2026-03-03T11:58:00.000Z'

const creation = (calledAt: string, more: Partial<AssignmentCall> = {}): AssignmentCall => ({
  kind: 'creation',
  calledAt,
  ...more,
})
const granted: Access = { state: 'granted', ...names, links: [], grantedAt: early }
const granting = (call: AssignmentCall): Access => ({
  state: 'granting',
  ...names,
  links: [],
  call,
  lastCreation: call,
})
const accepted = creation(lately, { id: 'request', answeredAt: lately })
const unanswered = creation(lately)
const ours = { says: 'ours', at: early, links: [] } as const
const ended = { says: 'ended', at: '2026-03-02T10:00:00.000Z' } as const
const nothing = { says: 'nothing' } as const

type Row = Pick<LostAccess, 'saved' | 'history' | 'isListed'> & { readonly becomes: string; readonly of: string }
const rows: readonly Row[] = [
  { of: 'granted by history, saved and listed', history: ours, saved: granted, isListed: true, becomes: 'ours' },
  { of: 'granted by history and listed', history: ours, saved: undefined, isListed: true, becomes: 'ours' },
  { of: 'granted by history, not listed', history: ours, saved: granted, isListed: false, becomes: 'ours, missing' },
  {
    of: 'granted by history alone, not listed',
    history: ours,
    saved: undefined,
    isListed: false,
    becomes: 'ours, missing',
  },
  {
    of: 'being revoked, not listed',
    history: ours,
    saved: { ...granted, state: 'revoking', call: { kind: 'deletion', calledAt: early } },
    isListed: false,
    becomes: 'ours',
  },
  { of: 'ended', history: ended, saved: granted, isListed: true, becomes: 'over' },
  { of: 'ended, without a version', history: ended, saved: undefined, isListed: true, becomes: 'over' },
  { of: 'accepted since it ended', history: ended, saved: granting(accepted), isListed: true, becomes: 'ours' },
  { of: 'accepted', history: nothing, saved: granting(accepted), isListed: false, becomes: 'ours' },
  {
    of: 'sent without an answer, listed',
    history: nothing,
    saved: granting(unanswered),
    isListed: true,
    becomes: 'undecided',
  },
  {
    of: 'sent lately without an answer',
    history: nothing,
    saved: granting(unanswered),
    isListed: false,
    becomes: 'ours',
  },
  { of: 'sent long ago', history: nothing, saved: granting(creation(early)), isListed: false, becomes: 'over' },
  { of: 'sent before it ended', history: ended, saved: granting(creation(early)), isListed: true, becomes: 'over' },
  {
    of: 'refused',
    history: nothing,
    saved: granting(creation(lately, { id: 'request', outcome: 'FAILED' })),
    isListed: true,
    becomes: 'over',
  },
  { of: 'granted without any history', history: nothing, saved: granted, isListed: true, becomes: 'undecided' },
  { of: 'granted without any history, not listed', history: nothing, saved: granted, isListed: false, becomes: 'over' },
]

describe('the lost record of access that was', () => {
  test.each(rows)('$of is $becomes', ({ becomes, of: _, ...facts }) => {
    const verdict = judgeLostAccess({ names, now, ...facts })
    const missing = verdict.is === 'ours' && verdict.access.missingSince !== undefined ? ', missing' : ''
    expect(verdict.is + missing).toBe(becomes)
  })

  test('granted by history alone has its names, its links and its instant', () => {
    const verdict = judgeLostAccess({ names, now, saved: undefined, history: ours, isListed: true })
    expect(verdict).toEqual({ is: 'ours', access: { state: 'granted', ...names, links: [], grantedAt: early } })
  })
})
