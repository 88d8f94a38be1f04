import { describe, expect, test } from '@jest/globals'
import { parse } from 'csv-parse/sync'
import { rolePrefix } from '../../../../shared/domain/account-facts/break-glass-names.ts'
import type { UnusedAccessKind } from '../../../../shared/domain/account-facts/unused-access.ts'
import { notifications } from '../../../../shared/domain/deployment/notification-settings.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import type { ModelFinding } from '../../../../shared/memory/iam/memory-access-analyzer.ts'
import type {
  ModelCredentials,
  ModelKey,
  ModelRole,
  ModelUser,
} from '../../../../shared/memory/iam/memory-credentials.ts'
import { organizationFile } from '../../../../shared/memory/organization-file.ts'
import { SeededRandomness } from '../../../../shared/memory/seeded-randomness.ts'
import { writeCredentials } from '../../../../shared/modules/credentials/write-credentials.ts'
import { digestMessage } from '../../../../shared/modules/notifications/rules/digest.ts'
import { renderMail } from '../../../../shared/modules/notifications/rules/render-digest.ts'
import { smallOrganization } from '../../../end-to-end/small-organization.ts'
import { intercept } from '../../../intercept.ts'
import { World, type WorldOptions } from '../../../world.ts'

const dayMs = 86_400_000
const today = '2026-03-03'
const now = new Date('2026-03-03T10:00:00Z')
const ago = (days: number) => new Date(now.getTime() - days * dayMs)
const folder = `reports/credentials/${today}/`
const shop = accountId.parse('200000000001')
const withOneOfAll = organizationFile.parse(smallOrganization())

const empty: ModelCredentials = { root: { hasPassword: false, hasMfa: false, activeKeys: 0 }, users: [], roles: [] }
const key = (id: string, age: number, ...uses: readonly number[]): ModelKey => ({
  id,
  isActive: true,
  madeAt: ago(age),
  uses: uses.map((days) => ({ at: ago(days), service: 's3', region: 'eu-west-1' })),
})
const user = (name: string, more: Partial<ModelUser> = {}): ModelUser => ({
  name,
  path: '/',
  madeAt: ago(900),
  hasMfa: false,
  keys: [],
  ...more,
})

async function open(options: WorldOptions = {}): Promise<World> {
  const world = new World({
    organization: withOneOfAll,
    ...options,
    configuration: { auditorRole: 'ssofile-auditor', ...options.configuration },
  })
  await world.finish(world.everyHour())
  return world
}

async function night(world: World): Promise<readonly Readonly<Record<string, string>>[]> {
  const emergency = () => ({ users: [], roles: [`${rolePrefix}x`] })
  await world.finish(world.runSchedule('credentials', { ...world.ports, emergency }))
  return rowsOf(world)
}

async function rowsOf(world: World): Promise<readonly Readonly<Record<string, string>>[]> {
  return parse((await read(world, 'credentials.csv')) ?? '', { columns: true })
}

async function read(world: World, name: string): Promise<string | undefined> {
  const object = await world.objects.get(folder + name)
  return object && new TextDecoder().decode(object.body)
}

