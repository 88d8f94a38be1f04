import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateUserCommand } from '@aws-sdk/client-identitystore'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pLimit from 'p-limit'
import { LocalSystem } from '../local-system.ts'
import { mayCall } from '../may-call.ts'
import { signIn } from '../sign-in.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'
import { until } from '../until.ts'

const mia = 'mia.lang@acme.example'
const suspension = `suspended/${mia}`
const file = `people/${mia}.json`
const names = { displayName: 'Mia Lang', givenName: 'Mia', familyName: 'Lang' }
const account = '200000000002'
/** What each group may do, and whom its rule means. */
const groups = { engineers: 'Engineering', sellers: 'Sales' } as const
type Group = keyof typeof groups
const setOf = (group: Group) => `${group}-ps`

let system: LocalSystem

/** Groups with their rules, and the access of each: there before the first person. */
async function begin(directory: 'identity-center' | undefined): Promise<void> {
  system = await LocalSystem.start({
    organization: smallOrganization({ users: ['ben.ode@acme.example'] }),
    ...(directory === undefined ? {} : { configuration: { directory } }),
    timeScale: 5,
  })
  for (const [group, department] of Object.entries(groups)) {
    const set = `${group}-ps`
    await system.upload(`permission_sets/${set}.json`, permissionSetFile(set))
    await system.upload(`groups/${group}.json`, '{ "owner": "team-platform" }', 'governance')
    await system.upload(`rules/${group}.json`, JSON.stringify({ department: [department] }), 'governance')
    await system.upload(`links_data/account%${account}%${set}%${group}%GROUP%ssofile`)
  }
  for (const group of Object.keys(groups))
    await system.untilStatus(`links_data/account%${account}%${group}-ps%${group}%GROUP%ssofile`, 'applied')
}

async function identityStore(as: string, command: string, ...args: readonly string[]) {
  const about = ['--identity-store-id', await system.access.identityStoreId(), '--output', 'json']
  const said = await system.cli(['identitystore', command, ...about, ...args], { as })
  return (said === '' ? {} : JSON.parse(said)) as Record<string, unknown>
}

const provider = async (act: string) => {
  const { status } = await fetch(`${system.url}/_ssofile/users/${encodeURIComponent(mia)}/${act}`, { method: 'POST' })
  expect(status).toBe(200)
}

/** As the directory lists them. */
async function groupsOf(user: string): Promise<string> {
  const ids = await system.access.groupsOf(user)
  const named = await Promise.all(Object.keys(groups).map(async (name) => [name, await system.groupId(name)] as const))
  return named.flatMap(([name, id]) => (ids.includes(id) ? [name] : [])).join()
}

const open = async (group: Group) =>
  (await signIn(system, { user: mia, permissionSet: setOf(group), account })).accessKeyId

async function mayOpen(group: Group): Promise<boolean> {
  const asked = { user: mia, permissionSet: setOf(group), account }
  return signIn(system, asked).then(
    () => true,
    () => false,
  )
}

/** In the groups that are named and no other, with the access of these and no other. */
async function untilIn(user: string, expected: Group | ''): Promise<void> {
  await until(`in '${expected}'`, async () => ((await groupsOf(user)) === expected ? true : undefined), {
    tell: async () => `in ${await groupsOf(user)}\n${system.lastLogLines()}`,
  })
  for (const group of ['engineers', 'sellers'] as const) expect(await mayOpen(group)).toBe(group === expected)
}

const untilDenied = (session: string) =>
  until('that the session is denied', async () => ((await mayCall(system, session)) ? undefined : true), {
    withinMs: 150_000,
  })

async function leaverReport() {
  const [report = ''] = await system.keys('reports/leavers/')
  return system.json(report)
}

const untilTold = (event: string) =>
  until(`${event} in changes/`, async () =>
    (await system.keys('changes/')).some((key) => key.includes(`%${event}%`)) ? true : undefined,
  )

