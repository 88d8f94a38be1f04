import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { roleArn, roleInPlaceOfSet } from '../../../../shared/domain/assignments/entitlement.ts'
import type { Configuration } from '../../../../shared/domain/deployment/configuration.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import type { PrincipalType } from '../../../../shared/domain/principals/principal.ts'
import { organizationFile } from '../../../../shared/memory/organization-file.ts'
import type { HeldAccess } from '../../../../shared/modules/access/expand-access.ts'
import { renderAccessRows } from '../../../../shared/modules/access/render-access-rows.ts'
import { type WhoQuestion, whoHasAccess } from '../../../../shared/modules/access/who-has-access.ts'
import { ProposedObjects } from '../../../../shared/modules/plan/proposed-objects.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'
import { stopForLoss } from '../../../../shared/reconcile/records/pause.ts'
import { runsOf } from '../../../depth.ts'
import { permissionSetFile, smallOrganization } from '../../../end-to-end/small-organization.ts'
import { type Interceptor, intercept } from '../../../intercept.ts'
import { type ReadAnswer, readAnswer } from '../../../read-answer.ts'
import { World } from '../../../world.ts'

const accounts = ['200000000001', '200000000002', '200000000003'] as const
const groups = ['admins', 'a/b %c', 'empty'] as const
const users = ['ana@x.example', 'bo@x.example', 'cy@x.example'] as const
const sets = ['Admin-ps', 'Read-ps', 'Foreign-ps'] as const
type Principal = { readonly type: PrincipalType; readonly name: string }

const organization = organizationFile.parse(
  smallOrganization({
    groups: [...groups],
    users: [...users],
    permissionSets: [JSON.parse(permissionSetFile('Foreign-ps'))],
  }),
)

async function settle(world: World): Promise<void> {
  for (let round = 0; round < 2; round++) {
    await world.look()
    await world.finish(world.slice())
  }
}

async function worldWith(
  links: readonly string[],
  interceptor?: Interceptor,
  configuration: Partial<Configuration> = {},
): Promise<World> {
  const world = new World({
    organization,
    configuration,
    ...(interceptor === undefined ? {} : { wrap: (ports) => intercept(ports, interceptor) }),
  }).start({ dispatcher: false })
  for (const set of ['Admin-ps', 'Read-ps'])
    await world.objects.as('maria').put(`permission_sets/${set}.json`, permissionSetFile(set))
  for (const link of links) await world.objects.as('maria').put(`links_data/${link}`, '')
  await settle(world)
  return world
}

async function join(world: World, user: string, group: string): Promise<void> {
  const id = (type: PrincipalType, name: string) => world.identityStore.idOf(type, name) ?? ''
  await world.identityStore.createGroupMembership(id('GROUP', group), id('USER', user))
  await world.clock.advance(60)
}

function giveByHand(world: World, account: string, set: string, { type, name }: Principal): void {
  const permissionSetArn = world.ssoAdmin.permissionSetArnOf(set)
  const principalId = world.identityStore.idOf(type, name)
  if (permissionSetArn === undefined || principalId === undefined) throw new Error(`received ${set} and ${name}`)
  world.ssoAdmin.addAssignment({
    accountId: accountId.parse(account),
    permissionSetArn,
    principalId,
    principalType: type,
  })
}

async function who(world: World, question: Partial<WhoQuestion> = {}): Promise<ReadAnswer> {
  const objects = new ProposedObjects(world.objects, world.clock.now())
  return world.finish(
    readAnswer(
      whoHasAccess({ isLive: true, ...question }, { ...world.ports, objects }, world.configuration, undefined, 1),
    ),
  )
}

const spell = ({
  person,
  account,
  permissionSet,
  group,
}: Pick<HeldAccess, 'person' | 'account' | 'group'> & { permissionSet: string }) =>
  [person, account, permissionSet, group ?? 'directly'].join(' | ')

