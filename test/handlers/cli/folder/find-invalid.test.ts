import { describe, expect, test } from '@jest/globals'
import {
  findInvalid,
  listInvalid,
  refuseBadFiles,
  warnOfUploads,
} from '../../../../handlers/cli/folder/find-invalid.ts'
import { assignmentKey } from '../../../../shared/domain/assignments/assignment.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { principalName } from '../../../../shared/domain/principals/principal.ts'
import type { LinkFate, PlannedRevocation } from '../../../../shared/modules/plan/planned-access.ts'
import { refusedPolicies, takenPolicies } from '../../../shared/domain/iam-policies/policy-cases.ts'

const policyFile = (name: string, inlinePolicyDocument: object) =>
  upload(
    `permission_sets/${name}.json`,
    JSON.stringify({ permissionSetName: name, inlinePolicyDocument }, undefined, 1),
  )
const now = new Date('2026-03-03T10:00:00Z')
const link = (group: string) => `links_data/root%all%Billing-ps%${group}%GROUP%ssofile`
const upload = (key: string, text: string) => ({ key, body: new TextEncoder().encode(text) })
const revoked = (account: number, key: string, fate: LinkFate): PlannedRevocation => ({
  key: assignmentKey.parse(
    `account%${200_000_000_000 + account}%Billing-ps%11111111-2222-3333-4444-555555555555%GROUP`,
  ),
  assignment: {
    accountId: accountId.parse(String(200_000_000_000 + account)),
    permissionSet: permissionSetName.parse('Billing-ps'),
    principal: principalName.parse('a'),
    type: 'GROUP',
  },
  links: [{ key, fate }],
  cause: undefined,
})
const context = { folders: ['team-a'], now, named: undefined }

describe('of the files to upload', () => {
  test('those that are not valid are found, each with what it takes away, and no others', () => {
    const uploads = [
      upload(link('a'), '{,}'),
      upload(link('b'), '{"reason":"x"}'),
      upload('links_data/team-a/x', ''),
      upload('permission_sets/Billing-ps.json', '{"permissionSetName":"Billing-ps","descripton":"x"}'),
    ]
    const revocations = [
      revoked(1, link('a'), 'rejected'),
      revoked(2, link('a'), 'rejected'),
      revoked(3, link('gone'), 'deleted'),
    ]
    const found = findInvalid(uploads, { revocations }, context)
    expect(found.map(({ key, takesAway }) => [key, takesAway.map((one) => one.accountId)])).toEqual([
      [link('a'), ['200000000001', '200000000002']],
      ['links_data/team-a/x', []],
      ['permission_sets/Billing-ps.json', []],
    ])
    expect(() => refuseBadFiles({ faults: [], invalid: found })).toThrow(
      /3 files to upload are not valid:\n.*%a%GROUP%ssofile: received .*; it takes Billing-ps from group 'a' in 2 accounts: 200000000001, 200000000002; .*\n/,
    )
  })

  test('those of an undeclared folder are told once, and the mistakes of each', () => {
    const inFolder = (name: string) => link(name).replace('links_data/', 'links_data/team-b/')
    const uploads = [upload(inFolder('a'), ''), upload(inFolder('b'), ''), upload(inFolder('c'), '{ "resaon": "x" }')]
    const found = findInvalid(uploads, { revocations: [] }, context)
    expect(found).toHaveLength(3)
    expect(listInvalid(found)).toEqual([
      { key: 'links_data/team-b/', text: expect.stringMatching(/^received folder 'team-b', .* \(3 files\)$/) },
      { key: inFolder('c'), text: expect.stringMatching(/^received the unknown field 'resaon', expected 'reason'; /) },
    ])
  })

  test('each fault of a file has a line of its own, and beyond five they are counted', () => {
    const body = JSON.stringify({
      permissionSetName: 'A',
      ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((n) => [`q${n}`, n])),
    })
    const lines = listInvalid(findInvalid([upload('permission_sets/A.json', body)], { revocations: [] }, context))
    expect(lines.map(({ key, text }) => [key, /^received the unknown field '(q\d)'/.exec(text)?.[1]])).toEqual(
      ['q1', 'q2', 'q3', 'q4', 'q5'].map((field) => ['permission_sets/A.json', field]),
    )
    expect(lines.map(({ text }) => /and 2 more faults/.test(text))).toEqual([false, false, false, false, true])
  })

  test('each policy that AWS refuses is found with the remedy, and no other one', () => {
    const taken = takenPolicies.map(([, policy], index) => policyFile(`Taken${index}`, policy))
    const refused = refusedPolicies.map(({ policy }, index) => policyFile(`Refused${index}`, policy))
    const found = findInvalid([...taken, ...refused], { revocations: [] }, context)
    expect(found.map(({ key, faults }) => [key, faults.length])).toEqual(refused.map(({ key }) => [key, 1]))
    expect(found.map(({ faults }) => faults[0]?.remedy)).toEqual(
      refusedPolicies.map(({ remedy }) => expect.stringContaining(remedy)),
    )
  })

  test('what works but may surprise in a permission set is told with its key and line', () => {
    const statement = { Effect: 'Allow', Action: 's3:*', Resource: `arn:aws:s3:::\${aws:PrincipalTag/team}/*` }
    const uploads = [
      policyFile('Team-ps', { Statement: statement }),
      policyFile('Bad-ps', {}),
      upload(link('a'), '{,}'),
    ]
    expect(warnOfUploads(uploads)).toEqual([
      expect.stringMatching(
        /^permission_sets\/Team-ps\.json: line 7, \$\.inlinePolicyDocument\.Statement\.Resource: IAM reads/,
      ),
    ])
  })

  test('hygiene.json is judged by its content, and a file under retire/ by its name', () => {
    const retire = (what: string) => `retire/team-a/account%200000000001%ci%${what}%ssofile`
    const uploads = [
      upload('hygiene.json', '{"retireAfterDays":1}'),
      upload(retire('AKIAIOSFODNN7EXAMPLE'), ''),
      upload(retire('key'), ''),
    ]
    const found = findInvalid(uploads, { revocations: [] }, context)
    expect(found.map(({ key }) => key)).toEqual(['hygiene.json', retire('key')])
    expect(findInvalid([upload('hygiene.json', '{"retireAfterDays":2}')], { revocations: [] }, context)).toEqual([])
  })

  test('one that is named passes, with or without its prefix, and no other', () => {
    const uploads = [upload(link('a'), '{,}'), upload(link('b'), '{,}')]
    const judge = (...named: readonly string[]) => findInvalid(uploads, { revocations: [] }, { ...context, named })
    const one = judge(link('a').replace('links_data/', ''))
    expect(one.map(({ isNamed }) => isNamed)).toEqual([true, false])
    expect(() => refuseBadFiles({ faults: [], invalid: one })).toThrow('1 file to upload is not valid')
    expect(() => refuseBadFiles({ faults: [], invalid: judge(link('a'), link('b')) })).not.toThrow()
  })

  test('the name of one that is valid, or not among them, is refused', () => {
    const uploads = [upload(link('a'), '')]
    for (const key of [link('a'), link('b')])
      expect(() => findInvalid(uploads, { revocations: [] }, { ...context, named: [key] })).toThrow(
        `received --invalid '${key}', expected the key of a file that is not valid`,
      )
  })
})