/** What differs between the sources of people. `gone`: the source ends the person; nobody of HR writes under `suspended/`. */
type Source = {
  readonly directory: 'identity-center' | undefined
  join(): Promise<unknown>
  move(user: string): Promise<unknown>
  end(): Promise<unknown>
  /** What `changes/` says of that. */
  readonly ended: string
  /** Why sessions are denied then. */
  readonly endedBy: string
  delete(user: string): Promise<unknown>
  /** Three hundred people at once. */
  export(): Promise<void>
}

const scim: Source = {
  directory: undefined,
  join: async () => {
    const extensions = { 'aws:identitystore:enterprise': { department: 'Engineering' } }
    const made = ['--user-name', mia, '--display-name', 'Mia Lang', '--name', 'GivenName=Mia,FamilyName=Lang']
    await identityStore('scim', 'create-user', ...made, '--extensions', JSON.stringify(extensions))
    await provider('provision')
  },
  move: (user) => {
    const path = 'aws:identitystore:enterprise.department'
    const operations = JSON.stringify([{ AttributePath: path, AttributeValue: 'Sales' }])
    return identityStore('scim', 'update-user', '--user-id', user, '--operations', operations)
  },
  end: () => provider('disable'),
  ended: 'person-left',
  endedBy: `the directory, where ${mia} is disabled or gone`,
  delete: (user) => identityStore('scim', 'delete-user', '--user-id', user),
  export: planExport,
}

const upload = (more: object) => system.upload(file, JSON.stringify({ ...names, ...more }), 'hr')

const files: Source = {
  directory: 'identity-center',
  join: () => upload({ department: 'Engineering' }),
  move: () => upload({ department: 'Sales', deleteAfterDays: 0 }),
  end: () => system.remove(file, 'hr'),
  ended: 'person-ended',
  endedBy: suspension,
  // ssofile does it, since the file said so, once a drift check has found nothing of others.
  delete: async () => {
    const { stderr } = await system.ssofile(['apply', 's3://ssofile'], 'ssofile')
    expect(stderr).toContain('drift check: ')
  },
  export: makeExport,
}

const many = Array.from({ length: 300 }, (_, index) => `person-${index}@acme.example`)
/** What three hundred show as well, in a third of the time. */
const hundred = many.slice(0, 100)
const told = async (event: string) => (await system.keys('changes/')).filter((key) => key.includes(event)).length

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'ssofile-export-'))
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function makeExport(): Promise<void> {
  const keys = many.map((name) => `people/${name}.json`)
  const person = JSON.stringify({ ...names, department: 'Research' })
  await withFolder(async (folder) => {
    await mkdir(join(folder, 'people'))
    for (const key of keys) await writeFile(join(folder, key), person)
    const planned = await system.ssofile(['plan', folder], 'hr')
    expect(planned.stdout).toContain('300 users to make or change')
    const pushed = await system.ssofile(['push', folder, '--only', 'people', '--yes'], 'hr')
    expect({ exitCode: pushed.exitCode, stderr: pushed.stderr }).toMatchObject({ exitCode: 0 })
  })
  await system.untilStatuses(keys, 'applied', { withinMs: 240_000 })
  expect(await told('%person-created%person-')).toBe(300)
}

/** The provider makes them; governance uploads their group and its rule. */
async function planExport(): Promise<void> {
  const provisioning = system.identityStoreOf('scim')
  const IdentityStoreId = await system.access.identityStoreId()
  const Extensions = { 'aws:identitystore:enterprise': { department: 'Research' } }
  await pLimit(8).map(hundred, (UserName) =>
    provisioning.send(new CreateUserCommand({ IdentityStoreId, UserName, Extensions })),
  )
  provisioning.destroy()
  await withFolder(async (folder) => {
    for (const kind of ['groups', 'rules'] as const) {
      await mkdir(join(folder, kind))
      for (const [group, department] of [...Object.entries(groups), ['researchers', 'Research'] as const]) {
        const body = kind === 'groups' ? { owner: 'team-platform' } : { department: [department] }
        await writeFile(join(folder, kind, `${group}.json`), JSON.stringify(body))
      }
    }
    const planned = await system.ssofile(['plan', folder], 'governance')
    expect(planned.stdout).toContain(`puts in 100 people by 'rules/researchers.json', group 'researchers'`)
    const pushed = await system.ssofile(['push', folder, '--only', 'governance', '--yes'], 'governance')
    expect({ exitCode: pushed.exitCode, stderr: pushed.stderr }).toMatchObject({ exitCode: 0 })
  })
  const status = () => system.status('rules/researchers.json')
  const isApplied = async () => {
    const { state, people } = (await status()) ?? {}
    return state === 'applied' && people?.members === 100 ? true : undefined
  }
  const tell = async () => `${JSON.stringify(await status())}\n${system.lastLogLines()}`
  await until('all of them in the group', isApplied, { withinMs: 400_000, tell })
  expect(await told('%membership-added%researchers%person-')).toBe(100)
}