describe('40 accounts with 300 users and keys of every state', () => {
  const random = new SeededRandomness(33)
  const one = <T>(all: readonly [T, ...T[]]): T => all[Math.floor(random.fraction() * all.length)] ?? all[0]
  const ids = Array.from({ length: 40 }, (_, index) => String(300_000_000_000 + index))
  const organization = organizationFile.parse({
    managementAccountId: '111111111111',
    root: {
      id: 'r-tiny',
      accounts: ['111111111111', ...ids].map((id) => ({
        id,
        name: `account-${id}`,
        email: `${id}@x.example`,
        tags: {},
      })),
      organizationalUnits: [],
    },
  })
  const drawUses = () =>
    one([[], [3], [40, 3], [300], [300, 200, 95], [95]]).map((days) => ({ at: ago(days), service: 'ec2' }))
  let number = 0
  const drawKey = (): ModelKey => ({
    id: `AKIA${String(++number).padStart(6, '0')}`,
    isActive: one([true, true, false]),
    madeAt: ago(one([10, 89, 91, 400])),
    uses: drawUses(),
  })
  const drawUser = (): ModelUser => ({
    ...user(`user,${++number}`),
    madeAt: ago(one([5, 500])),
    hasMfa: one([true, false]),
    password: one([undefined, { changedAt: ago(one([20, 450])), uses: drawUses() }]),
    keys: Array.from({ length: one([0, 1, 2]) }, drawKey),
  })
  const truth = new Map(
    ids.map((id, index) => [id, { ...empty, users: Array.from({ length: index < 20 ? 8 : 7 }, drawUser) }]),
  )

  /** By the definition, from the truth, with nothing of the product. */
  function table(): Readonly<Record<string, string | undefined>>[] {
    const days = (...instants: readonly Date[]) =>
      Math.floor((now.getTime() - Math.max(...instants.map(Number))) / dayMs) - 1
    const last = (uses: ModelKey['uses']) => uses.map(({ at }) => at)
    return [...truth].flatMap(([account, { users }]) =>
      users.flatMap(({ name, madeAt, hasMfa, password, keys }) => {
        const active = keys.filter(({ isActive }) => isActive)
        const all = [...(password?.uses ?? []), ...keys.flatMap(({ uses }) => uses)]
        const made = [madeAt, ...(password ? [password.changedAt] : []), ...active.map((of) => of.madeAt)]
        const isUnused = days(...made, ...last(all)) >= 90
        const isPasswordUnused = !isUnused && password && days(password.changedAt, ...last(password.uses)) >= 90
        const found = [
          ...(password && !hasMfa ? ['password-without-mfa'] : []),
          ...(isUnused ? ['unused-user'] : []),
          ...(isPasswordUnused ? ['unused-password'] : []),
          ...(active.length > 1 ? ['two-active-keys'] : []),
        ]
        const ofKeys = keys.map((of) => {
          const isOld = now.getTime() - of.madeAt.getTime() >= 90 * dayMs
          const unused = days(of.madeAt, ...last(of.uses))
          const kind = unused >= 90 ? 'unused-key' : isOld ? 'old-key' : ''
          const isUsed = of.uses.length > 0
          return {
            account,
            kind: 'key',
            name,
            key: of.id,
            made: of.madeAt.toISOString(),
            used: last(of.uses).at(-1)?.toISOString() ?? 'never',
            service: isUsed ? 'ec2' : '',
            unused: String(Math.max(0, unused)),
            usedPassword: '',
            unusedPassword: '',
            mfa: '',
            active: of.isActive ? 'yes' : 'no',
            urgency: of.isActive ? (kind === '' ? '' : 'soon') : 'later',
            findings: of.isActive ? kind : 'inactive-key',
          }
        })
        const ofUser = {
          account,
          kind: 'user',
          name,
          key: '',
          made: madeAt.toISOString(),
          used: all.length === 0 ? 'never' : new Date(Math.max(...last(all).map(Number))).toISOString(),
          service: '',
          unused: String(Math.max(0, days(...made, ...last(all)))),
          usedPassword: password ? (last(password.uses).at(-1)?.toISOString() ?? 'never') : '',
          unusedPassword: password ? String(Math.max(0, days(password.changedAt, ...last(password.uses)))) : '',
          mfa: hasMfa ? 'yes' : 'no',
          active: '',
          urgency: found.includes('password-without-mfa')
            ? 'now'
            : isUnused || isPasswordUnused
              ? 'soon'
              : active.length > 1
                ? 'later'
                : '',
          findings: found.join(' '),
        }
        return [ofUser, ...ofKeys.sort((a, b) => (a.key < b.key ? -1 : 1))]
      }),
    )
  }

  test('are reported field by field as a table of their own says', async () => {
    const world = await open({ organization })
    for (const [id, credentials] of truth) world.iam.credentials.tell(accountId.parse(id), credentials)
    const rows = (await night(world)).filter(({ kind }) => kind === 'user' || kind === 'key')
    const told = rows.map(({ account = '', kind = '', name = '', findings = '', ...row }) => ({
      account,
      kind,
      name,
      key: row['access key'] ?? '',
      made: row.made,
      used: row['last used'],
      service: row['by service'],
      unused: row['unused days'],
      usedPassword: row['password last used'],
      unusedPassword: row['password unused days'],
      mfa: row.MFA,
      active: row.active,
      urgency: row.urgency,
      findings,
    }))
    expect(told).toEqual(table())
    expect(told.length).toBeGreaterThan(300)
    expect(JSON.parse((await read(world, 'summary.json')) ?? '')).toMatchObject({
      counts: { accounts: 41, unread: 1, users: 300 },
    })
  })
})

