import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { LocalSystem } from '../local-system.ts'
import { smallOrganization } from '../small-organization.ts'

const role = 'ssofile-operator'
const accounts = Array.from({ length: 200 }, (_, index) => `3000000${String(index).padStart(5, '0')}`)
const users = Array.from({ length: 120 }, (_, index) => `user-${index}@tiny.example`)
/** The first calls of the role; of the others as many as the rates of the models let through. */
const throttled = [
  { caller: role, service: 'sso-admin', operation: 'ListInstances', fault: 'throttle', times: 3 },
  { caller: role, service: 'sso-admin', operation: 'ListPermissionSets', fault: 'throttle', times: 3 },
  { caller: role, service: 'identitystore', fault: 'throttle', times: 3 },
  { caller: role, service: 'organizations', fault: 'throttle', times: 3 },
] as const

let system: LocalSystem
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ssofile-throttled-'))
  const small = smallOrganization()
  const more = accounts.map((id) => ({ id, name: `account-${id}`, email: `aws+${id}@tiny.example`, tags: {} }))
  system = await LocalSystem.start({
    organization: {
      ...small,
      root: { ...small.root, accounts: [...(small.root.accounts ?? []), ...more] },
      users,
      permissionSets: [{ permissionSetName: 'Reader' }],
      assignments: users.map((principal, index) => ({
        account: accounts[index] ?? '',
        permissionSet: 'Reader',
        principal,
        type: 'USER',
      })),
    },
    // Their rates as well: what they throttle is not what is shown.
    timeScale: 4,
    faults: throttled,
  })
})
afterAll(async () => {
  await system.stop()
  await rm(folder, { recursive: true })
})

test('an import of an export with 200 accounts and 120 users waits while calls are throttled, says so once of each service, and completes', async () => {
  const file = join(folder, 'access.jsonl')
  const adopted = await system.ssofile(['import', '--assignments'], 'ssofile')
  expect({ ...adopted, stdout: '' }).toMatchObject({ exitCode: 0 })
  const exported = await system.ssofile(['export', file], 'ssofile')
  expect({ ...exported, stderr: '' }).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('120 links') })
  const { exitCode, stdout, stderr } = await system.ssofile(['import', '--from', file], role)
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
  expect(stdout).toMatch(/links +0 written, 120 there already/)
  expect(stdout).toMatch(/assignments +0 ssofile's, 120 were already/)
  const told = stderr.split('\n').flatMap((line) => /^(\S+) throttles/.exec(line)?.[1] ?? [])
  expect(told.sort()).toEqual(['identitystore', 'organizations', 'sso-admin'])
})