/** What the model has, walked through without any code of the product. */
async function walk(world: World): Promise<readonly string[]> {
  const names = new Map<string, string>()
  const setNames = new Map(sets.map((set) => [world.ssoAdmin.permissionSetArnOf(set), set]))
  for (const user of users) names.set(world.identityStore.idOf('USER', user) ?? '', user)
  for (const group of groups) names.set(world.identityStore.idOf('GROUP', group) ?? '', group)
  return world.ssoAdmin
    .assignments()
    .flatMap(({ accountId: account, permissionSetArn, principalId, principalType }) => {
      const permissionSet = setNames.get(permissionSetArn) ?? '?'
      const name = names.get(principalId)
      if (principalType === 'USER') return [spell({ person: name, account, permissionSet })]
      const members = users.filter((user) => {
        const id = world.identityStore.idOf('USER', user)
        return id !== undefined && world.identityStore.groupIdsOf(id).includes(principalId)
      })
      return members.map((person) => spell({ person, account, permissionSet, group: name }))
    })
    .sort()
}

const told = ({ rows }: ReadAnswer) =>
  rows
    .filter(({ person }) => person !== undefined)
    .map(spell)
    .sort()

const principal = fc.oneof(
  fc.constantFrom(...groups).map((name): Principal => ({ type: 'GROUP', name })),
  fc.constantFrom(...users).map((name): Principal => ({ type: 'USER', name })),
)
const scope = fc.oneof(
  fc.constantFrom(...accounts).map((id) => `account%${id}`),
  fc.constantFrom('root%all', 'ou_id%ou-tiny-workload'),
)
const link = fc
  .tuple(scope, fc.constantFrom('Admin-ps', 'Read-ps'), principal)
  .map(([place, set, { type, name }]) => `${place}%${set}%${name}%${type}%ssofile`)
const byHand = fc.tuple(fc.constantFrom(...accounts), fc.constantFrom(...sets), principal)