test('an account that cannot be read is a row that says why', async () => {
  const world = await open()
  world.iam.removeAuditorRole(accountId.parse('200000000002'))
  const rows = (await night(world)).filter(({ kind }) => kind === 'account')
  expect(rows.map((row) => [row.account, row['what is found']?.slice(0, 60)])).toEqual([
    ['111111111111', 'could not be read: User is not authorized to perform: sts:As'],
    ['200000000002', 'could not be read: User is not authorized to perform: sts:As'],
    ['200000000004', 'could not be read: its state is SUSPENDED'],
  ])
})

test('a closed account has its row, and asks nobody for anything', async () => {
  const world = await open()
  await world.organizations.closeAccount(shop)
  await world.clock.advance(30 * 60_000)
  world.organizations.settle()
  await world.finish(world.everyHour())
  const [row] = (await night(world)).filter(({ account }) => account === shop)
  expect(row).toMatchObject({ kind: 'account', detail: 'closed, so not read', urgency: '', findings: '' })
  // The suspended one, and the management account.
  expect(JSON.parse((await read(world, 'summary.json')) ?? '')).toMatchObject({ counts: { unread: 2 } })
})

test('roles are told of which something is found, except those that AWS makes', async () => {
  const world = await open()
  const role = (name: string, more: Partial<ModelRole> = {}): ModelRole => ({
    name,
    path: '/',
    madeAt: ago(600),
    uses: [{ at: ago(2) }],
    trust: JSON.stringify({ Statement: [{ Effect: 'Allow', Principal: { AWS: shop } }] }),
    ...more,
  })
  const partner = JSON.stringify({ Statement: [{ Effect: 'Allow', Principal: { AWS: '999999999999' } }] })
  const roles = [
    role('used'),
    // Of several uses the latest counts, on whatever page the role is.
    role('used-again', { uses: [{ at: ago(500) }, { at: ago(3) }] }),
    role('unused', { uses: [{ at: ago(500) }, { at: ago(200) }] }),
    role('partner', { trust: partner }),
    role('AWSServiceRoleForX', { path: '/aws-service-role/x.amazonaws.com/', uses: [] }),
    role('AWSReservedSSO_Read-ps_0123456789abcdef', { path: '/aws-reserved/sso.amazonaws.com/', uses: [] }),
    role(`${rolePrefix}x`, { uses: [] }),
    role(`${rolePrefix}y`, { uses: [{ at: ago(300) }] }),
  ]
  world.iam.credentials.tell(shop, { ...empty, roles })
  const rows = (await night(world)).filter(({ kind }) => kind === 'role')
  expect(rows.map(({ name, findings, ...row }) => [name, findings, row['unused days']])).toEqual([
    // No definition has it: it only bears such a name.
    [`${rolePrefix}y`, 'unused-role', '299'],
    ['partner', 'trusts-outside', '1'],
    ['unused', 'unused-role', '199'],
  ])
})

test('a use is known late: what was used an hour ago is told as unused, with the instant up to which IAM knew', async () => {
  const world = await open()
  world.iam.credentials.tell(shop, { ...empty, users: [user('ci', { keys: [key('AKIA1', 700, 300, 1 / 24)] })] })
  expect((await night(world)).filter(({ kind }) => kind === 'key')).toMatchObject([
    { findings: 'unused-key', 'last used': ago(300).toISOString(), 'unused days': '299' },
  ])
})

