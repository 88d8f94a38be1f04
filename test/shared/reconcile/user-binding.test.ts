import { describe, expect, test } from '@jest/globals'
import { assignmentKey } from '../../../shared/domain/assignment.ts'
import { principalId } from '../../../shared/domain/identity-center-ids.ts'
import { type GrantingLink, ledgerEntry } from '../../../shared/domain/ledger-entry.ts'
import type { StoredEntry } from '../../../shared/reconcile/ledger.ts'
import { bindingInLedger, bindingOf, lackOfBoundUser } from '../../../shared/reconcile/user-binding.ts'

const uploadedAt = '2026-03-03T10:00:00.000Z'
const later = '2026-03-03T10:00:01.000Z'
const zoe = principalId.parse('11111111-2222-3333-4444-555555555555')
const link: GrantingLink = { key: 'links_data/root%all%P%zoe%USER%ssofile', etag: 'e', lastModified: uploadedAt }

function entryWith(links: readonly GrantingLink[], grantedAt?: string): StoredEntry {
  const entry = ledgerEntry.parse({
    v: 1,
    state: 'granted',
    principalId: zoe,
    permissionSetArn: 'arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef',
    links,
    ...(grantedAt === undefined ? {} : { grantedAt }),
    attempts: 0,
    updatedAt: uploadedAt,
  })
  return { key: assignmentKey.parse('account%000000000001%P%zoe%USER%ssofile'), entry, etag: 'e' }
}

describe('the user that a link was first applied to', () => {
  const status = { principalId: zoe, lastModified: uploadedAt }
  test('stands in its status, as long as it is the same upload', () => {
    expect(bindingOf('USER', status, uploadedAt)).toBe(zoe)
    expect(bindingOf('USER', status, later)).toBeUndefined()
    expect(bindingOf('USER', undefined, uploadedAt)).toBeUndefined()
    expect(bindingOf('USER', { lastModified: uploadedAt }, uploadedAt)).toBeUndefined()
    expect(bindingOf('GROUP', status, uploadedAt)).toBeUndefined()
  })

  test('is that of the entry which this upload of it granted and which was confirmed once', () => {
    const other = { ...link, key: 'links_data/account%000000000001%P%zoe%USER%ssofile' }
    const stored = entryWith([other, link], uploadedAt)
    expect(bindingInLedger('USER', stored, link)).toBe(zoe)
    expect(bindingInLedger('USER', stored, { ...link, lastModified: later })).toBeUndefined()
    expect(bindingInLedger('USER', entryWith([other], uploadedAt), link)).toBeUndefined()
    expect(bindingInLedger('USER', entryWith([link]), link)).toBeUndefined()
    expect(bindingInLedger('USER', undefined, link)).toBeUndefined()
    expect(bindingInLedger('GROUP', stored, link)).toBeUndefined()
  })
})

test('a link whose user is another by now says whom it was applied to, and what to do', () => {
  expect(lackOfBoundUser('zoe', zoe)).toEqual({
    reason: `user 'zoe' is no longer the user that this link was applied to (${zoe})`,
    remedy: 'upload the link again if the new user of this name is meant; else delete it',
  })
})
