import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { ledgerStates } from '../../../../shared/domain/assignments/ledger-entry.ts'
import { noObjection } from '../../../../shared/domain/guardrails/judge-by-policies.ts'
import {
  type Access,
  describeLink,
  type Expansion,
  type LinkFacts,
  type Progress,
} from '../../../../shared/domain/links/describe-link.ts'
import { lackOfActiveAccount, lackOfBoundUser, lackOfScope, lackOfTags } from '../../../../shared/domain/links/lack.ts'
import { type Link, parseLinkKey } from '../../../../shared/domain/links/link.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { accountStates } from '../../../../shared/domain/organization/organization-view.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { type Status, status as statusSchema, statusStates } from '../../../../shared/domain/statuses/status.ts'
import { runsOf } from '../../../depth.ts'

type Of<State extends LinkFacts['state']> = Extract<LinkFacts, { readonly state: State }>
type Left = Of<'absent'>['left']

const first = accountId.parse('210000000001')
const second = accountId.parse('210000000002')
const third = accountId.parse('210000000003')
const accounts = [first, second, third]
const group = principalId.parse('11111111-2222-3333-4444-555555555555')
const zoe = principalId.parse('21111111-2222-3333-4444-555555555555')
const otherZoe = principalId.parse('31111111-2222-3333-4444-555555555555')
const uploadedAt = '2026-03-03T10:00:00.000Z'
const earlier = '2026-03-03T09:00:00.000Z'
const by = { principalId: 'AWS:maria', at: uploadedAt }
const lack = { reason: 'there is no group of this name', remedy: 'create it' }
const closed = `account ${first} is CLOSED, not ACTIVE: AWS SSO is unable to complete your request`
const none = { desired: 0, applied: 0, open: 0, failed: [] }
const retried = 'remove the cause; ssofile tries again by itself, at least every hour'

function linkOf(scope: string, rest = 'Billing-ps%team-Accountants%GROUP'): Link {
  const link = parseLinkKey(`links_data/${scope}%${rest}%ssofile`, [])
  if (!link.ok) throw new Error(link.complaint.received)
  return link.value
}
const ofUnit = linkOf('ou_id%ou-acme-sec10000')
const ofUser = linkOf('ou_id%ou-acme-sec10000', 'Billing-ps%zoe%USER')

const object = { etag: 'e', versionId: 'v', lastModified: new Date(uploadedAt), content: 'c' }
const upload = { etag: 'e', versionId: 'v', lastModified: uploadedAt, content: 'c' }
const unbound = { present: undefined, boundTo: undefined }

/** The status until now, of the same upload unless something else is said. */
const was = (state: Status['state'], more: Partial<Status> = {}): Status => ({
  input: ofUnit.key,
  updatedAt: uploadedAt,
  ...upload,
  state,
  ...more,
})
const deleted = { etag: undefined, lastModified: undefined, versionId: undefined, content: undefined }
const waited = was('waiting', { ...lack, accounts: { ...none, desired: 3, open: 3 } })
const at = (state: Access['state'], more: Partial<Access> = {}): Access => ({
  account: first,
  state,
  principalId: group,
  links: [{ key: ofUnit.key, content: 'c' }],
  ...more,
})
const everywhere = (state: Access['state'], more: Partial<Access> = {}) =>
  accounts.map((account) => at(state, { account, ...more }))

const absent = (left: Left, present?: Status): LinkFacts => ({
  ...unbound,
  present,
  state: 'absent',
  left,
})
const expired = (left: Left, present?: Status): LinkFacts => {
  return { ...unbound, present, object, state: 'expired', body: { expiresAt: new Date(earlier) }, left }
}
const notYet = (left: Left): LinkFacts => {
  return { ...unbound, object, state: 'not-yet', body: { notBefore: new Date('2026-03-04T09:00:00Z') }, left }
}
const inForce = (more: Partial<Of<'in-force'>> = {}): LinkFacts => ({
  ...unbound,
  state: 'in-force',
  object,
  link: ofUnit,
  body: {},
  expansion: { found: 'accounts', accounts },
  progress: 'unknown',
  onDrift: 'restore',
  ...more,
})
const after = (progress: Partial<Progress>, more: Partial<Of<'in-force'>> = {}): LinkFacts =>
  inForce({ ...more, progress: { access: [], held: [], lack: undefined, ...progress } })
