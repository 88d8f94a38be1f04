import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { listFolder } from '../../../../handlers/cli/folder/folder-inputs.ts'
import { validateInputs } from '../../../../handlers/cli/folder/validate-inputs.ts'
import { refusedPolicies, takenPolicies } from '../../../shared/domain/iam-policies/policy-cases.ts'

const now = new Date('2026-03-03T10:00:00Z')
const link = 'links_data/root%all%Billing-ps%team-Accountants%GROUP%ssofile'
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ssofile-validate-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function write(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [key, body] of Object.entries(files)) {
    await mkdir(dirname(join(folder, key)), { recursive: true })
    await writeFile(join(folder, key), body)
  }
}

async function validate(folders: readonly string[] = []) {
  const { files, faults, warnings } = await listFolder(folder)
  return { ...(await validateInputs(files, { folders, now })), faults, folderWarnings: warnings }
}

test('a folder of valid files has no errors, and its files are counted', async () => {
  await write({ [link]: '', 'permission_sets/Billing-ps.json': '{ "permissionSetName": "Billing-ps" }' })
  expect(await validate()).toEqual({
    links: 1,
    memberships: 0,
    permissionSets: 1,
    errors: [],
    warnings: [],
    faults: [],
    folderWarnings: [],
  })
})

test('memberships are judged as links are: by folder, name and body', async () => {
  await write({
    'memberships/oncall%kenji.ito@acme.example%ssofile': '{ "expiresAt": "2026-12-24T18:00:00Z" }',
    'memberships/team-b/oncall%maria.garcia@acme.example%ssofile': '',
    'memberships/oncall%maria.garcia@acme.example%ssofile': '{ "resaon": "x" }',
    'memberships/maria.garcia@acme.example%ssofile': '',
  })
  const { errors, memberships, permissionSets } = await validate(['team-a'])
  expect({ memberships, permissionSets }).toEqual({ memberships: 4, permissionSets: 0 })
  expect(errors.map(({ key, received }) => [key.slice('memberships/'.length), received])).toEqual([
    ['maria.garcia@acme.example%ssofile', "the name 'maria.garcia@acme.example%ssofile'"],
    ['oncall%maria.garcia@acme.example%ssofile', "the unknown field 'resaon'"],
    ['team-b/', "the folder 'team-b', with 1 file"],
  ])
})

test('all errors come at once, each with its file, place and path', async () => {
  await write({
    'links_data/root%all%Billing-ps%a%group%ssofile': '',
    'links_data/root%all%Billing-ps%b%GROUP%ssofile': '{\n  "expiresAt": "2026-12-24",\n  "resaon": "x"\n}',
    'links_data/root%all%Billing-ps%c%GROUP%ssofile': '{ "reason": "x",\n}',
    'permission_sets/Billing-ps.json':
      '{\n  "permissionSetName": "Billing-ps",\n  "tags": [{ "Key": "a", "Value": 7 }]\n}',
  })
  const { errors } = await validate()
  expect(errors.map(({ key, place, path }) => ({ key: key.slice(0, 32), place, path }))).toEqual([
    { key: 'links_data/root%all%Billing-ps%a' },
    { key: 'links_data/root%all%Billing-ps%b', place: { line: 2, column: 16 }, path: '$.expiresAt' },
    { key: 'links_data/root%all%Billing-ps%b', place: { line: 3, column: 13 }, path: '$' },
    { key: 'links_data/root%all%Billing-ps%c', place: { line: 2, column: 1 } },
    { key: 'permission_sets/Billing-ps.json', place: { line: 3, column: 35 }, path: '$.tags[0].Value' },
  ])
  for (const { received, expected, remedy } of errors) {
    expect([received, expected, remedy].every((part) => part.length > 0)).toBe(true)
  }
})

test('a name with a slash is a file in a subfolder, and is judged whole', async () => {
  await write({ 'links_data/root%all%Billing-ps%a / b 50% é%GROUP%ssofile': '' })
  expect(await validate()).toMatchObject({ links: 1, errors: [] })
})

test('a folder under links_data/ counts where it is declared, and else is an error', async () => {
  await write({ 'links_data/team-a/root%all%Billing-ps%a%GROUP%ssofile': '' })
  expect((await validate(['team-a'])).errors).toEqual([])
  expect((await validate()).errors).toMatchObject([
    { key: 'links_data/team-a/', received: "folder 'team-a', with 1 file" },
  ])
})