describe.each([
  ['a provider by SCIM', scim],
  ['files under people/', files],
] as const)('with %s', (_, source) => {
  let user: string
  let session: string
  beforeAll(() => begin(source.directory), 180_000)
  afterAll(() => system.stop(), 60_000)

  test('who joins is in the group of the department, with its access', async () => {
    await source.join()
    user = await until('the user', () => system.userId(mia).catch(() => undefined))
    await untilIn(user, 'engineers')
    expect(await mayCall(system, await open('engineers'))).toBe(true)
    const explained = await system.ssofile(['explain', account, setOf('engineers'), mia], 'auditor')
    expect(explained.stdout).toContain('the user is in the group through rules/engineers.json')
  })

  test('who moves changes the group, and the access with it', async () => {
    await source.move(user)
    await untilIn(user, 'sellers')
    expect(await system.keys('reports/leavers/')).toEqual([])
  })

  test('who is suspended has nothing, and the report says what there was', async () => {
    session = await open('sellers')
    const told = await system.ssofile(['suspend', mia, '--reason', 'left', '--ticket', 'HR-6003'], 'hr')
    expect({ exitCode: told.exitCode, stderr: told.stderr }).toEqual({ exitCode: 0, stderr: '' })
    await untilIn(user, '')
    await untilDenied(session)
    const access = expect.arrayContaining([
      expect.objectContaining({ account, permissionSet: 'sellers-ps', group: 'sellers', endedAt: expect.any(String) }),
    ])
    await until('the report', async () => ((await leaverReport()) ? true : undefined))
    expect(await leaverReport()).toMatchObject({ user, name: mia, reason: 'left', ticket: 'HR-6003', access })
    const who = await system.ssofile(['who', '--group', 'sellers', '--json'], 'auditor')
    expect([who.exitCode, who.stdout.includes(mia)]).toEqual([0, false])
  })

  test('who is back has what the department gives, and no session of before', async () => {
    const back = await system.ssofile(['restore-person', mia], 'hr')
    expect({ exitCode: back.exitCode, stderr: back.stderr }).toEqual({ exitCode: 0, stderr: '' })
    await untilIn(user, 'sellers')
    expect(await mayCall(system, session)).toBe(false)
    expect(await leaverReport()).toMatchObject({ user, restoredAt: expect.any(String) })
  })

  test('who is gone has nothing, and no file of HR was needed', async () => {
    await source.end()
    await until(`in no group`, async () => {
      const rest = await groupsOf(user).catch(() => '')
      return rest === '' ? true : undefined
    })
    for (const group of ['engineers', 'sellers'] as const) expect(await mayOpen(group)).toBe(false)
    await untilTold(source.ended)
    await until('the denial of sessions', async () => {
      const { ended = [] } = ((await system.json('control/ended-sessions.json')) ?? {}) as { ended?: readonly object[] }
      return JSON.stringify(ended).includes(source.endedBy) ? true : undefined
    })
    await source.delete(user)
    await until(
      'nobody of this name',
      () =>
        system.userId(mia).then(
          () => undefined,
          () => true,
        ),
      {
        withinMs: 150_000,
        tell: async () => `${JSON.stringify(await system.status(suspension))}\n${system.lastLogLines()}`,
      },
    )
    await until('an empty ledger', async () =>
      (await system.keys('owned_memberships/')).length === 0 ? true : undefined,
    )
  })

  test(`${source.directory ? 'three hundred people of an export are planned, made' : 'a hundred people whom a rule means are planned, put into their group'} and told`, async () => {
    await source.export()
  })
})
