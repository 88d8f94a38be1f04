import { cp, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateUserCommand, DeleteUserCommand, ListUsersCommand } from '@aws-sdk/client-identitystore'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pLimit from 'p-limit'
import { LocalSystem } from '../local-system.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'

/** How many: test/handlers/same-files-again.test.ts has 1,000, on memory adapters. */
const count = 150
const account = '200000000001'
const uma = 'uma@tiny.example'
const userLink = `links_data/account%${account}%ReadOnly-ps%${uma}%USER%ssofile`
/** Most wait for nobody: what is asked about them is who uploaded them, and that nothing is called. */
const links = [
  userLink,
  ...Array.from(
    { length: count - 1 },
    (_, nth) => `links_data/ou_id%ou-tiny-emptyyyy%ReadOnly-ps%team-${nth}%GROUP%ssofile`,
  ),
]
/** What every dispatcher asks on start, whatever woke it. */
const ofStart = ['ListAccountAssignmentCreationStatus', 'ListAccountAssignmentDeletionStatus']

let system: LocalSystem
let folder: string
beforeAll(async () => {
  system = await LocalSystem.start({ organization: smallOrganization({ users: [uma] }) })
  folder = await mkdtemp(join(tmpdir(), 'ssofile-rebind-'))
  for (const prefix of ['links_data', 'permission_sets'])
    await mkdir(join(folder, 'first', prefix), { recursive: true })
  await writeFile(join(folder, 'first/permission_sets/ReadOnly-ps.json'), permissionSetFile('ReadOnly-ps'))
  for (const link of links) await writeFile(join(folder, 'first', link), '')
})
afterAll(async () => {
  await system.stop()
  await rm(folder, { recursive: true })
})

/** Answers the id of the new one. */
async function replaceUma(): Promise<string> {
  const IdentityStoreId = await system.access.identityStoreId()
  const { Users = [] } = await system.identityStore.send(new ListUsersCommand({ IdentityStoreId }))
  const UserId = Users.find(({ UserName }) => UserName === uma)?.UserId
  await system.identityStore.send(new DeleteUserCommand({ IdentityStoreId, UserId }))
  const user = { UserName: uma, DisplayName: 'Uma', Name: { GivenName: 'Uma', FamilyName: 'Anders' } }
  const made = await system.identityStore.send(new CreateUserCommand({ IdentityStoreId, ...user }))
  return made.UserId ?? ''
}

/** What statuses and the ledger say of who uploaded each link, and to whom it is bound. */
async function records(): Promise<unknown> {
  const told = await pLimit(16).map(links, async (link) => {
    const status = await system.status(link)
    return { link, state: status?.state, by: status?.by, principalId: status?.principalId }
  })
  return { told, entry: (await system.recordOf(userLink))?.links }
}

test('a fresh clone of a folder of links that is pushed and synced again changes no binding and no uploader, and calls nothing', async () => {
  expect(await system.ssofile(['push', join(folder, 'first'), '--yes'], 'maria')).toMatchObject({ exitCode: 0 })
  await system.untilQuiet()
  await system.untilDispatcherRests()
  const before = await records()
  const earlier = system.calls.length
  // A clone has the same bytes, and every file is as new as the clone.
  const clone = join(folder, 'clone')
  await cp(join(folder, 'first'), clone, { recursive: true })
  const later = new Date(Date.now() + 60_000)
  for (const link of links) await utimes(join(clone, link), later, later)
  await utimes(join(clone, 'permission_sets/ReadOnly-ps.json'), later, later)
  const pushed = await system.ssofile(['push', clone, '--yes'], 'lars')
  expect(pushed).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`nothing to push, ${count + 1} files`) })
  for (const prefix of ['links_data', 'permission_sets'])
    await system.cli(['s3', 'sync', '--delete', '--only-show-errors', join(clone, prefix), `s3://ssofile/${prefix}`], {
      as: 'lars',
    })
  await system.untilQuiet()
  await system.untilDispatcherRests()
  expect(await records()).toEqual(before)
  expect((await system.status(userLink))?.since).toBeDefined()
  const calls = system.calls.slice(earlier).map(({ operation }) => operation)
  // A plan reads as the person who asks for it; what is counted are the calls of the product.
  expect(calls.filter((operation) => !ofStart.includes(operation) && operation !== 'ListInstances')).toEqual([])
})

test('a user who was deleted and made again under the old name gets nothing by a sync, and access once somebody asks for it', async () => {
  const bound = (await system.status(userLink))?.principalId
  expect(await system.access.inAccount(account)).toEqual([`ReadOnly-ps%${uma}%USER`])
  const second = await replaceUma()
  await system.untilStatus(userLink, 'waiting')
  await system.upload(userLink, '', 'lars')
  await system.untilQuiet()
  const waiting = await system.untilStatus(userLink, 'waiting')
  expect(waiting).toMatchObject({ principalId: bound, by: { principalId: expect.stringContaining('maria') } })
  expect(waiting.remedy).toContain('ssofile touch')
  expect(await system.access.ofPrincipal('USER', second)).toEqual([])

  const asked = await system.ssofile(['touch', userLink, '--rebind'], 'kim')
  expect(asked).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`until now it was bound to ${bound}`) })
  const applied = await system.untilStatus(userLink, 'applied')
  expect(applied.principalId).toBe(second)
  expect(applied.by?.principalId).toContain('kim')
  expect(await system.access.ofPrincipal('USER', second)).toEqual([`${account}%ReadOnly-ps`])

  // The wish is heard once: a sync, which loses the metadata, changes nothing.
  const third = await replaceUma()
  await system.untilStatus(userLink, 'waiting')
  await system.upload(userLink, '', 'lars')
  await system.untilQuiet()
  expect(await system.untilStatus(userLink, 'waiting')).toMatchObject({ principalId: second })
  expect(await system.access.ofPrincipal('USER', third)).toEqual([])
  // A plan says who would be bound to another user by another content.
  await writeFile(join(folder, 'first', userLink), '{"reason":"the new one"}')
  const plan = await system.ssofile(['plan', join(folder, 'first'), '--detailed-exitcode'])
  expect(plan).toMatchObject({
    exitCode: 3,
    stdout: expect.stringContaining(`~ ${userLink}\n  binds now to the present user`),
  })
})

test('what cannot be asked for is refused, and nothing is changed', async () => {
  const missing = 'root%all%ReadOnly-ps%nobody%GROUP%ssofile'
  expect(await system.ssofile(['touch', missing, '--rebind'])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining(`there is no links_data/${missing}`),
  })
})
