import {
  CreateGroupCommand,
  CreateUserCommand,
  DeleteGroupCommand,
  DeleteUserCommand,
  type IdentitystoreClient,
  UpdateGroupCommand,
  UpdateUserCommand,
} from '@aws-sdk/client-identitystore'
import { ListAccountAssignmentsCommand } from '@aws-sdk/client-sso-admin'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { LocalSystem } from '../local-system.ts'
import { permissionSetFile, smallOrganization } from '../small-organization.ts'
import { until } from '../until.ts'

const account = '200000000001'
/** Ten minutes of grace are ten seconds: enough for two calls, also on a busy machine. */
const timeScale = 60
let system: LocalSystem
let permissionSets: Readonly<Record<string, string>>
let IdentityStoreId: string
let instanceArn: string

/** Who changes the directory: each change has an event of theirs and one of Identity Store's own. */
const heard = ['maria', 'console', 'scim'] as const
/** Changes by `silent` are told by none. */
const callers = [...heard, 'silent'] as const
type Caller = (typeof callers)[number]

beforeAll(async () => {
  const configuration = { orphanGraceMinutes: 10 }
  system = await LocalSystem.start({ organization: smallOrganization(), configuration, timeScale, latencyMs: 2_000 })
  for (const caller of callers)
    await system.upload(`permission_sets/${caller}-ps.json`, permissionSetFile(`${caller}-ps`))
  for (const caller of callers) await system.untilStatus(`permission_sets/${caller}-ps.json`, 'applied')
  const arns = await Promise.all(
    callers.map(async (caller) => [caller, await system.access.permissionSetArn(`${caller}-ps`)] as const),
  )
  permissionSets = Object.fromEntries(arns)
  IdentityStoreId = await system.access.identityStoreId()
  instanceArn = await system.access.instanceArn()
})
afterAll(() => system.stop(), 60_000)

/** The directory as one of the callers changes it, and what Identity Center then says. */
class Directory {
  readonly caller: Caller
  readonly #store: IdentitystoreClient

  constructor(caller: Caller) {
    this.caller = caller
    this.#store = system.identityStoreOf(caller)
  }

  linkOf(principal: string, type = 'GROUP'): string {
    return `links_data/account%${account}%${this.caller}-ps%${principal}%${type}%ssofile`
  }

