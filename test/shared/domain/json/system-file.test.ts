import { describe, expect, test } from '@jest/globals'
import { isSystemFile } from '../../../../shared/domain/json/system-file.ts'
import { judgeInput } from '../../../../shared/domain/links/judge-input.ts'
import { parseLinkKey } from '../../../../shared/domain/links/link.ts'
import {
  parsePermissionSetFile,
  parsePermissionSetKey,
} from '../../../../shared/domain/permission-sets/permission-set-file.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const ofSystem = 'it looks like a file of the system or of an editor: delete it'
const link = 'root%all%ReadOnly-ps%team-a%GROUP%ssofile'

/** What status and validate tell to do about a key, which must be one thing. */
function remedyOf(key: string, body = 'Bud1'): string | undefined {
  const isLink = key.startsWith('links_data/')
  const told = isLink ? parseLinkKey(key, ['team-a']) : parsePermissionSetFile(key, bytes(body))
  const { faults } = judgeInput({ key, body: bytes(body), sizeBytes: body.length }, ['team-a'], new Date(0))
  const remedy = told.ok ? undefined : told.complaint.remedy
  expect(faults.map((fault) => fault.remedy)).toEqual(remedy === undefined ? [] : [remedy])
  return remedy
}

describe.each(['links_data/', 'links_data/team-a/', 'links_data/nowhere/', 'permission_sets/'])('under %s', (place) => {
  test.each([
    ['.DS_Store', '*.DS_Store'],
    ['Thumbs.db', '*.db'],
    ['DESKTOP.INI', '*.INI'],
    ['notes~', '*notes~'],
    [`.${link}.swp`, `*.${link}.swp`],
    [`${link}~`, `*${link}~`],
    [`._${link}`, `*._${link}`],
  ])('%s is told as a file of the system, in its status as by validate', (name, pattern) => {
    expect(remedyOf(place + name)).toBe(`${ofSystem}, or leave it out: aws s3 sync … --exclude '${pattern}'`)
  })
})

test('so is one with a name that a permission set could have, but only where it is not valid', () => {
  expect(remedyOf('permission_sets/._Billing-ps.json')).toContain(ofSystem)
  expect(remedyOf('permission_sets/.Billing-ps.json', '{"permissionSetName": ".Billing-ps"}')).toBeUndefined()
  const key = parsePermissionSetKey('permission_sets/.DS_Store')
  expect(key.ok || key.complaint.remedy).toContain(ofSystem)
})

test.each([
  ['groups/.NET Developers.json', false],
  ['rules/.NET Developers.json', false],
  ['memberships/team-a/.NET Developers%kenji.ito@acme.example%ssofile', false],
  ['permission_sets/.json', false],
  ['permission_sets/.Billing-ps.json', false],
  [`links_data/.${link}`, false],
  ['groups/._NET Developers.json', true],
  ['groups/.NET Developers.json.swp', true],
  ['groups/.DS_Store', true],
])('%s is a file of the system: %s', (key, expected) => expect(isSystemFile(key)).toBe(expected))

test('a name that no shell would take as it is stands in no command', () => {
  expect(remedyOf("links_data/.it's")).toBe(ofSystem)
  expect(remedyOf('links_data/.a\u0007')).toBe(ofSystem)
  expect(remedyOf(`links_data/.${'a'.repeat(500)}`)).toBe(ofSystem)
})

test('a link of a principal with such a name is told what is wrong with it', () => {
  expect(remedyOf('links_data/root%all%ReadOnly-ps%ops/.night%group%ssofile', '')).toContain('upload it again as')
  expect(remedyOf('links_data/root%all%ReadOnly-ps%.night%GROUP%ssofile', '')).toBeUndefined()
})

test('a permission set without a name is told that it lacks one', () => {
  expect(remedyOf('permission_sets/.json', '{}')).toContain('upload it again under such a name')
})
