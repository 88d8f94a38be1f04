import { expect, test } from '@jest/globals'
import { renderRelease } from '../../../../handlers/cli/take-over/render-release.ts'
import { assignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import { type BrakeRecord, emptyBrake } from '../../../../shared/domain/brake/brake-record.ts'
import { principalId } from '../../../../shared/domain/principals/identity-center-ids.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import type { Status } from '../../../../shared/domain/statuses/status.ts'
import { NameIndex } from '../../../../shared/reconcile/records/principal-names.ts'
import { heldFile } from '../../../shared/reconcile/brake/held-file.ts'

const at = '2026-03-03T10:00:00.000Z'
const id = principalId.parse('11111111-2222-3333-4444-555555555555')
const key = assignmentKey.parse(`account%200000000001%Read-ps%${id}%GROUP`)
const lastModified = new Date(at)
const names = new NameIndex([{ type: 'GROUP', id, name: principalName.parse('team'), lastModified }])
const told: readonly Status[] = [
  { input: 'links_data/a/root%all%Read-ps%team%GROUP%ssofile', state: 'held', updatedAt: at },
  { input: 'links_data/root%all%Read-ps%other%GROUP%ssofile', state: 'held', updatedAt: at },
]
const released: BrakeRecord = {
  ...emptyBrake,
  releases: [{ digest: 'd', at, by: 'AWS:operator', hinted: true, rule: 'own', keys: [key], items: [] }],
}

test('a link that is held in its status and released by the brake is told as released', () => {
  expect(renderRelease(told, released, names)).toBe(
    `\n1 link above: released at ${at} by AWS:operator; ssofile carries it out within about a minute\n`,
  )
})

test('nothing is told of what the brake still holds, or what nobody released', () => {
  const list = {
    rule: 'own' as const,
    cause: 'folder' as const,
    held: [key],
    items: [],
    passed: 0,
    base: 1,
    limit: 1,
    minutes: 15,
    since: at,
  }
  expect(renderRelease(told, { ...released, lists: [list] }, names)).toBe('')
  expect(renderRelease(told, emptyBrake, names)).toBe('')
})

test('a file of a permission set is told as released, unless another upload of it is held', () => {
  const held: Status = { input: 'permission_sets/Read-ps.json', state: 'held', updatedAt: at }
  const { name: permissionSet } = heldFile('Read-ps')
  const release = {
    ...{ digest: 'd', at, by: 'AWS:operator', hinted: true },
    ...{ rule: 'contents' as const, keys: [], items: [], permissionSet },
  }
  const record: BrakeRecord = { ...emptyBrake, releases: [release] }
  expect(renderRelease([held, ...told], record, names)).toBe(
    `\n1 file above: released at ${at} by AWS:operator; ssofile carries it out within about a minute\n`,
  )
  expect(renderRelease([held], { ...record, contents: [heldFile('Read-ps')] }, names)).toBe('')
})