describe('hygiene.json', () => {
  const soon = '2026-06-01T00:00:00Z'
  const put = (world: World, hygiene: object | string) =>
    world.objects.as('governance').put('hygiene.json', typeof hygiene === 'string' ? hygiene : JSON.stringify(hygiene))

  test('sets the standards, and an exception holds until its end', async () => {
    const world = await open()
    const users = [user('a', { keys: [key('AKIA1', 50, 40)] }), user('b', { keys: [key('AKIA2', 50, 40)] })]
    world.iam.credentials.tell(shop, { ...empty, users })
    const exception = { account: shop, owner: 'team-a', reason: 'a machine' }
    await put(world, {
      standards: { unusedDays: 30 },
      exceptions: [
        { ...exception, name: 'a', expiresAt: soon },
        { ...exception, name: 'b', expiresAt: '2026-03-01T00:00:00Z' },
      ],
    })
    const keys = (await night(world)).filter(({ kind }) => kind === 'key')
    expect(keys.map(({ name, urgency, findings, exception: until }) => [name, urgency, findings, until])).toEqual([
      ['a', '', 'unused-key', `team-a, until ${soon}: a machine`],
      ['b', 'soon', 'unused-key', ''],
    ])
  })

  test('that is not valid has a status until it is corrected, and the defaults count', async () => {
    const world = await open()
    await put(world, { standard: {} })
    await night(world)
    const status = await world.objects.get('status/hygiene.json.json')
    expect(new TextDecoder().decode(status?.body)).toContain("rename 'standard' to 'standards'")
    expect(JSON.parse((await read(world, 'summary.json')) ?? '').notes).toHaveLength(1)
    await put(world, {})
    await world.objects.delete(`${folder}summary.json`)
    await night(world)
    const corrected = await world.objects.get('status/hygiene.json.json')
    expect(JSON.parse(new TextDecoder().decode(corrected?.body))).toMatchObject({ state: 'applied' })
  })

  const receivers = ['payments', 'security'].map((name) => ({ name, mail: [`${name}@example.com`] }))
  const configuration = { notifications: notifications.parse({ receivers }) }
  const mail = { on: ['tuesday'], security: 'security', owners: { Data: 'payments', Nobody: 'unknown' } }
  async function mails(world: World) {
    await night(world)
    const received = await world.queues.receive('digests', { most: 10, waitSeconds: 0 })
    return received.map(({ body }) => digestMessage.parse(JSON.parse(body)))
  }

  test('says who is told: one mail for each owner, one for security, one line a thing with what to do', async () => {
    const world = await open({ configuration })
    world.iam.credentials.tell(shop, { ...empty, users: [user('ci', { keys: [key('AKIA1', 700, 300)] })] })
    world.iam.credentials.tell(accountId.parse('200000000003'), { ...empty, root: { ...empty.root, activeKeys: 1 } })
    await put(world, { ownerTag: 'team', mail })
    const sent = await mails(world)
    expect(sent.map(({ receiver, counts }) => [receiver, counts]).sort()).toEqual([
      ['payments', { 'not-read': 2, 'unused-key': 1, 'unused-user': 1 }],
      ['security', { 'not-read': 2, 'root-key': 1, 'unused-key': 1, 'unused-user': 1 }],
    ])
    const ofSecurity = sent.find(({ receiver }) => receiver === 'security')
    const { subject, text } = renderMail(
      ofSecurity ?? { v: 1, id: '', receiver: '', way: 'mail', counts: {}, lines: [] },
    )
    expect(subject).toBe('ssofile (security): 2 not-read, 1 root-key, 1 unused-key, 1 unused-user')
    const lines = text.split('\n')
    expect(lines[0]).toMatch(
      /root-key root user in account-200000000003 \(200000000003\): has 1 active key; remove the root/,
    )
    expect(lines).toContainEqual(
      expect.stringMatching(/key AKIA1 of user ci in .*: nobody used it for 299 days; make it inactive, wait/),
    )
    expect(text).toContain(`The whole report: ${folder}index.html`)
  })

  test('is not done while a mail could not be sent: the next run sends it', async () => {
    let isDown = true
    const wrap: WorldOptions['wrap'] = (ports) =>
      intercept(ports, async ({ operation, args, proceed }) => {
        if (isDown && operation === 'send' && args[0] === 'digests') throw new Error('SQS is down')
        return proceed()
      })
    const world = await open({ configuration, wrap })
    world.iam.credentials.tell(shop, { ...empty, users: [user('ci', { keys: [key('AKIA1', 700, 300)] })] })
    await put(world, { ownerTag: 'team', mail })
    await expect(night(world)).rejects.toThrow('2 mails about credentials could not be sent')
    expect(await read(world, 'summary.json')).toBeUndefined()
    isDown = false
    expect(await mails(world)).toHaveLength(2)
  })

  test('sends nothing on other days, and nothing where nothing is to do', async () => {
    const world = await open({ configuration })
    await put(world, { ownerTag: 'team', mail: { ...mail, on: ['monday'] } })
    expect(await mails(world)).toEqual([])
    const clean = await open({ configuration })
    await put(clean, { ownerTag: 'cost centre', mail: { on: ['tuesday'], owners: { 'Finance / Audit': 'payments' } } })
    expect(await mails(clean)).toEqual([])
  })
})