const without = (expansion: Expansion, more: Partial<Of<'in-force'>> = {}): LinkFacts => inForce({ expansion, ...more })
const noAccount: Expansion = { found: 'accounts', accounts: [] }
const unread: Expansion = { found: 'unread-tags', unread: 2, all: 7 }
const nothing: Expansion = { found: 'nothing', scope: { kind: 'ou_id', id: 'ou-acme-x' }, near: 'ou-acme-y' }

const expiredStatus = {
  ...upload,
  state: 'expired',
  reason: `it expired at ${earlier}`,
  remedy: 'upload it again with a later expiresAt, or delete it',
}
const notYetStatus = {
  ...upload,
  state: 'waiting',
  reason: 'it is not in force before 2026-03-04T09:00:00.000Z',
  remedy: 'nothing to do: ssofile applies it then',
}
const existed = 'the access existed before this link; it stays when the link is deleted'

const refusal = { policy: 'policies/a.json', received: 'all accounts', expected: 'fewer', remedy: 'name them' }
const empty = { remedy: 'nothing to do: ssofile applies it when there is such an account', atRest: true }

describe('a link that is not in force', () => {
  const complaint = { object: ofUnit.key, received: 'a list', expected: 'an object', remedy: 'write an object' }
  const left = [at('revoking'), at('failed', { account: second, reason: 'AWS says no' })]
  const failed = [{ account: second, reason: 'AWS says no' }]
  const rejected = { state: 'rejected', reason: 'received a list, expected an object', remedy: 'write an object' }
  const notValid = (gone: Left, present?: Status): LinkFacts => {
    return { ...unbound, present, state: 'rejected', object, complaint, left: gone }
  }
  const lastValid = { lastModified: earlier, versionId: 'v0' }
  const wasValid = was('applied', { content: 'another', lastModified: earlier, versionId: 'v0' })
  const withdrawn = {
    reason: `received a list, expected an object; the link was valid before (uploaded ${earlier}), so ssofile revokes the access that only this link gave`,
    remedy: 'write an object; to get the access back, correct the file or upload its former content',
  }
  test.each<[string, LinkFacts, object | undefined]>([
    [
      'row 1: a rejected link that granted nothing says what is wrong and what to do, and keeps its uploader',
      notValid([], was('rejected', { by })),
      { ...upload, by, ...rejected },
    ],
    [
      'row 1: the same content that is not valid any more, by another configuration, says no more than that',
      notValid([], was('applied')),
      { ...upload, ...rejected },
    ],
    [
      'row 1: a link that was valid says since when it was, and that its access goes, before anybody has looked',
      notValid('unknown', wasValid),
      { ...upload, state: 'rejected', ...withdrawn, lastValid },
    ],
    [
      'row 1: so it does while its access goes, and counts it',
      notValid([at('revoking'), at('failed', { account: second, reason: 'AWS says no' })], wasValid),
      { ...upload, state: 'rejected', ...withdrawn, lastValid, accounts: { ...none, open: 1, failed } },
    ],
    [
      'row 1: so it does when its access is gone, also after another upload that is not valid',
      notValid([], was('rejected', { content: 'another', lastValid })),
      { ...upload, state: 'rejected', ...withdrawn, lastValid, accounts: none },
    ],
    [
      'row 1: access that the brake holds is told as held, with what is wrong and what keeps it',
      notValid([at('held', { reason: 'held by the brake: too many' })], wasValid),
      {
        ...upload,
        state: 'held',
        lastValid,
        accounts: { ...none, open: 1 },
        reason:
          'held by the brake: too many; its access in 1 account stays until an operator decides; the file is no longer valid: received a list, expected an object',
        remedy:
          'to keep the access, correct the file: write an object; an operator can review and release it: ssofile brake',
      },
    ],
    [
      'row 1: what is told as held stays so until the dispatcher knows more',
      notValid('unknown', was('held', { ...lack, lastValid, accounts: { ...none, open: 1 } })),
      { ...upload, state: 'held', ...lack, lastValid, accounts: { ...none, open: 1 } },
    ],
    [
      'a link that S3 does not give says so, and nothing of what it was: its access stays',
      { ...unbound, present: wasValid, state: 'unreadable', object, complaint },
      { ...upload, ...rejected },
    ],
    [
      'row 3: a deleted link that was rejected while its access was going is revoking',
      absent('unknown', was('rejected', { lastValid, accounts: { ...none, open: 1 } })),
      { state: 'revoking' },
    ],
    ['row 2: a deleted link whose access is gone has no status', absent([], was('revoking')), undefined],
    ['row 2: an expired link whose access is gone is expired', expired([]), expiredStatus],
    ['row 2: a link before its time that granted nothing waits for it', notYet([]), notYetStatus],
    ['row 3: a deleted link that never had a status gets none', absent('unknown'), undefined],
    ['row 3: a deleted link that was rejected gets no status', absent('unknown', was('rejected')), undefined],
    ['row 3: an expired link that was rejected is expired', expired('unknown', was('rejected')), expiredStatus],
    [
      'row 4: a deleted link whose status says held stays held as it said',
      absent('unknown', was('held', { ...lack, accounts: { ...none, open: 2 } })),
      { state: 'held', ...lack, accounts: { ...none, open: 2 } },
    ],
    [
      'row 5: a deleted link keeps the name of who deleted it',
      absent('unknown', was('revoking', { ...deleted, by })),
      { by, state: 'revoking' },
    ],
    [
      'row 5: who uploaded a deleted link did not delete it',
      absent('unknown', was('applied', { by })),
      { state: 'revoking' },
    ],
    ['row 5: a deleted link with a status is being revoked', absent('unknown', was('applied')), { state: 'revoking' }],
    [
      'row 5: an expired link with a status is being revoked, and says when it expired',
      expired('unknown', was('applied')),
      { ...expiredStatus, state: 'revoking' },
    ],
    [
      'row 6: a deleted link is held when the brake holds all its access but what failed',
      absent([at('held', { reason: 'a flood' }), at('failed', { account: second, reason: 'AWS says no' })]),
      {
        state: 'held',
        reason: 'a flood; its access in 1 account stays until an operator decides',
        remedy:
          'an operator can review and release it: ssofile brake; to keep the access, restore the link or the accounts that it covered',
        accounts: { ...none, open: 1, failed },
      },
    ],
    [
      'row 7: a deleted link is being revoked while one revocation is on its way',
      absent([...left, at('held', { account: third })]),
      { state: 'revoking', accounts: { ...none, open: 2, failed } },
    ],
    [
      'row 7: an expired link is being revoked while one revocation is on its way',
      expired(left),
      { ...expiredStatus, state: 'revoking', accounts: { ...none, open: 1, failed } },
    ],
    [
      'row 8: a deleted link has failed when all revocations failed',
      absent([at('failed'), ...left.slice(1)]),
      {
        state: 'failed',
        reason: 'the access could not be revoked: unknown reason',
        remedy: retried,
        accounts: { ...none, failed: [{ account: first, reason: 'unknown reason' }, ...failed] },
      },
    ],
    [
      'row 8: a deleted link whose access is stuck has failed, and its account says that it is stuck',
      absent([at('stuck', { reason: 'the account is SUSPENDED' })]),
      {
        state: 'failed',
        reason: 'the access could not be revoked: the account is SUSPENDED',
        remedy: 'reactivate or close the account; until then ssofile does not try again',
        accounts: { ...none, failed: [{ account: first, reason: 'the account is SUSPENDED', stuck: true }] },
      },
    ],
    [
      'row 8: a deleted link whose access is stuck on a closed account leaves nothing to do',
      absent([at('stuck', { reason: closed })]),
      {
        state: 'failed',
        reason: `the access could not be revoked: ${closed}`,
        remedy: 'nothing to do: the access ends when AWS deletes the account, 90 days after its closure',
        accounts: { ...none, failed: [{ account: first, reason: closed, stuck: true }] },
      },
    ],
    [
      'row 8: a deleted link whose access is stuck on two accounts names the one that is not closed',
      absent([at('stuck', { reason: closed }), at('stuck', { account: second, reason: 'departed' })]),
      {
        state: 'failed',
        reason: `the access could not be revoked: ${closed}`,
        remedy: `reactivate or close ${second}; until then ssofile does not try again`,
        accounts: {
          ...none,
          failed: [
            { account: first, reason: closed, stuck: true },
            { account: second, reason: 'departed', stuck: true },
          ],
        },
      },
    ],
    [
      'row 8: a deleted link of which one access is stuck and one failed is tried again',
      absent([at('stuck'), ...left.slice(1)]),
      {
        state: 'failed',
        reason: 'the access could not be revoked: unknown reason',
        remedy: retried,
        accounts: { ...none, failed: [{ account: first, reason: 'unknown reason', stuck: true }, ...failed] },
      },
    ],
  ])('%s', (_, facts, told) => {
    expect(describeLink(facts)).toEqual(told)
  })
})

