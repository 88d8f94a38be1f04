import { describe, expect, test } from '@jest/globals'
import { parsePolicyFile } from '../../../../shared/domain/guardrails/policy-file.ts'
import { judgeInput } from '../../../../shared/domain/links/judge-input.ts'

const now = new Date('2026-03-03T10:00:00Z')
const link = 'links_data/root%all%ReadOnly-ps%team-a%GROUP%ssofile'
const file = 'permission_sets/ReadOnly-ps.json'

function judge(key: string, text = '', sizeBytes?: number) {
  const body = new TextEncoder().encode(text)
  return judgeInput({ key, body, sizeBytes: sizeBytes ?? body.length }, ['team-a'], now)
}

describe('a link', () => {
  test('that is valid names its permission set, and nothing is wrong with it', () => {
    expect(judge(link)).toEqual({ faults: [], warnings: [], names: 'ReadOnly-ps' })
    expect(judge(link.replace('root', 'team-a/root'), '{"expiresAt": "2026-03-03T10:00:00.001Z"}')).toEqual({
      faults: [],
      warnings: [],
      names: 'ReadOnly-ps',
    })
  })

  test('that has expired is valid, but grants nothing', () => {
    expect(judge(link, '{"expiresAt": "2026-03-03T11:00:00+01:00"}')).toEqual({
      faults: [],
      warnings: ['it expired at 2026-03-03T10:00:00.000Z: it grants nothing'],
      names: 'ReadOnly-ps',
    })
    expect(judge(link, '{"notBefore": "2026-03-03T10:00:01Z"}').warnings).toEqual([])
  })

  test('with a wrong name and a wrong body is told both, and names no permission set', () => {
    const judged = judge(link.replace('GROUP', 'TEAM'), '{"reason": "x",\n "expires": 1}')
    expect(judged?.names).toBeUndefined()
    expect(judged.warnings).toEqual([])
    expect(judged.faults).toEqual([
      { received: "type 'TEAM'", expected: "'GROUP' or 'USER' in capitals", remedy: expect.any(String) },
      expect.objectContaining({ path: '$', place: { line: 2, column: 13 }, received: "the unknown field 'expires'" }),
    ])
  })

  test('with a right name and a wrong body still names its permission set', () => {
    expect(judge(link, '{')).toMatchObject({ faults: [{}], names: 'ReadOnly-ps' })
  })

  test('a link is judged by its size where its body was not read', () => {
    const { faults } = judge(link, '', 1_000_000)
    expect(faults).toEqual([expect.objectContaining({ received: expect.stringContaining('1000000') })])
  })

  test('in a folder that is not declared is told of its folder', () => {
    expect(judge(link.replace('root', 'team-b/root')).faults.map(({ received }) => received)).toEqual([
      "folder 'team-b'",
    ])
  })
})

test('what stands under links_data/ and has no field in its name is not told what is wrong with its content', () => {
  const notes = judge('links_data/notes.txt', 'not JSON')
  expect({ faults: notes.faults.length, warnings: notes.warnings }).toEqual({ faults: 1, warnings: [] })
  expect(judge('links_data/notes%.txt', '{').faults).toHaveLength(2)
})

describe('a file of a permission set', () => {
  test('that is valid describes it', () => {
    expect(judge(file, '{"permissionSetName": "ReadOnly-ps"}')).toEqual({
      faults: [],
      warnings: [],
      describes: 'ReadOnly-ps',
    })
  })

  test('with more policies than a role may have by default is valid, with a warning', () => {
    const managedPoliciesArnList = Array.from({ length: 11 }, (_, index) => `arn:aws:iam::aws:policy/P${index}`)
    const judged = judge(file, JSON.stringify({ permissionSetName: 'ReadOnly-ps', managedPoliciesArnList }))
    expect(judged.faults).toEqual([])
    expect(judged.warnings).toEqual([expect.stringContaining('11 managed policies')])
  })

  test('with several faults has them in the order of the text, each with its path and place', () => {
    const text = [
      '{ "tags": [{ "Key": 7, "Value": "" }], "colour": "red",',
      '  "sessionDurationInMinutes": 5, "relayState": "",',
      '  "permissionSetName": "ReadOnly-ps", "description": 1 }',
    ].join('\n')
    const { faults, describes, warnings } = judge(file, text)
    expect({ describes, warnings }).toEqual({ describes: 'ReadOnly-ps', warnings: [] })
    expect(faults.map(({ path, place }) => ({ path, place }))).toEqual([
      { path: '$.tags[0].Key', place: { line: 1, column: 21 } },
      { path: '$', place: { line: 1, column: 50 } },
      { path: '$.sessionDurationInMinutes', place: { line: 2, column: 31 } },
      { path: '$.relayState', place: { line: 2, column: 48 } },
      { path: '$.description', place: { line: 3, column: 54 } },
    ])
    for (const { received, expected, remedy } of faults)
      expect([received, expected, remedy].every((part) => part.length > 0)).toBe(true)
  })

  test('that is no JSON has one fault, which says where', () => {
    expect(judge(file, '{\n"permissionSetName" "x"}').faults).toEqual([
      expect.objectContaining({ place: { line: 2, column: 21 }, received: `'"x"' at line 2, column 21` }),
    ])
  })

  test('under a name that none can have is told of its name, and describes none', () => {
    const judged = judge('permission_sets/Read Only.json', '{}')
    expect(judged.faults.map(({ received }) => received)).toEqual(["the name 'Read Only' with the character ' '"])
    expect(judged?.describes).toBeUndefined()
  })

  test('that is too large to be read is told its size', () => {
    expect(judge(file, '', 1_000_000).faults.map(({ received }) => received)).toEqual(['a file of 1000000 bytes'])
  })
})

describe('a membership', () => {
  const key = 'memberships/team-a/oncall%kenji.ito@acme.example%ssofile'
  const policyOf = (about: object) => {
    const rule = { id: 'shifts', control: 'AC-2', mode: 'enforce', for: about, must: { ticket: 'CHG###' } }
    const policy = parsePolicyFile('policies/a.json', Buffer.from(JSON.stringify({ contact: 'us', links: [rule] })))
    if (!policy.ok) throw new Error('the policy is not valid')
    return { policies: [policy.value], broken: [] }
  }
  const judged = (about: object, body = '') => {
    const bytes = Buffer.from(body)
    const rules = { guardrails: policyOf(about), uploader: 'later' as const, uploadedAt: now }
    return judgeInput({ key, body: bytes, sizeBytes: bytes.length }, ['team-a'], now, rules)
  }

  test('is judged by a rule about its group, its user or its folder', () => {
    for (const about of [{ principals: ['oncall'] }, { principals: ['kenji.*'] }, { folders: ['team-a'] }, {}])
      expect(judged(about).faults).toMatchObject([{ received: 'no ticket' }])
    expect(judged({ principals: ['oncall'] }, '{ "ticket": "CHG123" }').faults).toEqual([])
    for (const about of [{ principals: ['others'] }, { folders: ['team-b'] }]) expect(judged(about).faults).toEqual([])
  })

  test('is judged later where a rule is about what the links of its group give', () => {
    expect(judged({ permissionSets: ['Admin-*'] })).toMatchObject({ faults: [], later: ['policies/a.json#shifts'] })
  })
})
