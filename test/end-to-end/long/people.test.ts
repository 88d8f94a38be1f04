import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { paginateListUsers } from '@aws-sdk/client-identitystore'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { assignByHand } from '../assign-by-hand.ts'
import { LocalSystem } from '../local-system.ts'
import { until } from '../until.ts'

const ana = 'ana.ruiz@acme.example'
const file = `people/${ana}.json`
const suspended = `suspended/${ana}`
const names = { displayName: 'Ana Ruiz', givenName: 'Ana', familyName: 'Ruiz' }
const link = `links_data/account%233000000002%Support-ps%${ana}%USER%ssofile`

let system: LocalSystem
beforeAll(async () => {
  system = await LocalSystem.start({ configuration: { directory: 'identity-center' }, timeScale: 10 })
  await system.upload('permission_sets/Support-ps.json', '{ "permissionSetName": "Support-ps" }')
})
afterAll(() => system.stop(), 60_000)

/** As the directory tells; `undefined`: there is nobody of this name. */
async function user(): Promise<Record<string, unknown> | undefined> {
  const input = { IdentityStoreId: await system.access.identityStoreId() }
  for await (const { Users = [] } of paginateListUsers({ client: system.identityStore }, input)) {
    const found = Users.find(({ UserName }) => UserName === ana)
    if (found !== undefined) return { ...found }
  }
  return undefined
}

/** What others gave is compared, as each night. */
async function compare(): Promise<void> {
  const { stderr } = await system.ssofile(['apply', 's3://ssofile'], 'ssofile')
  expect(stderr).toContain('drift check: ')
}

test('only HR writes the file, and the user is made and changed by it', async () => {
  const denied = await system.tryCli(['s3', 'cp', 'package.json', `s3://ssofile/${file}`], { as: 'maria' })
  expect(denied.stderr).toContain("use the access key id 'hr' for people/")
  await system.upload(file, JSON.stringify({ ...names, title: 'Engineer', email: ana }), 'hr')
  await system.untilStatus(file, 'applied')
  expect(await user()).toMatchObject({
    DisplayName: 'Ana Ruiz',
    Name: { GivenName: 'Ana', FamilyName: 'Ruiz' },
    Title: 'Engineer',
    Emails: [{ Value: ana, Primary: true }],
  })
  await system.upload(file, JSON.stringify({ ...names, title: 'CTO' }), 'hr')
  await until('the new title', async () => ((await user())?.Title === 'CTO' ? true : undefined))
  expect(await user()).not.toHaveProperty('Emails')
  await system.upload(link)
  await system.untilStatus(link, 'applied')
})

test('whose file is gone, is suspended, and comes back with the file', async () => {
  await system.remove(file, 'hr')
  await system.untilStatus(suspended, 'suspended')
  await system.untilStatus(link, 'waiting')
  expect(await user()).toBeDefined()
  await system.upload(file, JSON.stringify({ ...names, title: 'CTO' }), 'hr')
  await system.untilStatus(link, 'applied')
  await system.untilGone(suspended)
  const changes = await system.keys('changes/')
  const told = new Set(changes.flatMap((key) => /%person-([a-z-]+)%/.exec(key)?.[1] ?? []))
  expect([...told].toSorted()).toEqual(['changed', 'created', 'ended', 'restored', 'returned', 'suspended'])
})

test('who has ended is deleted when the file says so and nothing is left', async () => {
  const endsAt = new Date(Date.now() - 60_000).toISOString()
  await system.upload(file, JSON.stringify({ ...names, endsAt, deleteAfterDays: 0 }), 'hr')
  await system.untilStatus(suspended, 'suspended')
  expect(await user()).toBeDefined()
  await compare()
  await until('deleted', async () => ((await user()) === undefined ? true : undefined), { withinMs: 90_000 })
  await system.untilStatus(file, 'expired')
  expect(await system.keys('owned_people/')).toEqual([])
})