describe('a link in force whose scope has no account', () => {
  const applied = was('applied', { accounts: { ...none, desired: 3, applied: 3 }, principalId: group })
  const told = { ...upload, accounts: none }
  test.each<[string, LinkFacts, object]>([
    [
      'row 9: a link to the management account is rejected',
      without({ found: 'closed', because: 'management-account', id: first }),
      {
        ...upload,
        state: 'rejected',
        reason: `received account ${first}, the management account of the organization, expected a member account (a delegated administrator cannot grant access to the management account)`,
        remedy: 'grant it in the management account itself; set "includeManagementAccount" only if ssofile runs there',
      },
    ],
    [
      'row 9: a link to the account in which ssofile runs is rejected',
      without({ found: 'closed', because: 'own-account', id: first }),
      {
        ...upload,
        state: 'rejected',
        reason: `received account ${first}, in which ssofile runs, expected another account (administrators of this one could change all access)`,
        remedy:
          'delete the link; if you really need it, ask the platform team to set "includeOwnAccount" and to upload the link outside all folders',
      },
    ],
    ['row 10: an applied link stays applied while tags are read', without(unread, { present: applied }), applied],
    [
      'row 11: a link whose tags are not read waits',
      without(unread),
      { ...told, state: 'waiting', ...lackOfTags(2, 7) },
    ],
    [
      'row 11: a link that was applied with another content waits while tags are read',
      without(unread, { present: { ...applied, content: 'another' } }),
      { ...told, state: 'waiting', ...lackOfTags(2, 7) },
    ],
    [
      'row 12: a link whose access is held is held, although its scope is empty now',
      after({ held: [at('held'), at('held', { account: second })] }, { expansion: noAccount }),
      expect.objectContaining({
        ...told,
        state: 'held',
        reason: 'held by the brake; its access in 2 accounts stays until an operator decides',
      }),
    ],
    [
      'row 12: a link whose status says held stays held where nobody knows',
      without(nothing, { present: was('held', lack) }),
      { ...told, state: 'held', ...lack },
    ],
    [
      'row 13: a link to an organizational unit without active accounts waits',
      after({}, { expansion: noAccount, present: was('held', lack) }),
      { ...told, state: 'waiting', reason: "'ou-acme-sec10000' exists but holds no active account", ...empty },
    ],
    [
      'row 13: a link to an organization without active member accounts waits',
      without(noAccount, { link: linkOf('root%all') }),
      { ...told, state: 'waiting', reason: 'the organization has no active member account', ...empty },
    ],
    [
      'row 13: a temporary link without accounts waits, and is not at rest',
      without(noAccount, { link: linkOf('temporary/root%all', 'Billing-ps%lena@acme.example%USER') }),
      { ...told, state: 'waiting', reason: 'the organization has no active member account', remedy: empty.remedy },
    ],
    [
      'row 13: a link without accounts that a policy refuses is rejected, and not at rest',
      without(noAccount, { verdict: { ...noObjection, refusals: [refusal] } }),
      expect.objectContaining({ state: 'rejected', atRest: undefined }),
    ],
    [
      'row 13: a link to what does not exist waits',
      without(nothing),
      { ...told, state: 'waiting', ...lackOfScope({ kind: 'ou_id', id: 'ou-acme-x' }, 'ou-acme-y') },
    ],
    [
      'row 14: a link to an account that is not active waits',
      without({ found: 'inactive-account', account: { id: first, state: 'SUSPENDED' } }),
      { ...told, state: 'waiting', ...lackOfActiveAccount(first, 'SUSPENDED') },
    ],
  ])('%s', (_, facts, expected) => {
    expect(describeLink(facts)).toEqual(expected)
  })
})