describe('who has access', () => {
  test('is what a walk over assignments and memberships finds, for random organizations, foreign access included', async () => {
    const lives = fc.record({
      links: fc.uniqueArray(link, { maxLength: 4 }),
      memberships: fc.uniqueArray(fc.tuple(fc.constantFrom(...users), fc.constantFrom('admins', 'a/b %c')), {
        selector: (pair) => pair.join(' '),
        maxLength: 4,
      }),
      before: fc.array(byHand, { maxLength: 2 }),
      after: fc.array(byHand, { maxLength: 2 }),
    })
    await fc.assert(
      fc.asyncProperty(lives, async ({ links, memberships, before, after }) => {
        const world = await worldWith(links)
        for (const [user, group] of memberships) await join(world, user, group)
        for (const [account, set, whom] of before) giveByHand(world, account, set, whom)
        await world.clock.advance(5 * 60_000)
        await world.finish(world.everyNight())
        await settle(world)
        // The bucket alone, after a drift check.
        expect(told(await who(world, { isLive: false }))).toEqual(await walk(world))
        // Asked of Identity Center: also what no drift check has seen.
        for (const [account, set, whom] of after) giveByHand(world, account, set, whom)
        const all = await walk(world)
        const having = (part: string) => all.filter((row) => ` ${row} `.includes(part))
        for (const account of accounts)
          expect(told(await who(world, { account: accountId.parse(account) }))).toEqual(having(`| ${account} |`))
        for (const user of users) expect(told(await who(world, { user }))).toEqual(having(` ${user} |`))
        for (const group of groups) expect(told(await who(world, { group }))).toEqual(having(`| ${group} `))
        for (const set of sets)
          expect(told(await who(world, { permissionSet: permissionSetName.parse(set) }))).toEqual(having(`| ${set} |`))
      }),
      { numRuns: runsOf(8), seed: 17 },
    )
  })

  test('names the account and what is above it, the link, who uploaded it, its ticket and reason, since when and until when', async () => {
    const key = 'account%200000000002%Read-ps%admins%GROUP%ssofile'
    const world = await worldWith([])
    await join(world, 'ana@x.example', 'admins')
    const body = JSON.stringify({ expiresAt: '2026-04-01T00:00:00Z', ticket: 'T-7', reason: 'audit' })
    await world.objects.as('maria').put(`links_data/${key}`, body)
    await settle(world)
    const { rows, ifEmpty, sources } = await who(world, { user: 'ana@x.example' })
    expect(ifEmpty).toHaveProperty('is')
    expect(sources).toMatchObject({
      identityCenter: { calls: expect.any(Number) },
      organizationReadAt: expect.any(String),
    })
    expect(rows).toMatchObject([
      {
        person: 'ana@x.example',
        group: 'admins',
        account: '200000000002',
        accountName: 'account-200000000002',
        accountState: 'ACTIVE',
        path: 'Root/Workloads/Production',
        pathIds: 'r-tiny/ou-tiny-workload/ou-tiny-prodprod',
        permissionSet: 'Read-ps',
        origin: 'ssofile',
        state: 'granted',
        since: expect.stringMatching(/^2026-03-03T10:/),
        until: '2026-04-01T00:00:00.000Z',
        links: [{ key: `links_data/${key}`, by: { principalId: 'AWS:maria' }, ticket: 'T-7', reason: 'audit' }],
      },
    ])
  })

  test('reads the status of a link only for its uploader, and only if that is wanted', async () => {
    const key = 'root%all%Read-ps%admins%GROUP%ssofile'
    const read: string[] = []
    const world = await worldWith([key], async ({ operation, args, proceed }) => {
      if (operation === 'get') read.push(String(args[0]))
      return proceed()
    })
    for await (const entry of world.objects.list('assignments/')) {
      const { links, ...rest } = JSON.parse(JSON.stringify(await world.json(entry.key)))
      const bare = links.map(({ by: _, ...link }: Record<string, unknown>) => link)
      await world.objects.put(entry.key, JSON.stringify({ ...rest, links: bare }))
    }
    const tell = async (hasUploaders: boolean) => {
      read.length = 0
      const objects = new ProposedObjects(world.ports.objects, world.clock.now())
      const ports = { ...world.ports, objects }
      const answer = await world.finish(
        readAnswer(whoHasAccess({ isLive: false, hasUploaders }, ports, world.configuration)),
      )
      const links = answer.rows.flatMap((row) => row.links)
      return {
        uploaders: links.map(({ by }) => by?.principalId),
        read: read.filter((one) => one.startsWith('status/')),
      }
    }
    const all = await tell(true)
    expect(new Set(all.uploaders)).toEqual(new Set(['AWS:maria']))
    expect(all.read).toEqual([`status/links_data/${key}.json`])
    expect(await tell(false)).toEqual({ uploaders: all.uploaders.map(() => undefined), read: [] })
  })

  test('marks temporary access with its end, its request, and who approved it; a permanent link beside it has no end', async () => {
    const world = await worldWith(['account%200000000003%Read-ps%ana@x.example%USER%ssofile'])
    const request = {
      digest: '0123456789abcdef0123456789abcdef',
      user: world.identityStore.idOf('USER', 'ana@x.example'),
      eligibility: 'on-call',
      approvedBy: [
        { user: '92307020-41b6-05ce-951e-70dfe8931aa3', name: 'bo@x.example', at: '2026-03-03T10:00:00.000Z' },
      ],
    }
    const name = 'account%200000000002%Read-ps%ana@x.example%USER%ssofile'
    const body = JSON.stringify({ expiresAt: '2026-03-03T14:00:00Z', incident: 'INC-7', request })
    for (const account of ['200000000002', '200000000003'])
      await world.objects.put(`links_data/temporary/${name.replace('200000000002', account)}`, body)
    await settle(world)
    const { rows } = await who(world, { user: 'ana@x.example' })
    expect(rows.map(({ account, until }) => [account, until])).toEqual([
      ['200000000002', '2026-03-03T14:00:00.000Z'],
      ['200000000003', undefined],
    ])
    expect(rows[0]?.links).toMatchObject([{ key: `links_data/temporary/${name}`, request }])
    expect(renderAccessRows(rows.slice(0, 1))).toContain(
      `until 2026-03-03T14:00:00.000Z, by eligibility 'on-call', approved by 'bo@x.example', request ${request.digest}`,
    )
    // Another upload is of another request: of the one that granted the access nothing is known then.
    await world.objects.put(`links_data/temporary/${name}`, body.replace('on-call', 'other'))
    expect((await who(world, { user: 'ana@x.example' })).rows[0]?.links[0]).not.toHaveProperty('request')
  })

  test('of some links is what these links grant', async () => {
    const world = await worldWith([
      'account%200000000001%Read-ps%ana@x.example%USER%ssofile',
      'root%all%Admin-ps%bo@x.example%USER%ssofile',
    ])
    const { rows } = await who(world, { isLinkWanted: (key) => key.startsWith('links_data/root') })
    expect(rows.map(({ person, account }) => `${person} ${account}`)).toEqual(
      accounts.map((account) => `bo@x.example ${account}`),
    )
  })

  test('says who is disabled, directly and through a group', async () => {
    const world = await worldWith([
      'account%200000000001%Read-ps%ana@x.example%USER%ssofile',
      'account%200000000001%Admin-ps%admins%GROUP%ssofile',
    ])
    await join(world, 'ana@x.example', 'admins')
    await join(world, 'bo@x.example', 'admins')
    const ana = world.identityStore.idOf('USER', 'ana@x.example') ?? ''
    await world.identityStore.setUserStatus(ana, 'DISABLED')
    const { rows } = await who(world, { account: accountId.parse(accounts[0]) })
    const disabled = rows.filter(({ remark }) => remark === 'the user is disabled in the directory')
    expect(disabled.map(({ person, permissionSet }) => `${person} ${permissionSet}`)).toEqual([
      'ana@x.example Admin-ps',
      'ana@x.example Read-ps',
    ])
    expect(rows).toHaveLength(3)
  })

  test('asks for the members of groups while it reads records', async () => {
    const asked = Promise.withResolvers<void>()
    const see: Interceptor = async ({ operation, args: [key], proceed }) => {
      if (operation === 'listMembersOf') asked.resolve()
      if (operation === 'get' && String(key).startsWith('assignments/')) await asked.promise
      return proceed()
    }
    const world = await worldWith(['account%200000000001%Admin-ps%admins%GROUP%ssofile'])
    const ports = intercept(world.ports, see)
    const { rows } = await world.finish(readAnswer(whoHasAccess({ isLive: false }, ports, world.configuration)))
    expect(rows).toHaveLength(1)
  })

  test('lists the names of the directory once, however many parts the records have', async () => {
    const asked: string[] = []
    const world = await worldWith([
      'account%200000000001%Read-ps%admins%GROUP%ssofile',
      'account%200000000002%Read-ps%a/b %c%GROUP%ssofile',
      'account%200000000003%Read-ps%cy@x.example%USER%ssofile',
    ])
    await join(world, 'ana@x.example', 'admins')
    await join(world, 'bo@x.example', 'a/b %c')
    const ports = intercept(world.ports, async ({ operation, args: [type], proceed }) => {
      if (operation === 'listPrincipals') asked.push(String(type))
      return proceed()
    })
    const asking = whoHasAccess({ isLive: false }, ports, world.configuration, undefined, 1)
    expect((await world.finish(readAnswer(asking))).rows).toHaveLength(3)
    expect(asked.sort()).toEqual(['GROUP', 'USER'])
  })

  test('asks for the name of a unit once, and after a refusal for none, with one note', async () => {
    const asked: string[] = []
    const caller = { isRefused: false }
    const world = await worldWith(['root%all%Read-ps%admins%GROUP%ssofile'])
    const ports = intercept(world.ports, async ({ operation, args: [id], proceed }) => {
      if (operation !== 'parentName') return proceed()
      asked.push(String(id))
      if (caller.isRefused) throw new ServiceError('organizations', 'AccessDeniedException', 'no')
      return proceed()
    })
    await world.objects.delete('state/unit-names.json')
    const ask = () => world.finish(readAnswer(whoHasAccess({ isLive: true }, ports, world.configuration, undefined, 1)))
    const { rows, notes } = await ask()
    expect([rows.length, notes]).toEqual([3, []])
    expect(asked).toEqual([...new Set(asked)])
    const all = asked.splice(0)
    caller.isRefused = true
    const refused = await ask()
    expect(refused.rows.map(({ path }) => path?.includes('Root'))).toEqual([false, false, false])
    expect(refused.notes).toEqual(['the names of organizational units could not be read: no'])
    expect(asked.length).toBeLessThan(all.length)
  })

  test('asks several accounts at once when roles were last used, also of several parts', async () => {
    const world = await worldWith(['root%all%Read-ps%admins%GROUP%ssofile'])
    const auditorRole = 'auditor'
    let [most, underWay] = [0, 0]
    const auditor = {
      async enter(...asked: Parameters<typeof world.iam.enter>) {
        most = Math.max(most, ++underWay)
        await world.clock.sleep(10 * 60_000)
        underWay--
        return world.iam.enter(...asked)
      },
    }
    const asking = whoHasAccess(
      { isLive: false, unusedForDays: 1 },
      { ...world.ports, auditor },
      { ...world.configuration, auditorRole },
      undefined,
      1,
    )
    const { notes } = await world.finish(readAnswer(asking), 1000)
    expect(most).toBe(accounts.length)
    // No time is too long for a person who waits.
    expect(notes.filter((note) => note.includes('no time left'))).toEqual([])
  })

  test('names a group without members, and one that is gone, without a person', async () => {
    const world = await worldWith([])
    giveByHand(world, accounts[0], 'Read-ps', { type: 'GROUP', name: 'empty' })
    giveByHand(world, accounts[0], 'Read-ps', { type: 'GROUP', name: 'admins' })
    await world.identityStore.deleteGroup(world.identityStore.idOf('GROUP', 'admins') ?? '')
    const { rows } = await who(world, { account: accountId.parse(accounts[0]) })
    expect(rows.map(({ person, group, remark, origin }) => ({ person, group, remark, origin }))).toEqual([
      expect.objectContaining({ person: undefined, remark: 'the group is gone from the directory', origin: 'foreign' }),
      { person: undefined, group: 'empty', remark: 'the group has no members', origin: 'foreign' },
    ])
  })

  test('has the existing roles that account access manager gives, through groups too, as the last drift check saw them', async () => {
    const world = await worldWith(['account%200000000001%Read-ps%admins%GROUP%ssofile'])
    await join(world, 'ana@x.example', 'admins')
    const principalId = world.identityStore.idOf('GROUP', 'admins')
    if (principalId === undefined) throw new Error('there is no group admins')
    const application = world.accountAccess.createApplication()
    const given = roleArn.parse('arn:aws:iam::200000000002:role/ops/Deploy')
    world.accountAccess.createEntitlement(application, { principalId, principalType: 'GROUP', roleArn: given })
    const before = world.clock.now()
    await world.finish(world.everyNight())
    for (let round = 0; round < 3; round++) await settle(world)
    const byRole = 'ana@x.example | 200000000002 | role:Deploy | admins'
    const answer = await who(world, { user: 'ana@x.example' })
    expect(told(answer)).toEqual(['ana@x.example | 200000000001 | Read-ps | admins', byRole])
    expect(answer.rows.at(-1)).toMatchObject({
      origin: 'foreign',
      state: 'foreign',
      links: [],
      accountName: expect.any(String),
    })
    expect(answer.sources.driftCheck?.roles).toEqual({ state: 'read' })
    const role = roleInPlaceOfSet.parse('role:Deploy')
    expect(told(await who(world, { permissionSet: role }))).toEqual([byRole])
    expect(told(await who(world, { account: accountId.parse('200000000002') }))).toEqual([byRole])
    const then = await who(world, { permissionSet: role, at: world.clock.now() })
    expect(then.rows).toMatchObject([{ group: 'admins', account: '200000000002', permissionSet: 'role:Deploy' }])
    expect((await who(world, { permissionSet: role, at: before })).rows).toEqual([])
  })

  test('has access of ssofile whose ledger entry was lost, once a drift check wrote the entry again', async () => {
    const lost = 'account%200000000002%Read-ps%ana@x.example%USER%ssofile'
    const world = await worldWith(['account%200000000001%Read-ps%ana@x.example%USER%ssofile', lost])
    await world.clock.advance(24 * 60 * 60_000)
    await world.objects.delete(`assignments/${world.keyOf(`links_data/${lost}`)}`)
    await world.finish(world.everyNight())
    await settle(world)
    for (const question of [{ isLive: false }, {}, { account: accountId.parse('200000000002') }]) {
      const [row] = (await who(world, question)).rows.filter(({ account }) => account === '200000000002')
      expect([row?.person, row?.origin, row?.state]).toEqual(['ana@x.example', 'ssofile', 'failed'])
    }
  })

  test('of a name that the directory does not have suggests the near one', async () => {
    const world = await worldWith([])
    const { rows, notes } = await who(world, { user: 'ana' })
    expect(rows).toEqual([])
    expect(notes).toEqual([expect.stringContaining("no user 'ana'; did you mean 'ana@x.example'?")])
  })
})