test('plan, push and pull know the files of people, and only HR may push them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ssofile-people-'))
  try {
    await mkdir(join(folder, 'people'))
    await writeFile(join(folder, file), JSON.stringify({ ...names, title: 'Engineer' }))
    const planned = await system.ssofile(['plan', folder, '--only', 'people'], 'hr')
    expect(planned.stdout).toContain(`+ user '${ana}' is made`)
    const denied = await system.ssofile(['push', folder, '--yes'], 'maria')
    expect(denied).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--only people') })
    expect(await system.ssofile(['push', folder, '--only', 'people', '--yes'], 'hr')).toMatchObject({ exitCode: 0 })
    await system.untilStatus(file, 'applied')
    const pulled = join(folder, 'pulled')
    expect(await system.ssofile(['pull', pulled, '--only', 'people'], 'hr')).toMatchObject({ exitCode: 0 })
    expect(await readFile(join(pulled, file), 'utf8')).toContain('Engineer')
    await writeFile(join(folder, file), '{ "displayName": "Ana Ruiz" }')
    const validated = await system.ssofile(['validate', folder], 'hr')
    expect(validated.stdout).toContain(file)
    expect(validated.exitCode).toBe(1)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('HR takes over nobody: a user who was there stays as governance and the directory have it', async () => {
  const tom = 'tom.baker@acme.example'
  const taking = `people/${tom}.json`
  const tomNow = async () => {
    const input = { IdentityStoreId: await system.access.identityStoreId() }
    for await (const { Users = [] } of paginateListUsers({ client: system.identityStore }, input)) {
      const found = Users.find(({ UserName }) => UserName === tom)
      if (found !== undefined) return found
    }
    return undefined
  }
  const before = await tomNow()
  const theft = JSON.stringify({ ...names, email: 'thief@other.example', deleteAfterDays: 0 })
  await system.upload(taking, theft, 'hr')
  await system.untilStatus(taking, 'rejected')
  await system.remove(taking, 'hr')
  await system.untilGone(taking)
  // HR cannot write the policy that would let it.
  const denied = await system.tryCli(['s3', 'cp', 'package.json', 's3://ssofile/policies/p.json'], { as: 'hr' })
  expect(denied.stderr).toContain("use the access key id 'governance' for policies/")
  await system.upload('policies/p.json', JSON.stringify({ contact: 'it', adoptPeople: [tom] }), 'governance')
  await system.upload(taking, theft, 'hr')
  await until('the adopted user keeps the address', async () =>
    (await system.status(taking))?.reason?.includes('e-mail') ? true : undefined,
  )
  expect(await tomNow()).toEqual(before)
})

test('HR deletes nobody who has access of others, and no more than five before an operator has looked', async () => {
  const said = JSON.stringify({ ...names, deleteAfterDays: 0 })
  const [kept = '', ...leavers] = Array.from({ length: 7 }, (_, index) => `leaver-${index}`)
  const left = async () => {
    const input = { IdentityStoreId: await system.access.identityStoreId() }
    const pages = await Array.fromAsync(paginateListUsers({ client: system.identityStore }, input))
    const all = pages.flatMap(({ Users = [] }) => Users.map(({ UserName }) => UserName))
    return [kept, ...leavers].filter((name) => all.includes(name))
  }
  const keys = [kept, ...leavers].map((name) => `people/${name}.json`)
  for (const key of keys) await system.upload(key, said, 'hr')
  await system.untilStatuses(keys, 'applied')
  const access = { account: '233000000002', permissionSet: 'Support-ps', type: 'USER', principal: kept } as const
  await assignByHand(system, 'create', access, 'silent')
  for (const key of keys) await system.remove(key, 'hr')
  const lists = async () => {
    const { stdout } = await system.ssofile(['brake', '--json'], 'operator')
    return (JSON.parse(stdout) as { lists: { cause: string; digest: string; people: string[] }[] }).lists
  }
  /** As often as such a list has grown. HR tries it first. */
  const releaseUntil = async (cause: string, isDone: () => Promise<boolean>) => {
    const told: string[] = []
    const people: string[] = []
    const look = async () => {
      const list = (await lists()).find((one) => one.cause === cause)
      if (list === undefined) return (await isDone()) || undefined
      expect((await system.ssofile(['brake', '--release', list.digest], 'hr')).exitCode).not.toBe(0)
      const released = await system.ssofile(['brake', '--release', list.digest], 'operator')
      if (released.exitCode !== 0) return undefined
      told.push(released.stdout)
      people.push(...list.people)
      return undefined
    }
    const tell = async () => `${JSON.stringify(await lists())} left: ${await left()}\n${system.lastLogLines()}`
    await until(`the end of all lists of the cause ${cause}`, look, { withinMs: 150_000, tell })
    return { told: told.join(), people }
  }
  const areSuspended = async () => {
    const states = await Promise.all(
      [kept, ...leavers].map(async (name) => (await system.status(`suspended/${name}`))?.state),
    )
    return states.every((state) => state === 'suspended' || state === 'partly')
  }
  expect((await releaseUntil('uploader', areSuspended)).told).toContain('suspension')
  expect((await left()).toSorted()).toEqual([kept, ...leavers])
  await compare()
  const { people, told } = await releaseUntil('everything', async () => (await left()).length === 1)
  expect(leavers).toEqual(expect.arrayContaining(people))
  expect(told).toMatch(/deletions? of (a user|users)/)
  expect(await left()).toEqual([kept])
  expect((await system.status(`people/${kept}.json`))?.reason).toContain('1 foreign assignment')
})

test('where a provider keeps users, nobody is written, and the status says who shows it', async () => {
  await fetch(`${system.url}/_ssofile/users/${encodeURIComponent('kenji.ito@acme.example')}/provision`, {
    method: 'POST',
  })
  const kenji = 'people/kenji.ito@acme.example.json'
  await system.upload(kenji, JSON.stringify({ ...names, title: 'ours' }), 'hr')
  const { reason } = await system.untilStatus(kenji, 'rejected')
  expect(reason).toContain('an identity provider manages')
})
