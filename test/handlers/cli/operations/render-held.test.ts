import { expect, test } from '@jest/globals'
import {
  renderHeld,
  renderHeldAsCsv,
  renderReleased,
  renderReleasedContents,
  type ShownList,
} from '../../../../handlers/cli/operations/render-held.ts'
import { type AssignmentKey, renderAssignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { heldFile } from '../../../shared/reconcile/brake/held-file.ts'

const keyOf = (link: number, account: number): AssignmentKey =>
  renderAssignmentKey({
    accountId: accountId.parse(String(100_000_000_000 + account)),
    permissionSet: permissionSetName.parse('Read-ps'),
    principalId: principalId.parse(`11111111-2222-3333-4444-${String(link).padStart(12, '0')}`),
    type: 'GROUP',
  })
const revocations = (count: number) => ({
  rule: 'own' as const,
  items: [],
  held: Array.from({ length: count }, (_, nth) => keyOf(nth, 0)),
})

test('a release says when it is carried out', () => {
  expect(renderReleased(revocations(1), undefined)).toBe(
    'released 1 revocation for one hour; ssofile carries it out within about a minute\n',
  )
  expect(renderReleased(revocations(12), undefined)).toContain(
    'released 12 revocations for one hour; ssofile carries them out',
  )
})

test('a release under a pause does not promise what the pause stops', () => {
  const told = renderReleased(revocations(2), { v: 1, since: '2026-03-03T10:00:00Z', by: 'ana', reason: 'INC-7' })
  expect(told).toContain('INC-7')
  expect(told).toContain('ssofile resume')
  expect(told).not.toContain('within a minute')
})

test('a release while everything is stopped for a lost ledger names the command that restores it, not the one that gives it up', () => {
  const stop = { v: 1 as const, since: '2026-03-03T10:00:00Z', by: 'ssofile', reason: 'lost', lost: 'the ledger' }
  for (const told of [
    renderReleased(revocations(2), stop),
    renderReleasedContents(heldFile('Billing-ps').name, stop),
  ]) {
    expect(told).toContain('ssofile restore (docs/operations.md#the-ledger-was-lost)')
    expect(told).not.toContain('ssofile resume')
  }
})

/** A list of as many links, each with four accounts. */
function listOf(links: number): ShownList {
  const held = Array.from({ length: links * 4 }, (_, index) => {
    const link = Math.floor(index / 4)
    const granting = { key: `links_data/root%all%Read-ps%team-${link}%GROUP%ssofile`, etag: 'e', lastModified: ten }
    return { key: keyOf(link, index % 4), links: [granting] }
  })
  return {
    digest: 'd',
    rule: 'own',
    cause: 'folder',
    name: undefined,
    folder: undefined,
    figure: links,
    limit: 20,
    base: 1,
    minutes: 15,
    since: ten,
    held,
    takes: { accounts: 4, groups: links, users: 0, people: 7 },
  }
}
const ten = '2026-03-03T10:00:00.000Z'

test('of what is held all links are told that fit forty lines, of more the first five, and with --verbose all', () => {
  const shown = { lists: [listOf(21)], contents: [], releases: [], pause: undefined }
  const brief = renderHeld(shown)
  expect(brief).toMatch(/^84 revocations held/)
  const ten = renderHeld({ ...shown, lists: [listOf(10)] })
  expect(ten.match(/^ {2}links_data\//gm)).toHaveLength(10)
  expect(brief.match(/^ {2}links_data\//gm)).toHaveLength(5)
  expect(brief).toContain('100000000002, and 1 more\n')
  expect(brief).toContain('  and 16 more links (--verbose shows all)\n')
  const whole = renderHeld(shown, { isVerbose: true })
  expect(whole.match(/^ {2}links_data\//gm)).toHaveLength(21)
  expect(whole).not.toContain('--verbose')
})

test.each([5, 300, 10_000])(
  '%i revocations on many lists are told in forty lines, each list with its release',
  (number) => {
    const lists = Array.from({ length: 30 }, (_, nth) => ({
      ...listOf(Math.ceil(number / 30 / 4)),
      digest: `digest-${nth}`,
    }))
    const shown = { lists, contents: [heldFile('Billing-ps')], releases: [], pause: undefined }
    const told = renderHeld(shown)
    expect(told.split('\n').length).toBeLessThanOrEqual(40)
    expect(told).toContain('Read-ps from ')
    expect(told.match(/ssofile brake --release digest-/g)).toHaveLength(10)
    expect(told).toContain('and 21 more lists\n')
    expect(renderHeldAsCsv(shown).trim().split('\r\n')).toHaveLength(1 + 30 * 4 * Math.ceil(number / 30 / 4))
  },
)

test('a base that is smaller than what may pass is not told', () => {
  const told = renderHeld({ lists: [listOf(21)], contents: [], releases: [], pause: undefined })
  expect(told).toContain('21 links directly under links_data/ withdrawn since')
  expect(told).toContain('at most 20 pass in 15 minutes')
})

test('nobody is told that nothing is held while deleted files may still be held', () => {
  const shown = { lists: [], contents: [], releases: [], pause: undefined }
  expect(renderHeld({ ...shown, pendingDeletions: 0 })).toBe('the brake holds nothing\n')
  const more = '120 deleted files not evaluated yet, or still in progress: the brake may hold more'
  expect(renderHeld({ ...shown, pendingDeletions: 120 })).toContain(`the brake holds nothing yet\n${more}`)
  expect(renderHeld({ ...shown, lists: [listOf(1)], pendingDeletions: 120 })).toContain(`still there\n${more}`)
})

test('a file of a permission set is told with what it would do, whatever is in it, and how to decide', () => {
  const takesAway = ['s3:\u001b[31mGet*', ...Array.from({ length: 19 }, (_, nth) => `ec2:${nth}`)]
  const one = heldFile('Billing-ps', { takesAway, taken: 30 })
  const shown = { lists: [], contents: [one], releases: [], pause: undefined }
  const told = renderHeld(shown)
  expect(told).toMatch(
    /^1 permission set file held; the permission sets are unchanged\n {2}rule contents: permission_sets\/Billing-ps\.json since 2026/,
  )
  expect(told).toContain('Permissions that it may take away (30):\n')
  expect(told).toContain('  ec2:18\n  and 10 more\n')
  expect(told).toContain(`  ssofile brake --release ${one.digest}\n`)
  expect(told).not.toContain('\u001b')
  expect(
    renderHeld({ ...shown, contents: [heldFile('Billing-ps', { takesAway: [], taken: 0, givesAdministrator: true })] }),
  ).not.toContain('Permissions that it may take away')
  const both = renderHeld({ ...shown, lists: [listOf(1)] })
  expect(both).toMatch(/^4 revocations held; the access is still there\n1 permission set file held/)
})

test('what follows from the release of a file is told, and that a pause keeps it from that', () => {
  const { name } = heldFile('Billing-ps')
  expect(renderReleasedContents(name, undefined)).toBe(
    'released permission_sets/Billing-ps.json for one hour; ssofile carries it out within about a minute\n',
  )
  const pause = { v: 1 as const, by: 'AWS:operator', since: ten, reason: 'looking' }
  expect(renderReleasedContents(name, pause)).toContain(
    'ssofile carries it out only if you end the pause within the hour: ssofile resume',
  )
})