describe('whoever may read only a part gets that part, and is told what is missing', () => {
  const link = 'account%200000000001%Read-ps%admins%GROUP%ssofile'
  const refusing = (port: string) => {
    const open: { isOpen: boolean } = { isOpen: true }
    const interceptor: Interceptor = async (call) => {
      if (!open.isOpen && call.port === port) throw new ServiceError('sso-admin', 'AccessDeniedException', 'no')
      return call.proceed()
    }
    return { open, interceptor }
  }

  test('without Identity Center what the bucket says', async () => {
    const { open, interceptor } = refusing('ssoAdmin')
    const world = await worldWith([link], interceptor)
    await join(world, 'ana@x.example', 'admins')
    open.isOpen = false
    const answer = await who(world, { account: accountId.parse(accounts[0]) })
    expect(told(answer)).toEqual(['ana@x.example | 200000000001 | Read-ps | admins'])
    expect(answer).toMatchObject({
      ifEmpty: { unread: expect.any(String) },
      sources: { identityCenter: { why: 'no' } },
    })
  })

  test('without the directory the groups, by their recorded names', async () => {
    const { open, interceptor } = refusing('identityStore')
    const world = await worldWith([link], interceptor)
    open.isOpen = false
    const { rows, notes } = await who(world, { account: accountId.parse(accounts[0]) })
    expect(rows).toMatchObject([{ group: 'admins', remark: 'its members are not known' }])
    expect(notes).toEqual([
      expect.stringContaining('so groups are not expanded: no'),
      expect.stringContaining('could not be asked for names'),
    ])
  })

  test('of a person or a group one call tells all, through groups too; refused that, it is said, and what the bucket has is told', async () => {
    const asked: string[] = []
    const caller = { isRefused: false }
    const world = await worldWith([link], async ({ port, operation, proceed }) => {
      if (port !== 'ssoAdmin') return proceed()
      asked.push(operation)
      if (!caller.isRefused || operation !== 'listAccountAssignmentsForPrincipal') return proceed()
      throw new ServiceError('sso-admin', 'AccessDeniedException', 'not from this account')
    })
    await join(world, 'ana@x.example', 'admins')
    await join(world, 'ana@x.example', 'a/b %c')
    giveByHand(world, accounts[1], 'Foreign-ps', { type: 'GROUP', name: 'a/b %c' })
    for (const [question, held] of [
      [{ user: 'ana@x.example' }, ['Foreign-ps', 'Read-ps']],
      [{ group: 'a/b %c' }, ['Foreign-ps']],
    ] as const) {
      asked.length = 0
      const live = await who(world, question)
      expect(asked.filter((operation) => operation.includes('Assignments'))).toEqual([
        'listAccountAssignmentsForPrincipal',
      ])
      expect(live.rows.map(({ permissionSet }) => permissionSet).sort()).toEqual(held)
      expect(live.ifEmpty).toHaveProperty('is')
      asked.length = 0
      const kept = await who(world, { ...question, isLive: false })
      expect([asked, kept.sources.identityCenter]).toEqual([[], { why: 'only the bucket was to be read' }])
    }
    caller.isRefused = true
    const { rows, sources } = await who(world, { user: 'ana@x.example' })
    expect(rows.map(({ permissionSet }) => permissionSet)).toEqual(['Read-ps'])
    expect(sources.identityCenter).toEqual({
      why: 'the caller may not list what a principal has: not from this account',
    })
  })

  test('where nothing of the groups is listed with a user, each group is asked as well', async () => {
    const world = await worldWith([link], async ({ port, operation, args, proceed }) => {
      const answer = await proceed()
      if (port !== 'ssoAdmin' || operation !== 'listAccountAssignmentsForPrincipal') return answer
      return JSON.stringify(args).includes('USER') ? { items: [] } : answer
    })
    await join(world, 'ana@x.example', 'admins')
    expect(told(await who(world, { user: 'ana@x.example' }))).toEqual([
      'ana@x.example | 200000000001 | Read-ps | admins',
    ])
  })

  test('nobody is asked where a question would take too many calls, and the answer says so', async () => {
    const world = await worldWith([])
    expect(await who(world)).toMatchObject({ rows: [], ifEmpty: { unread: expect.any(String) } })
  })
})