describe('a link in force with accounts', () => {
  const applied = was('applied', { by, accounts: { ...none, desired: 3, applied: 3 } })
  const counts = { desired: 3, applied: 3, open: 0, failed: [] }
  const granted = { ...upload, principalId: group, accounts: counts }
  const held = at('held', { account: third, reason: 'a flood' })
  const two = everywhere('granted').slice(0, 2)
  const moving = [at('granted'), at('granting', { account: second }), held]
  const flood = expect.stringMatching(/^a flood; its access in 1 account stays/)
  const heldNow = expect.objectContaining({ state: 'held', reason: flood, remedy: expect.any(String) })
  const applying = expect.objectContaining({ state: 'applying' })

  test.each<[string, LinkFacts, object]>([
    ['row 14: an applied link stays applied where nobody knows more', inForce({ present: applied }), applied],
    ['row 15: a new link is being applied', inForce(), { ...upload, state: 'applying' }],
    [
      'row 15: a link with another content is being applied, and who uploaded it before is not named for it',
      inForce({ present: { ...applied, content: 'another' } }),
      { ...upload, state: 'applying' },
    ],
    [
      'row 14: a link that was uploaded again as it was stays applied, by whoever uploaded it first, and since then',
      inForce({ present: { ...applied, lastModified: earlier, by } }),
      { ...applied, by, since: earlier },
    ],
    ['row 15: a waiting link is being applied', inForce({ present: waited }), { ...upload, state: 'applying' }],
    [
      'row 16: a link is held when nothing but held access is open',
      after({ access: [...two, held], held: [held], lack: 'none' }),
      {
        ...granted,
        state: 'held',
        accounts: { ...counts, applied: 2, open: 1 },
        reason: flood,
        remedy: expect.any(String),
      },
    ],
    [
      'row 16: a link with held access that lacks something is held',
      after({ access: moving, held: [held], lack }),
      heldNow,
    ],
    [
      'row 16: a link with held access of which nobody knows what it lacks stays held',
      after({ access: moving, held: [held] }, { present: was('held') }),
      heldNow,
    ],
    [
      'row 16: a link with held access whose name another user has now is held',
      after({ access: moving, held: [held] }, { link: ofUser, boundTo: zoe }),
      heldNow,
    ],
    [
      'row 17: a link that lacks something waits, also where its access is there',
      after({ access: everywhere('granted'), lack }),
      { ...granted, state: 'waiting', ...lack },
    ],
    [
      'row 17: a link waits for what its status says, where nobody has looked',
      after({}, { present: waited }),
      { ...upload, state: 'waiting', accounts: { ...counts, applied: 0, open: 3 }, ...lack },
    ],
    [
      'row 17: a link that lacks something waits for that before it waits for its user',
      after({ access: everywhere('granted', { principalId: zoe }), lack }, { link: ofUser, boundTo: otherZoe }),
      { ...upload, principalId: otherZoe, state: 'waiting', accounts: { ...counts, applied: 0, open: 3 }, ...lack },
    ],
    [
      'row 18: a link whose name another user has now waits',
      after({ access: everywhere('granted', { principalId: zoe }) }, { link: ofUser, boundTo: otherZoe }),
      {
        ...upload,
        principalId: otherZoe,
        state: 'waiting',
        accounts: { ...counts, applied: 0, open: 3 },
        ...lackOfBoundUser('zoe', otherZoe),
      },
    ],
    [
      'row 19: a link is being applied while one account was not looked at',
      after({ access: two }),
      { ...granted, state: 'applying', accounts: { ...counts, applied: 2, open: 1 } },
    ],
    [
      'row 19: a link with held access is being applied while other access moves',
      after({ access: moving, held: [held] }),
      applying,
    ],
    [
      'row 19: a link with held access that was applied is being applied while other access moves',
      after({ access: moving, held: [held] }, { present: applied }),
      applying,
    ],
    [
      'row 19: a link that lacks nothing any more is being applied, whatever its status says',
      after({ lack: 'none' }, { present: waited }),
      applying,
    ],
    [
      'row 20: a link of which one account failed has failed',
      after({ access: [...two, at('failed', { account: third, reason: 'AWS says no' })] }),
      {
        ...granted,
        state: 'failed',
        reason: 'AWS says no',
        remedy: retried,
        accounts: { ...counts, applied: 2, failed: [{ account: third, reason: 'AWS says no' }] },
      },
    ],
    [
      'row 20: a link that failed for a missing policy says which one',
      after({ access: [...two, at('failed', { account: third, reason: 'Not supported policy base.' })] }),
      expect.objectContaining({
        state: 'failed',
        remedy: expect.stringContaining("create the customer managed policy 'base'"),
      }),
    ],
    [
      'row 21: a link whose access existed before is applied, and does not own it',
      after({ access: everywhere('foreign') }),
      { ...granted, state: 'applied', owned: false, reason: existed },
    ],
    [
      'row 22: a link whose access is granted is applied',
      after({ access: everywhere('granted') }),
      { ...granted, state: 'applied' },
    ],
    [
      'row 22: a link whose access is granted to the user that it is bound to is applied',
      after({ access: everywhere('granted', { principalId: zoe }) }, { link: ofUser, boundTo: zoe }),
      { ...granted, principalId: zoe, state: 'applied' },
    ],
    [
      'row 22: a link to a group names the id of the group, also where one entry has none',
      after({ access: [at('granted', { principalId: undefined }), ...everywhere('granted').slice(1)] }),
      { ...granted, state: 'applied' },
    ],
    [
      'row 22: a link of which only some access existed before is applied, and says nothing of owning',
      after({ access: [...two, at('foreign', { account: third })] }),
      { ...granted, state: 'applied' },
    ],
  ])('%s', (_, facts, told) => {
    expect(describeLink(facts)).toEqual(told)
  })

  test('tells how to have removed access again only where drift is reported and somebody removed it', () => {
    const remedy = (onDrift: 'report' | 'restore', isMissing?: true) => {
      const access = [...two, at('failed', { account: third, isMissing })]
      return describeLink(after({ access }, { onDrift }))?.remedy
    }
    expect(remedy('report', true)).toBe(
      'to grant it again, run ssofile touch with the key of the link and --rebind; or delete the link (with "onDrift": "restore", ssofile grants it again by itself)',
    )
    expect([remedy('restore', true), remedy('report')]).toEqual([retried, retried])
  })

  test('does not wait for what the status of another content, or in another state, says', () => {
    const others: Partial<Status>[] = [
      { content: 'another' },
      { state: 'failed' },
      { accounts: none },
      { accounts: undefined },
      { reason: undefined },
      { remedy: undefined },
    ]
    for (const other of others) expect(describeLink(after({}, { present: { ...waited, ...other } }))).toEqual(applying)
    const formerlyHeld = was('held', { content: 'another' })
    expect(describeLink(after({ access: moving, held: [held] }, { present: formerlyHeld }))).toEqual(applying)
    const lacksNothing = after({ access: moving, held: [held], lack: 'none' }, { present: was('held') })
    expect(describeLink(lacksNothing)).toEqual(applying)
  })

  test('to a user is bound by access in force of this upload, and by nothing else', () => {
    const links = [{ key: ofUser.key, content: 'c' }]
    const rest = accounts.slice(1).map((account) => at('granted', { account, principalId: otherZoe, links: [] }))
    const told = (one: Access, link = ofUser) => describeLink(after({ access: [...rest, one] }, { link }))
    for (const state of ['granted', 'foreign'] as const)
      expect(told(at(state, { principalId: zoe, links }))).toMatchObject({
        state: 'waiting',
        principalId: zoe,
        accounts: { applied: 1, open: 2 },
      })
    const others = [
      at('granting', { links }),
      at('granted', { links: undefined }),
      at('granted', { links: [{ key: ofUser.key, content: 'other' }] }),
      at('granted'),
    ]
    for (const one of others) expect(told(one)?.principalId).toBeUndefined()
    expect(told(at('granted', { links: [{ key: ofUnit.key, content: 'c' }] }), ofUnit)).toMatchObject({
      state: 'applied',
      principalId: otherZoe,
    })
  })
})