describe('IAM Access Analyzer', () => {
  const security = accountId.parse('200000000002')
  const at = { region: 'us-east-1', status: 'ACTIVE' } as const
  const find = (kind: UnusedAccessKind, thing: string, owner = shop): ModelFinding => ({
    id: `${kind} ${thing}`,
    resource: `arn:aws:iam::${owner}:${thing}`,
    kind,
    owner,
    status: 'ACTIVE',
  })
  const findings = [
    find('UnusedPermission', 'user/x/ci'),
    find('UnusedIAMUserAccessKey', 'user/x/ci'),
    find('UnusedIAMRole', 'role/ci'),
    find('UnusedIAMUserPassword', 'user/somebody-else'),
  ]
  const joined = async (world: World) =>
    (await night(world)).flatMap(({ account, kind, name, ...row }) =>
      row['IAM Access Analyzer'] === '' ? [] : [`${account} ${kind} ${name}: ${row['IAM Access Analyzer']}`],
    )
  const summaryOf = async (world: World) => JSON.parse((await read(world, 'summary.json')) ?? '')
  async function openWithUser(): Promise<World> {
    const world = await open()
    const users = [user('ci', { keys: [key('AKIA1', 700, 2)] })]
    for (const account of [shop, security]) world.iam.credentials.tell(account, { ...empty, users })
    return world
  }

  test('is joined to the user it means, and to nothing of that name in another account or of another kind', async () => {
    const world = await openWithUser()
    world.iam.accessAnalyzer.tell(shop, [{ ...at, name: 'a', type: 'ACCOUNT_UNUSED_ACCESS', findings }])
    expect(await joined(world)).toEqual([`${shop} user ci: UnusedIAMUserAccessKey UnusedPermission`])
    expect(await summaryOf(world)).toMatchObject({ analyzedBy: { account: 1, none: 2 } })
    expect(await read(world, 'index.html')).toContain('looks for unused access in 1 of these accounts; 2 have no')
  })

  test("of the organization is asked in the security account, in place of the accounts' own", async () => {
    const world = await openWithUser()
    const own = [find('UnusedIAMUserPassword', 'user/x/ci')]
    world.iam.accessAnalyzer.tell(shop, [{ ...at, name: 'a', type: 'ACCOUNT_UNUSED_ACCESS', findings: own }])
    const ofAll = [...findings, find('UnusedPermission', 'user/ci', security)]
    world.iam.accessAnalyzer.tell(security, [{ ...at, name: 'o', type: 'ORGANIZATION_UNUSED_ACCESS', findings: ofAll }])
    await world.objects.as('governance').put('hygiene.json', JSON.stringify({ securityAccount: security }))
    expect(await joined(world)).toEqual([
      `${shop} user ci: UnusedIAMUserAccessKey UnusedPermission`,
      `${security} user ci: UnusedPermission`,
    ])
    expect(await summaryOf(world)).toMatchObject({ analyzedBy: { organization: 3 } })
  })

  test('that may not be asked is said once, and the rest of the report is as it is', async () => {
    const world = await openWithUser()
    for (const account of [shop, security]) world.iam.accessAnalyzer.deny(account)
    await world.objects.as('governance').put('hygiene.json', JSON.stringify({ securityAccount: security }))
    const rows = await night(world)
    expect(rows.filter(({ kind }) => kind === 'key').map(({ account, findings: found }) => [account, found])).toEqual([
      [shop, 'old-key'],
      [security, 'old-key'],
    ])
    const { notes, analyzedBy } = await summaryOf(world)
    expect(analyzedBy).toEqual({ AccessDeniedException: 2, none: 1 })
    expect(notes).toEqual([
      'ssofile does not know whether root credentials are managed centrally: AccountNotManagementOrDelegatedAdministrator',
      'ssofile does not know whether the organization has an analyzer of unused access: AccessDeniedException',
    ])
    expect((await read(world, 'index.html'))?.match(/AccessDeniedException/g)).toHaveLength(2)
  })
})