test('an undeclared folder is one error, and hides no mistake of its files', async () => {
  await write({
    'links_data/team-b/root%all%Billing-ps%a%GROUP%ssofile': '',
    'links_data/team-b/root%all%Billing-ps%b%GROUP%ssofile': '{ "resaon": "x" }',
    'links_data/team-b/acount%111122223333%Billing-ps%a%GROUP%ssofile': '',
    'links_data/team-b/root%all%Billing-ps%a%GRUOP%ssofile': '',
    'links_data/team-b/root%al%Billing-ps%a%GROUP%ssofile': '',
    'memberships/team-b/oncall%maria.garcia@acme.example%ssofile': '{ "resaon": "x" }',
  })
  const { errors } = await validate(['team-a'])
  expect(errors.map(({ key, received }) => [key.replace('links_data/', ''), received])).toEqual([
    ['team-b/acount%111122223333%Billing-ps%a%GROUP%ssofile', "scope 'acount'"],
    ['team-b/root%al%Billing-ps%a%GROUP%ssofile', "value 'al'"],
    ['team-b/root%all%Billing-ps%a%GRUOP%ssofile', "type 'GRUOP'"],
    ['team-b/root%all%Billing-ps%b%GROUP%ssofile', "the unknown field 'resaon'"],
    ['memberships/team-b/oncall%maria.garcia@acme.example%ssofile', "the unknown field 'resaon'"],
    ['team-b/', "folder 'team-b', with 5 files"],
    ['memberships/team-b/', "the folder 'team-b', with 1 file"],
  ])
  expect(errors[2]?.remedy).toContain("'links_data/team-b/root%all%Billing-ps%a%GROUP%ssofile'")
})

test('a name in NFD means the name in NFC on a file system such as that of macOS, and elsewhere is an error', async () => {
  const decomposed = 'links_data/root%all%Billing-ps%e\u0301%GROUP%ssofile'
  await write({ [decomposed]: '' })
  const isOneFile = existsSync(join(folder, decomposed.normalize('NFC')))
  expect(await validate()).toMatchObject(
    isOneFile
      ? { links: 1, faults: [] }
      : { links: 0, faults: [{ received: expect.stringContaining('which is not in Unicode form NFC') }] },
  )
})

test('a name that no file system holds is written with escapes, and judged without them', async () => {
  await write({ 'links_data/root%all%Billing-ps%a~2fb~3a~3f%GROUP%ssofile': '' })
  expect(await validate()).toMatchObject({ links: 1, errors: [] })
  await write({ 'links_data/root%all%Billing-ps%e~cc~81%GROUP%ssofile': '' })
  expect((await validate()).errors).toMatchObject([{ expected: expect.stringContaining('NFC') }])
})

test('two files that mean one key are an error that names both', async () => {
  await write({ [link]: '', [link.replace('Accountants', '~41ccountants')]: '' })
  const { faults, links } = await validate()
  expect({ links, faults }).toEqual({
    links: 0,
    faults: [expect.objectContaining({ key: link, received: expect.stringContaining('~41ccountants') })],
  })
})

test('files of the system are told as such', async () => {
  await write({ 'links_data/.DS_Store': 'Bud1', [link]: '' })
  expect((await validate()).errors).toMatchObject([
    { key: 'links_data/.DS_Store', remedy: expect.stringContaining("--exclude '*.DS_Store'") },
  ])
})

test.each([
  ['a file elsewhere on this machine', '/etc/hostname', 'links_data/secret'],
  ['the folder above', '../..', 'links_data/above'],
  ['the files of git, which may hold a token', '../.git/config', 'permission_sets/Token-ps.json'],
  ['another file of the folder', 'root%all%Billing-ps%team-Accountants%GROUP%ssofile', 'links_data/same'],
  ['a folder that contains it', '..', 'links_data/loop'],
  ['nothing', '/nowhere-at-all', 'links_data/dead'],
])('a symbolic link to %s is refused unread', async (_, target, key) => {
  await write({ '.git/config': 'token', [link]: '', 'permission_sets/Billing-ps.json': '{}' })
  await symlink(target, join(folder, key))
  const { links, faults } = await validate()
  expect({ links, faults }).toEqual({
    links: 1,
    faults: [expect.objectContaining({ key, received: 'a symbolic link' })],
  })
  expect(JSON.stringify(faults)).not.toContain('token')
})

test('files under links_data/temporary/ are errors, also by an escaped name: only ssofile writes there', async () => {
  const name = 'account%200000000001%Admin-ps%maria%USER%ssofile'
  await write({ [`links_data/temporary/${name}`]: '', [`links_data/~74emporary/a${name}`]: '', [link]: '' })
  const { links, faults } = await validate()
  expect({ links, faults }).toEqual({
    links: 1,
    faults: [`a${name}`, name].map((one) =>
      expect.objectContaining({
        key: `links_data/temporary/${one}`,
        expected: expect.stringContaining('only ssofile writes there'),
      }),
    ),
  })
})

test('a file that is larger than any input may be is an error unread', async () => {
  await write({ [link]: new Uint8Array(1024 * 1024 + 1) })
  expect((await validate()).faults).toMatchObject([{ key: link, received: 'a file of 1048577 bytes' }])
})

test.each([
  ['a file', () => write({ links_data: '' })],
  ['a symbolic link', () => symlink('nowhere', join(folder, 'links_data'))],
])('links_data/ that is %s is an error of it', async (received, make) => {
  await make()
  expect((await validate()).faults).toEqual([expect.objectContaining({ key: 'links_data/', received })])
})