const anyAccess = (account: Access['account']): fc.Arbitrary<Access> =>
  fc.record({
    account: fc.constant(account),
    state: fc.constantFrom(...ledgerStates, 'foreign' as const),
    reason: fc.constantFrom(undefined, 'a reason'),
    isMissing: fc.constantFrom(undefined, true),
    principalId: fc.constantFrom(undefined, group, zoe, otherZoe),
    links: fc.constantFrom(undefined, [], ...[ofUnit, ofUser].map(({ key }) => [{ key, content: 'c' }])),
  })
const someAccess = fc
  .subarray(accounts)
  .chain((some) => fc.tuple(...some.map(anyAccess)))
  .map((list): readonly Access[] => list)
const someHeld = someAccess.map((list) => list.map((one): Access => ({ ...one, state: 'held' })))
const anyCounts = fc.constantFrom(undefined, none, { ...none, desired: 3, open: 3 })
const anyPresent = fc.oneof(
  fc.constant(undefined),
  fc
    .tuple(fc.constantFrom(...statusStates), anyCounts, fc.constantFrom({}, lack), fc.constantFrom('c', 'another'))
    .map(([state, counts, told, content]) => was(state, { accounts: counts, ...told, content })),
)
const anyLeft = fc.oneof(
  fc.constant('unknown' as const),
  someAccess.map((list) => list.filter(({ state }) => state !== 'foreign')),
)
const anyExpansion = fc.oneof<fc.Arbitrary<Expansion>[]>(
  fc.subarray(accounts).map((some) => ({ found: 'accounts', accounts: some })),
  fc.constantFrom<Expansion[]>({ found: 'closed', because: 'management-account', id: first }, unread, nothing),
  fc.constantFrom(...accountStates).map((state) => ({ found: 'inactive-account', account: { id: first, state } })),
)
const anyInForce: fc.Arbitrary<Of<'in-force'>> = fc
  .record({
    present: anyPresent,
    link: fc.constantFrom(ofUnit, ofUser, linkOf('root%all')),
    boundTo: fc.constantFrom(undefined, zoe),
    expansion: anyExpansion,
    onDrift: fc.constantFrom('restore' as const, 'report' as const),
    known: fc.oneof(
      fc.constant('unknown' as const),
      fc.record({ access: someAccess, held: someHeld, lack: fc.constantFrom(undefined, 'none' as const, lack) }),
    ),
  })
  .map(({ known, ...facts }) => {
    // Progress is of the accounts of the scope; only links to users are bound.
    const within = facts.expansion.found === 'accounts' ? facts.expansion.accounts : []
    const progress =
      known === 'unknown' ? known : { ...known, access: known.access.filter((one) => within.includes(one.account)) }
    return {
      ...facts,
      state: 'in-force' as const,
      object,
      body: {},
      boundTo: facts.link.type === 'USER' ? facts.boundTo : undefined,
      progress,
    }
  })