test.each([
  [true, 'no password, no active keys; root credentials are managed centrally'],
  [false, 'no password, no active keys; root credentials are not managed centrally'],
  [undefined, 'no password, no active keys: removed centrally, or never set'],
])('of a root user without credentials is told what the security account knows: %s', async (isManaged, detail) => {
  const world = await open()
  const security = accountId.parse('200000000002')
  if (isManaged !== undefined) world.iam.tellCentralRoot(security, isManaged)
  await world.objects.as('governance').put('hygiene.json', JSON.stringify({ securityAccount: security }))
  const roots = (await night(world)).filter(({ kind, account }) => kind === 'root' && account === shop)
  expect(roots.map((row) => row.detail)).toEqual([detail])
})

test('a run that dies goes on where it was, and one that is whole is not made again', async () => {
  let isDown = false
  let entered: string[] = []
  const world = await open({
    wrap: ({ auditor, ...ports }) => ({
      ...intercept(ports, async ({ port, operation, args, proceed }) => {
        if (isDown && port === 'objects' && operation === 'put' && String(args[0]).endsWith('.csv'))
          throw new Error('killed')
        return proceed()
      }),
      auditor: {
        async enter(account, role) {
          entered.push(account)
          if (auditor === undefined) throw new Error('received no auditor')
          return auditor.enter(account, role)
        },
      },
    }),
  })
  // The month has its reports of permissions.
  const monthly = { v: 1, month: '2026-03', madeAt: now.toISOString(), unusedDays: 90, sets: [] }
  await world.objects.put('reports/permissions.json', JSON.stringify(monthly))
  isDown = true
  await expect(night(world)).rejects.toThrow('killed')
  expect(entered.length).toBeGreaterThan(2)
  expect(await read(world, 'summary.json')).toBeUndefined()
  entered = []
  isDown = false
  await night(world)
  expect(entered).toEqual([])
  expect(await read(world, 'summary.json')).toBeDefined()
  expect(await Array.fromAsync(world.objects.list('state/credentials/'))).toEqual([])
  await night(world)
  expect(entered).toEqual([])
})

describe('an account whose users take longer than one run', () => {
  const large = accountId.parse('200000000002')
  const many = 400
  /** The calls of IAM for users of that account, each of which takes this long; four go at once. */
  async function openSlow(callMs: number) {
    const asked: string[] = []
    const world = await open({
      wrap: ({ auditor, ...ports }) => ({
        ...ports,
        auditor: {
          async enter(account, role) {
            if (auditor === undefined) throw new Error('received no auditor')
            const iam = await auditor.enter(account, role)
            return {
              ...iam,
              async listAccessKeys(name, token) {
                if (account === large) {
                  asked.push(name)
                  await ports.clock.sleep(callMs)
                }
                return iam.listAccessKeys(name, token)
              },
            }
          },
        },
      }),
    })
    const users = Array.from({ length: many }, (_, number) => user(`u-${number}`))
    world.iam.credentials.tell(large, { ...empty, users: [...users, user('u', { keys: [key('AKIA1', 700)] })] })
    world.iam.credentials.tell(shop, { ...empty, users: [user('ci')] })
    const run = () => world.finish(world.runSchedule('credentials'), 5_000)
    const rows = () => rowsOf(world)
    return { world, asked, run, rows }
  }

  test('keeps no other account and no other job from its turn, and the next run reads the users that are left', async () => {
    const { world, asked, run, rows } = await openSlow(10_000)
    await expect(run()).rejects.toThrow('0 accounts and the users of 1 large account are left')
    expect(await world.json('reports/permissions.json')).toMatchObject({ month: '2026-03' })
    expect(await rows()).toEqual([])
    await run()
    const found = await rows()
    const users = found.filter(({ kind, account }) => kind === 'user' && account === large)
    expect(new Set(users.map(({ name }) => name)).size).toBe(many + 1)
    expect(users).toHaveLength(many + 1)
    expect(found.filter(({ kind, account }) => kind === 'key' && account === large)).toHaveLength(1)
    expect(found.filter(({ kind, account }) => kind === 'root' && account === large)).toHaveLength(1)
    expect(found.filter(({ kind, account }) => kind === 'user' && account === shop)).toHaveLength(1)
    expect(asked).toHaveLength(many + 1)
    expect(await world.keys('state/credentials/')).toEqual([])
  })

  test('has a row for the users that the last run of a night has not read, and the report is written', async () => {
    const { run, rows } = await openSlow(30_000)
    await expect(run()).rejects.toThrow('1 large account')
    await expect(run()).rejects.toThrow('1 large account')
    await run()
    const found = await rows()
    const [row] = found.filter(({ kind, account }) => kind === 'account' && account === large)
    expect(row).toMatchObject({ findings: 'not-read', urgency: 'soon' })
    expect(row?.['what is found']).toBe('101 of its 401 users were not read: the time of this night was over')
    expect(found.filter(({ kind, account }) => kind === 'user' && account === large)).toHaveLength(300)
    expect(found.filter(({ kind, account }) => kind === 'user' && account === shop)).toHaveLength(1)
  })
})

