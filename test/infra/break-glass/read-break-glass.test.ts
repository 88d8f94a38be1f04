import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { readBreakGlass } from '../../../handlers/cli/break-glass/read-break-glass.ts'
import { readText } from '../../house/source-files.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'break-glass-'))
})
afterEach(() => rm(folder, { recursive: true }))

const valid: Record<string, unknown> = JSON.parse(readText('fixtures/break-glass/investigator.json'))

/** What is said of the file with these fields. */
async function refusalOf(fields: object, name = 'investigator'): Promise<string> {
  const file = join(folder, `${name}.json`)
  await writeFile(file, JSON.stringify({ ...valid, ...fields }, undefined, 2))
  return readBreakGlass(file).then(
    () => 'valid',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
}

const [responder] = valid.responders as [object]
const [playbook] = valid.playbooks as [object]

test.each<[string, object, RegExp]>([
  [
    'one responder only',
    { responders: [responder] },
    /\d+:\d+ {2}\$\.responders {2}received a list of 1, expected a list of 2 to 20 responders/,
  ],
  [
    'a responder twice',
    { responders: [responder, responder] },
    /\$\.responders\[1\]\.name {2}received 'kenji', expected each responder once/,
  ],
  [
    'a responder without a contact',
    { responders: [{ name: 'a', email: 'a@b.example' }, responder] },
    /emergencyContact {2}received nothing, expected how to reach this person at night; add it/,
  ],
  [
    'a name that could be a pattern',
    { responders: [{ ...responder, name: 'k*' }, responder] },
    /received 'k\*', expected a name of 1 to 40/,
  ],
  [
    'a playbook without rights',
    { playbooks: [{ ...playbook, name: 'own' }] },
    /received 'own', expected managedPolicies or inlinePolicy, or the name of a template: security-investigator/,
  ],
  [
    'a playbook that is named as a role that sends alarms',
    { playbooks: [{ ...playbook, name: 'own-alarms' }] },
    /received 'own-alarms', expected another name/,
  ],
  [
    'a playbook for nobody known',
    { playbooks: [{ ...playbook, responders: ['zoe'] }] },
    /received 'zoe', expected one of responders: kenji, lars/,
  ],
  [
    'a playbook nowhere',
    { playbooks: [{ ...playbook, organizationalUnits: [] }] },
    /expected at least one organizational unit, or one of accounts/,
  ],
  [
    'sessions of a day',
    { playbooks: [{ ...playbook, sessionHours: 24 }] },
    /sessionHours {2}received 24, expected a whole number of hours, from 1 to 12/,
  ],
  [
    'the boundary None',
    { playbooks: [{ ...playbook, permissionsBoundary: '' }] },
    /permissionsBoundary {2}received an empty text/,
  ],
  [
    'a statement of a policy without resources',
    {
      playbooks: [
        { ...playbook, inlinePolicy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*' }] } },
      ],
    },
    /one of Resource and NotResource/,
  ],
  [
    'users in the management account',
    { securityAccount: '111111111111' },
    /securityAccount {2}received '111111111111', expected a member account/,
  ],
  ['an unknown field', { responder: [] }, /the unknown field 'responder'/],
  ['another name than its file', { name: 'other' }, /received 'other', expected the name of the file/],
])('a file with %s is refused, with its line and what to do', async (_, fields, expected) => {
  expect(await refusalOf(fields)).toMatch(expected)
})

test('the file as it stands is valid', async () => {
  expect(await refusalOf({})).toBe('valid')
})