const anyOther: fc.Arbitrary<LinkFacts> = fc.oneof(
  fc.tuple(anyLeft, anyPresent).map(([left, present]) => absent(left, present)),
  fc.tuple(anyLeft, anyPresent).map(([left, present]) => expired(left, present)),
  fc.tuple(anyLeft, anyPresent).map(([left, present]): LinkFacts => {
    const complaint = { object: ofUnit.key, received: 'a list', expected: 'an object', remedy: 'write an object' }
    return { ...unbound, present, state: 'rejected', object, complaint, left }
  }),
  anyLeft.map(notYet),
)
const anyFacts: fc.Arbitrary<LinkFacts> = fc.oneof(anyInForce, anyOther)
const holds = (facts: LinkFacts) =>
  'progress' in facts && facts.progress !== 'unknown' && facts.progress.held.length > 0

function always<Facts extends LinkFacts>(
  arbitrary: fc.Arbitrary<Facts>,
  check: (told: ReturnType<typeof describeLink>, facts: Facts) => void,
): void {
  const property = fc.property(arbitrary, (facts) => check(describeLink(facts), facts))
  fc.assert(property, { numRuns: runsOf(3_000) })
}

/** Told as it was until now, since nobody knows more. */
const isKept = (told: object | undefined) => told !== undefined && 'updatedAt' in told