describe('warned of, but no error, is', () => {
  test('a link to a permission set without a file here', async () => {
    await write({ [link]: '', 'links_data/root%all%Billing-ps%z%GROUP%ssofile': '' })
    const { errors, warnings } = await validate()
    expect(errors).toEqual([])
    expect(warnings).toEqual([
      { key: link, warning: expect.stringMatching(/'Billing-ps', as do 1 more.*waits unless/) },
    ])
  })

  test('a link that has expired', async () => {
    await write({ [link]: '{ "expiresAt": "2026-03-03T10:00:00Z" }', 'permission_sets/Billing-ps.json': '{}' })
    const { warnings } = await validate()
    expect(warnings).toEqual([{ key: link, warning: expect.stringContaining('it expired at 2026-03-03') }])
  })

  test('a folder that lacks one of the two, and what stands beside them', async () => {
    await write({ [link]: '', '.git/config': '', 'notes.txt': '' })
    expect((await validate()).folderWarnings).toEqual([
      expect.stringContaining('there is no permission_sets/'),
      expect.stringMatching(/ignored: 'notes.txt';/),
    ])
  })
})

describe('refused is', () => {
  test('a folder without links_data/ and permission_sets/', async () => {
    await write({ 'README.md': '' })
    await expect(listFolder(folder)).rejects.toThrow(
      "with 'README.md' in it; expected a folder that contains links_data",
    )
  })

  test('links_data/ itself', async () => {
    await write({ [link]: '' })
    await expect(listFolder(join(folder, 'links_data'))).rejects.toThrow('which is links_data/ itself')
    await expect(listFolder(`${folder}/links_data/.`)).rejects.toThrow('which is links_data/ itself')
  })

  test('a folder that does not exist', async () => {
    await expect(listFolder(join(folder, 'nowhere'))).rejects.toThrow(/cannot be read: .*ENOENT/)
  })
})

test('an effect in other letters and a managed policy that AWS does not have are told with their places', async () => {
  await write({
    'permission_sets/A.json':
      '{\n  "permissionSetName": "A",\n  "inlinePolicyDocument": { "Statement": { "Effect": "allow", "Action": "*", "Resource": "*" } }\n}',
    'permission_sets/B.json':
      '{\n  "permissionSetName": "B",\n  "managedPoliciesArnList": [\n    "arn:aws:iam::aws:policy/ReadOnlyAcess"\n  ],\n  "permissionsBoundary": { "ManagedPolicyArn": "arn:aws:iam::aws:policy/ViewOnlyAccess" }\n}',
  })
  const { errors } = await validate()
  expect(errors).toMatchObject([
    { key: 'permission_sets/A.json', place: { line: 3 }, received: "'allow'" },
    { key: 'permission_sets/B.json', place: { line: 4, column: 5 }, path: '$.managedPoliciesArnList[0]' },
    { key: 'permission_sets/B.json', place: { line: 6 }, path: '$.permissionsBoundary.ManagedPolicyArn' },
  ])
  expect(errors.map(({ remedy }) => remedy)).toEqual([
    expect.stringContaining('Allow'),
    "write 'arn:aws:iam::aws:policy/ReadOnlyAccess'",
    "write 'arn:aws:iam::aws:policy/job-function/ViewOnlyAccess'",
  ])
})

test('every policy that AWS refuses is one error with its line and the remedy, and no other policy is one', async () => {
  const fileOf = (name: string, inlinePolicyDocument: object) => [
    `permission_sets/${name}.json`,
    JSON.stringify({ permissionSetName: name, inlinePolicyDocument }, undefined, 1),
  ]
  const refused = refusedPolicies.map((one, index) => ({ ...one, name: `Refused${index + 101}` }))
  await write({
    ...Object.fromEntries(refused.map(({ name, policy }) => fileOf(name, policy))),
    ...Object.fromEntries(takenPolicies.map(([, policy], index) => fileOf(`Taken${index + 101}`, policy))),
  })
  const { errors, permissionSets } = await validate()
  expect(permissionSets).toBe(refusedPolicies.length + takenPolicies.length)
  expect(errors).toEqual(
    refused.map(({ name, received, remedy }) =>
      expect.objectContaining({
        key: `permission_sets/${name}.json`,
        place: { line: expect.any(Number), column: expect.any(Number) },
        received: expect.stringContaining(received),
        remedy: expect.stringContaining(remedy),
      }),
    ),
  )
})

test('a managed policy that AWS may have added since is told as a warning', async () => {
  await write({
    'permission_sets/A.json':
      '{ "permissionSetName": "A", "managedPoliciesArnList": ["arn:aws:iam::aws:policy/SomethingNew"] }',
  })
  const { errors, warnings } = await validate()
  expect({ errors, warnings }).toEqual({
    errors: [],
    warnings: [
      {
        key: 'permission_sets/A.json',
        warning: expect.stringContaining('policy/SomethingNew was not a managed policy'),
      },
    ],
  })
})