test('the last run of a night has a row for each account that no run had time for', async () => {
  const world = await open()
  const first = accountId.parse('111111111111')
  const late = () => world.finish(writeCredentials(world.ports, world.configuration, world.clock.monotonicMs()))
  await expect(late()).rejects.toThrow('5 accounts and the users of 0 large accounts are left')
  await expect(late()).rejects.toThrow('5 accounts')
  expect(await late()).toMatchObject({ counts: { accounts: 5, unread: 5 } })
  const rows = await rowsOf(world)
  expect(rows.find(({ account }) => account === first)).toMatchObject({
    kind: 'account',
    findings: 'not-read',
    'what is found': 'was not read: the time of this night was over',
  })
})

/** A world in which no report can be written at first. */
async function openDown() {
  const down = { isDown: true }
  const world = await open({
    wrap: (ports) =>
      intercept(ports, async ({ operation, args, proceed }) => {
        if (down.isDown && operation === 'put' && String(args[0]).endsWith('.csv')) throw new Error('killed')
        return proceed()
      }),
  })
  return { world, down }
}

test('a run that passes midnight goes on with its day, and the next night begins anew', async () => {
  const { world, down } = await openDown()
  const days = async () => (await world.keys('reports/credentials/')).filter((name) => name.endsWith('summary.json'))
  await world.clock.advance(Date.parse('2026-03-03T23:59:00Z') - world.clock.now().getTime())
  await expect(night(world)).rejects.toThrow('killed')
  down.isDown = false
  await world.clock.advance(2 * 60_000)
  await world.finish(world.runSchedule('credentials'))
  expect(await days()).toEqual([`${folder}summary.json`])
  await world.clock.advance(dayMs)
  await world.finish(world.runSchedule('credentials'))
  expect(await days()).toEqual([`${folder}summary.json`, 'reports/credentials/2026-03-05/summary.json'])
})

test('what a night left that did not come to its end is no part of the next one', async () => {
  const { world, down } = await openDown()
  await expect(night(world)).rejects.toThrow('killed')
  down.isDown = false
  await world.clock.advance(dayMs)
  world.iam.credentials.tell(shop, { ...empty, users: [user('new')] })
  await world.finish(world.runSchedule('credentials'))
  const csv = await world.objects.get('reports/credentials/2026-03-04/credentials.csv')
  expect(new TextDecoder().decode(csv?.body)).toContain('"user","new"')
})

test('without an auditor role nothing is read and nothing is written', async () => {
  const world = await open({ configuration: { auditorRole: '' } })
  await world.finish(world.runSchedule('credentials'))
  expect(await read(world, 'summary.json')).toBeUndefined()
})

test('the page names the most urgent first, and names from outside are text', async () => {
  const world = await open()
  world.iam.credentials.tell(shop, {
    ...empty,
    root: { hasPassword: true, hasMfa: false, activeKeys: 1 },
    users: [
      user('old', { keys: [key('AKIA1', 700, 2)] }),
      user('person', { password: { changedAt: ago(3), uses: [] } }),
    ],
    roles: [{ name: 'open', path: '/', madeAt: ago(9), uses: [], trust: '{' }],
  })
  await world.objects.as('governance').put('hygiene.json', '<script>')
  await night(world)
  const page = (await read(world, 'index.html')) ?? ''
  expect(page).not.toContain('<script')
  const order = [
    'has 1 active key',
    'from any account of AWS',
    'signs in with a password alone',
    'is 700 days old',
  ].map((text) => page.indexOf(text))
  expect(order).toEqual([...order].sort((a, b) => a - b))
  expect(order).not.toContain(-1)
})