describe('whatever the facts are', () => {
  test('a link that is there has a status, which its schema accepts', () => {
    always(anyFacts, (told, facts) => {
      if (facts.state !== 'absent') expect(told).toBeDefined()
      if (told) statusSchema.parse({ ...told, input: ofUnit.key, updatedAt: uploadedAt })
    })
  })

  test('a link in force is never told as expired, revoking or blocked', () => {
    always(anyInForce, (told) => expect(['expired', 'revoking', 'blocked']).not.toContain(told?.state))
  })

  test('the counts of a link in force add up to what is desired', () => {
    always(anyInForce, (told, { present, progress, expansion }) => {
      if (!told?.accounts || told === present) return
      const { desired, applied, open, failed } = told.accounts
      expect(applied + open + failed.length).toBe(desired)
      expect(Math.min(applied, open)).toBeGreaterThanOrEqual(0)
      if (progress !== 'unknown' && expansion.found === 'accounts') expect(desired).toBe(expansion.accounts.length)
    })
  })

  test('what is left of a link that is not in force is all counted', () => {
    always(anyOther, (told, facts) => {
      if (!('left' in facts) || facts.left === 'unknown' || facts.left.length === 0) return
      const { desired, applied, open = 0, failed = [] } = told?.accounts ?? {}
      expect([desired, applied, open + failed.length]).toEqual([0, 0, facts.left.length])
    })
  })

  test('a status that asks for attention has a reason and a remedy', () => {
    always(anyFacts, (told, { present }) => {
      // What the dispatcher told before stays as it was told.
      const isKept = told?.state === 'held' && present?.state === 'held'
      if (isKept || !['waiting', 'failed', 'held', 'rejected'].includes(String(told?.state))) return
      expect([typeof told?.reason, typeof told?.remedy]).toEqual(['string', 'string'])
    })
  })

  test('a link with held access is not told as applied, waiting or failed for its accounts', () => {
    always(anyInForce.filter(holds), (told, { expansion }) => {
      if (expansion.found === 'accounts') expect(['held', 'applying']).toContain(told?.state)
    })
  })

  test('a link with held access is being applied only while other access moves', () => {
    always(anyInForce.filter(holds), (told, { progress }) => {
      if (told?.state !== 'applying' || progress === 'unknown') return
      expect(told.accounts?.open).toBeGreaterThan(progress.access.filter(({ state }) => state === 'held').length)
      expect(typeof progress.lack).not.toBe('object')
    })
  })

  test('a link is applied with accounts only where all of them have the access, for one user where it is bound', () => {
    always(anyInForce, (told, { progress, boundTo }) => {
      if (told?.state !== 'applied' || isKept(told) || progress === 'unknown') return
      const states = progress.access.map(({ state }) => state)
      expect(states.filter((state) => state !== 'granted' && state !== 'foreign')).toEqual([])
      expect(told.accounts).toMatchObject({ applied: told.accounts?.desired, open: 0, failed: [] })
      if (boundTo) expect(progress.access.filter(({ principalId }) => principalId !== boundTo)).toEqual([])
    })
  })

  test('only a link whose access all existed before says that it does not own it, and none says that it does', () => {
    always(anyFacts, (told, facts) => {
      if (told?.owned === undefined) return
      expect(told.owned).toBe(false)
      const access = 'progress' in facts && facts.progress !== 'unknown' ? facts.progress.access : []
      expect(access.length).toBeGreaterThan(0)
      expect(access.filter(({ state }) => state !== 'foreign')).toEqual([])
    })
  })

  test('an account is stuck in a status exactly where the ledger says so', () => {
    always(anyFacts, (told, facts) => {
      const known = 'left' in facts ? facts.left : 'progress' in facts ? facts.progress : 'unknown'
      if (known === 'unknown' || !told?.accounts || isKept(told)) return
      const access = 'access' in known ? known.access : known
      const stuck = access.filter(({ state }) => state === 'stuck').map(({ account }) => account)
      expect(told.accounts.failed.filter((one) => one.stuck).map(({ account }) => account)).toEqual(stuck)
    })
  })
})