describe('who has access that is unused', () => {
  const since = '2025-06-01T00:00:00.000Z'
  const auditorRole = 'ssofile-auditor'
  const [one, two, three] = accounts.map((id) => accountId.parse(id))
  const spellUse = ({ rows }: ReadAnswer) =>
    rows.map(({ account, permissionSet, unusedDays, use }) => [account, permissionSet, use?.isKnown, unusedDays])

  /** All that ssofile granted, it granted then. */
  async function backdate(world: World): Promise<void> {
    for (const key of await world.keys('assignments/')) {
      const body = new TextDecoder().decode((await world.objects.get(key))?.body)
      await world.objects.put(key, body.replace(/("grantedAt": *)"[^"]*"/g, `$1"${since}"`))
    }
  }

  async function openWorld(configuration: Partial<Configuration>): Promise<World> {
    const world = await worldWith(
      ['root%all%Read-ps%admins%GROUP%ssofile', 'account%200000000001%Admin-ps%ana@x.example%USER%ssofile'],
      undefined,
      configuration,
    )
    await join(world, 'ana@x.example', 'admins')
    await backdate(world)
    return world
  }

  test('is what no use and no gift of that time speaks against; what was used is left out, the rest is told apart', async () => {
    const world = await openWorld({ auditorRole })
    const madeAt = new Date(since)
    const usedAt = new Date(world.clock.now().getTime() - 100 * 24 * 60 * 60_000)
    if (one === undefined || two === undefined || three === undefined) throw new Error('three accounts')
    world.iam.tell(one, 'Read-ps', { madeAt, usedAt })
    world.iam.tell(one, 'Admin-ps', { madeAt, usedAt: world.clock.now() })
    world.iam.removeAuditorRole(three)
    const answer = await who(world, { unusedForDays: 90 })
    expect(spellUse(answer)).toEqual([
      ['200000000001', 'Read-ps', true, 99],
      // Its role was made just now.
      ['200000000002', 'Read-ps', true, 0],
      ['200000000003', 'Read-ps', false, undefined],
    ])
    expect(answer.notes).toEqual([
      expect.stringMatching(/^when roles were last used is not known in account 200000000003: /),
    ])
    expect(answer.sources.roleUse).toEqual({ asOf: expect.stringMatching(/^2026-03-03T/) })
    expect((await who(world)).rows.every(({ use }) => use === undefined)).toBe(true)
  })

  test('is not known without an auditor role, and the answer says what to do', async () => {
    const answer = await who(await openWorld({}), { unusedForDays: 90 })
    expect(answer.rows.map(({ use, unusedDays }) => [use?.isKnown, unusedDays])).toEqual(
      answer.rows.map(() => [false, undefined]),
    )
    expect(answer.rows).toHaveLength(4)
    expect(answer.notes).toEqual([
      'no auditorRole is configured: name a role that may ask IAM in each account; docs/audit.md says what it needs',
    ])
    expect(answer.sources.roleUse).toEqual({ why: 'no auditorRole is configured' })
  })
})

describe('nobody', () => {
  const question = { account: accountId.parse(accounts[2]) }

  test('is said only if Identity Center lists no access, or if no record of such a link exists', async () => {
    const world = await worldWith([])
    expect((await who(world, question)).ifEmpty).toHaveProperty('is')
    expect((await who(world, { ...question, isLive: false })).ifEmpty).toHaveProperty('unread')
    expect((await who(world, { isLive: false, isLinkWanted: () => true })).ifEmpty).toHaveProperty('is')
  })

  test('is not said of a user whose groups could not be listed', async () => {
    const denied = new ServiceError('identitystore', 'AccessDeniedException', 'not you')
    const world = await worldWith([], async ({ operation, proceed }) => {
      if (operation === 'listGroupsOf') throw denied
      return proceed()
    })
    const { rows, ifEmpty } = await who(world, { user: 'ana@x.example' })
    expect(rows).toEqual([])
    expect(ifEmpty).toEqual({ unread: expect.stringMatching(/^not known: the groups of this user .*: not you$/) })
  })

  test('is not said of an instant before history begins, and the answer says since when history tells', async () => {
    const world = await worldWith(['account%200000000001%Read-ps%admins%GROUP%ssofile'])
    const early = await who(world, { at: new Date('2020-01-01T00:00:00Z') })
    expect(early.ifEmpty).toEqual({
      unread: expect.stringContaining('history begins at 20'),
      since: expect.any(String),
    })
    const later = await who(world, { at: world.clock.now(), group: 'others' })
    expect(later.ifEmpty).toMatchObject({ is: expect.stringContaining('according to history') })
    // Nobody recorded who was in which group.
    expect((await who(world, { at: world.clock.now(), user: 'bo@x.example' })).ifEmpty).toHaveProperty('unread')
  })

  test('is not said while the ledger is lost, and no access is said to be given by others', async () => {
    const world = await worldWith(['account%200000000001%Read-ps%ana@x.example%USER%ssofile'])
    for (const key of await world.keys('assignments/')) await world.objects.delete(key)
    await stopForLoss(world.ports, '1 of 1 entries under assignments/ are gone')
    const { rows, sources, ifEmpty } = await who(world, { user: 'ana@x.example' })
    expect(rows).toMatchObject([{ origin: 'not known', state: 'not known' }])
    expect(sources.ledger).toEqual({
      unread: expect.stringContaining('the ledger was lost'),
      since: expect.any(String),
    })
    expect(ifEmpty).toEqual(sources.ledger)
  })
})