  async createGroup(DisplayName: string): Promise<string> {
    return (await this.#store.send(new CreateGroupCommand({ IdentityStoreId, DisplayName }))).GroupId ?? ''
  }

  async createUser(UserName: string): Promise<string> {
    const rest = { DisplayName: UserName, Name: { GivenName: 'Kim', FamilyName: 'Ito' } }
    return (await this.#store.send(new CreateUserCommand({ IdentityStoreId, UserName, ...rest }))).UserId ?? ''
  }

  async renameGroup(GroupId: string, name: string): Promise<void> {
    const Operations = [{ AttributePath: 'displayName', AttributeValue: name }]
    await this.#store.send(new UpdateGroupCommand({ IdentityStoreId, GroupId, Operations }))
  }

  async renameUser(UserId: string, name: string): Promise<void> {
    const Operations = [{ AttributePath: 'userName', AttributeValue: name }]
    await this.#store.send(new UpdateUserCommand({ IdentityStoreId, UserId, Operations }))
  }

  async deleteGroup(GroupId: string): Promise<void> {
    await this.#store.send(new DeleteGroupCommand({ IdentityStoreId, GroupId }))
  }

  async deleteUser(UserId: string): Promise<void> {
    await this.#store.send(new DeleteUserCommand({ IdentityStoreId, UserId }))
  }

  /** What no event reported, a reconcile finds. */
  async told(): Promise<void> {
    if (this.caller !== 'silent') return
    await system.ssofile(['apply', 's3://ssofile', '--no-drift'], 'ssofile')
  }

  async holders(): Promise<readonly string[]> {
    const PermissionSetArn = permissionSets[this.caller]
    const input = { InstanceArn: instanceArn, AccountId: account, PermissionSetArn }
    const { AccountAssignments = [] } = await system.ssoAdmin.send(new ListAccountAssignmentsCommand(input))
    return AccountAssignments.map(({ PrincipalId = '' }) => PrincipalId).sort()
  }

  /** Exactly these ids have access, and the ledger has exactly these. */
  async untilHeldBy(...ids: readonly string[]): Promise<void> {
    await this.told()
    const wanted = [...ids].sort().join()
    const tell = async () =>
      `${await this.holders()}\n${JSON.stringify(await this.entries())}\n${system.lastLogLines(60)}`
    await until(
      `access of ${wanted}`,
      async () => {
        const entries = await this.entries()
        const isAtRest = entries.every(({ state }) => state === 'granted')
        const recorded = entries.map(({ principalId }) => String(principalId)).sort()
        return isAtRest && recorded.join() === wanted && (await this.holders()).join() === wanted ? true : undefined
      },
      { withinMs: 60_000, tell },
    )
  }

  async entries(): Promise<readonly Record<string, unknown>[]> {
    const entries = await system.readAll('assignments/')
    return [...entries].flatMap(([key, entry]) => (key.includes(`%${this.caller}-ps%`) ? [entry] : []))
  }
}

describe('access follows the directory, whoever changes it and whether or not an event tells', () => {
  const groups = async (caller: Caller): Promise<void> => {
    const directory = new Directory(caller)
    const [one, two, three] = [`${caller}: Équipe 1`, `${caller}: data/ 2`, `${caller}: 3 %`]
    for (const name of [one, two]) await system.upload(directory.linkOf(name))
    for (const name of [one, two]) await system.untilStatus(directory.linkOf(name), 'waiting')
    const first = await directory.createGroup(one)
    await directory.untilHeldBy(first)

    await directory.renameGroup(first, three)
    await directory.untilHeldBy()
    await directory.renameGroup(first, two)
    await directory.untilHeldBy(first)

    const second = await directory.createGroup(one)
    await directory.untilHeldBy(first, second)
    await directory.renameGroup(first, three)
    await directory.renameGroup(second, two)
    await directory.renameGroup(first, one)
    await directory.untilHeldBy(first, second)

    await directory.deleteGroup(first)
    const again = await directory.createGroup(one)
    await directory.untilHeldBy(again, second)
    await directory.deleteGroup(again)
    await directory.untilHeldBy(second)
    expect(await system.status(directory.linkOf(one))).toMatchObject({ state: 'waiting' })
    expect(await system.status(directory.linkOf(two))).toMatchObject({ state: 'applied', principalId: second })
  }
  test('a group is made, renamed, made again and gone, and two swap their names: each change is told twice', async () => {
    await Promise.all(heard.map(groups))
  })
  test('a group is made, renamed, made again and gone, and two swap their names: one reconcile finds what nothing told', async () => {
    await groups('silent')
  })

  const users = async (caller: Caller): Promise<void> => {
    const directory = new Directory(caller)
    const [one, two] = [`${caller}.kim@tiny.example`, `${caller}.itō@tiny.example`]
    const kept = (await directory.entries()).map(({ principalId }) => String(principalId))
    for (const name of [one, two]) await system.upload(directory.linkOf(name, 'USER'))
    for (const name of [one, two]) await system.untilStatus(directory.linkOf(name, 'USER'), 'waiting')
    const first = await directory.createUser(one)
    await directory.untilHeldBy(...kept, first)

    await directory.deleteUser(first)
    const second = await directory.createUser(one)
    await directory.untilHeldBy(...kept)
    expect(await system.untilStatus(directory.linkOf(one, 'USER'), 'waiting')).toMatchObject({ principalId: first })
    expect(await system.ssofile(['touch', directory.linkOf(one, 'USER'), '--rebind'])).toMatchObject({ exitCode: 0 })
    await directory.untilHeldBy(...kept, second)

    await directory.renameUser(second, two)
    await directory.untilHeldBy(...kept, second)
    await system.untilStatus(directory.linkOf(two, 'USER'), 'applied')
    await system.untilStatus(directory.linkOf(one, 'USER'), 'waiting')
  }
  test('a user is made, made again, bound to another user and renamed: each change is told twice', async () => {
    await Promise.all(heard.map(users))
  })
  test('a user is made, made again, bound to another user and renamed: one reconcile finds what nothing told', async () => {
    await users('silent')
  })
})

test('aws s3 alone says who is in a group with access, soon after somebody joins or leaves it by hand', async () => {
  const group = 'called/at night'
  const people = ['ann@tiny.example', 'bo@tiny.example'] as const
  const directory = new Directory('maria')
  const id = await directory.createGroup(group)
  for (const name of people) await directory.createUser(name)
  await system.joinGroup(people[0], group)
  await system.upload(directory.linkOf(group))
  const members = 's3://ssofile/members/called%2Fat night.csv'
  const untilIn = (...expected: readonly string[]) =>
    until(
      `${expected.join(' and ')} in ${members}`,
      async () => {
        const { stdout } = await system.tryCli(['s3', 'cp', members, '-'], { as: 'auditor' })
        const [first = '', , ...lines] = stdout.trimEnd().split('\r\n')
        const isTold = lines.map((line) => line.split('"')[1]).join() === expected.join()
        return isTold && first.includes(`"group","${group}","group id","${id}"`) ? true : undefined
      },
      { withinMs: 60_000, tell: () => system.lastLogLines() },
    )
  await untilIn(people[0])
  await system.joinGroup(people[1], group)
  await untilIn(...people)
})