test('a status names the owner whom the file names, in force or not', () => {
  const body = { owner: 'team-platform' }
  const notInForce: LinkFacts = { ...unbound, object, state: 'not-yet', body, left: [] }
  const told = [inForce({ body }), notInForce, inForce()].map((facts) => describeLink(facts)?.owner)
  expect(told).toEqual(['team-platform', 'team-platform', undefined])
})

describe('a link that was put off in one account', () => {
  const putOff = { since: earlier, state: 'applying', account: first } as const
  const why = { reason: 'AWS says no', remedy: 'ask an operator' }
  const told = was('failed', { ...why, putOff })
  const ofOther = was('failed', { ...why, putOff, etag: 'before', content: 'before' })
  const gone = was('failed', { ...deleted, ...why, putOff: { ...putOff, state: 'revoking' } })
  const granting = { links: [], principalId: group }
  test.each<[string, LinkFacts, object]>([
    [
      'goes on saying why where nobody knows how far it is',
      inForce({ present: told }),
      { state: 'failed', ...why, putOff },
    ],
    [
      'goes on saying why while others of its accounts are done',
      after({ access: [at('granted', { account: second })] }, { present: told }),
      { state: 'failed', ...why, putOff },
    ],
    [
      'goes on saying why while nobody knows how its call there ended',
      after({ access: [at('granting', granting)] }, { present: told }),
      { state: 'failed', ...why, putOff },
    ],
    [
      'says nothing of it any more when the access is there',
      after({ access: [at('granted')] }, { present: told }),
      { state: 'applying', reason: undefined, putOff: undefined },
    ],
    [
      'says nothing of it any more when the account is out of its scope',
      after({}, { present: told, expansion: { found: 'accounts', accounts: [second] } }),
      { state: 'applying', reason: undefined, putOff: undefined },
    ],
    [
      'says nothing of it any more when it was uploaded with another content',
      inForce({ present: ofOther }),
      { state: 'applying', reason: undefined, putOff: undefined },
    ],
    ['says what it lacks rather than that', after({ lack }, { present: told }), { state: 'waiting', ...lack }],
    [
      'and is deleted goes on saying why access is still there',
      absent([at('granted')], gone),
      { state: 'failed', ...why },
    ],
    [
      'and is deleted goes on saying so before anybody has looked',
      absent('unknown', gone),
      { state: 'failed', ...why },
    ],
    [
      'and is deleted says nothing of it where only other access is left',
      absent([at('granted', { account: second })], gone),
      { state: 'revoking', reason: undefined },
    ],
  ])('%s', (_, facts, expected) => {
    const { state, reason, remedy, putOff: still } = describeLink(facts) ?? {}
    expect({ state, reason, remedy, putOff: still }).toMatchObject(expected)
  })
})
