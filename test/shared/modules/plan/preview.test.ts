import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { compareInputs } from '../../../../handlers/cli/folder/compare-inputs.ts'
import type { InputFile } from '../../../../handlers/cli/folder/folder-inputs.ts'
import { pushedPlaces } from '../../../../handlers/cli/folder/input-parts.ts'
import { renderAssignmentName } from '../../../../shared/domain/assignments/assignment.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import type { OrganizationFile } from '../../../../shared/memory/organization-file.ts'
import { type Preview, previewChanges } from '../../../../shared/modules/plan/preview.ts'
import { ProposedObjects } from '../../../../shared/modules/plan/proposed-objects.ts'
import { listAll } from '../../../../shared/ports/page.ts'
import { reconcile } from '../../../../shared/reconcile/differences/reconcile.ts'
import { adoptPermissionSet } from '../../../../shared/reconcile/permission-sets/adopt-permission-set.ts'
import { isShallow, runsOf } from '../../../depth.ts'
import { intercept } from '../../../intercept.ts'
import { acme, World } from '../../../world.ts'

const acmeFile = (name: string) =>
  readFileSync(new URL(`../../../../fixtures/acme/permission_sets/${name}.json`, import.meta.url))
const billing = 'permission_sets/Billing-ps.json'
const link = (scope: string, principal = 'team-Accountants', permissionSet = 'Billing-ps', type = 'GROUP') =>
  `links_data/${scope}%${permissionSet}%${principal}%${type}%ssofile`
const account = (id: string) => `account%${id}`
const [one, two] = ['233000000002', '250000000003'] as const
type Files = ReadonlyMap<string, string | Uint8Array>
/** The folders here have no policies/; those of the bucket stay. */
const accessOnly = { prefixes: pushedPlaces('access'), isDeleting: true }
const filesIn = (...entries: readonly (readonly [string, string | Uint8Array])[]): Files => new Map(entries)

async function preview(world: World, files?: Files): Promise<Preview> {
  const now = world.clock.now()
  const inputs = [...(files ?? [])].map(([key, body]): InputFile => {
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
    return { key, sizeBytes: bytes.length, read: async () => bytes }
  })
  const objects = files
    ? new ProposedObjects(world.objects, now, await compareInputs(world.objects, inputs, accessOnly))
    : new ProposedObjects(world.objects, now)
  const options = { looksMost: Number.POSITIVE_INFINITY }
  return world.finish(previewChanges({ ...world.ports, objects }, world.configuration, options))
}

/** What `aws s3 sync --delete` of these files does: what differs is uploaded, what is not there deleted. */
async function sync(world: World, files: Files): Promise<void> {
  for (const prefix of ['links_data/', 'permission_sets/']) {
    for (const key of await world.keys(prefix)) if (!files.has(key)) await world.objects.delete(key)
  }
  for (const [key, body] of files) {
    const there = await world.objects.get(key)
    if (!there || Buffer.compare(there.body, Buffer.from(body)) !== 0) await world.objects.put(key, body)
  }
}

/** Reconciles and carries everything out, twice: links that wait for a permission set are looked at when it is there. */
async function apply(world: World): Promise<void> {
  for (let round = 0; round < 2; round++) {
    await world.look()
    await world.finish(reconcile(world.ports, world.configuration))
    await world.look()
    await world.finish(world.slice())
    await world.look()
    await world.finish(world.slice())
  }
}

const keysOf = (list: readonly { readonly assignment: Parameters<typeof renderAssignmentName>[0] }[]) =>
  list.map(({ assignment }) => renderAssignmentName(assignment)).sort()
const ledgerOf = async (world: World) =>
  (await world.namedKeys('assignments/')).map((key) => key.slice('assignments/'.length))
const bare = (): OrganizationFile => ({ ...acme(), assignments: [] })

async function granted(files: Files, organization = bare()): Promise<World> {
  const world = new World({ organization }).start({ dispatcher: false })
  await sync(world, files)
  await apply(world)
  return world
}

describe('a preview', () => {
  test('of a bucket in which all is in force is empty', async () => {
    const world = await granted(filesIn([billing, acmeFile('Billing-ps')], [link(account(one)), '']))
    expect(await preview(world)).toMatchObject({
      grants: [],
      revocations: [],
      waiting: [],
      existing: [],
      idleLinks: [],
      rulesLater: [],
      permissionSets: [],
      vanishingRoles: [],
      unfinished: 0,
    })
  })

  test('a preview reads the organization only where no reconcile has done so within 90 minutes', async () => {
    const world = await granted(filesIn([billing, acmeFile('Billing-ps')], [link('account_tag%project^apollo'), '']))
    const calls: string[] = []
    const ports = intercept(world.ports, ({ port, operation, proceed }) => {
      if (port === 'organizations') calls.push(operation)
      return proceed()
    })
    const previewed = () => {
      const objects = new ProposedObjects(world.objects, world.clock.now())
      return world.finish(previewChanges({ ...ports, objects }, world.configuration, { looksMost: 0 }))
    }
    await world.clock.advance(60 * 60_000)
    const kept = await previewed()
    expect({ calls, isOld: kept.viewAgeMs >= 60 * 60_000 }).toEqual({ calls: [], isOld: true })
    await world.clock.advance(30 * 60_000)
    expect((await previewed()).viewAgeMs).toBeLessThan(60_000)
    expect(calls).toContain('listAccounts')
    expect(calls).toContain('listTags')
  })

  test('a preview asks for no account by itself, and once for an organizational unit, however many links name them', async () => {
    const asked: string[] = []
    const world = new World({
      wrap: (ports) =>
        intercept(ports, async ({ port, operation, args, proceed }) => {
          if (port === 'organizations' && /describeAccount|parentName/.test(operation)) asked.push(String(args[0]))
          return proceed()
        }),
    })
    const absent = [account('999999999998'), account('999999999999'), 'ou_id%ou-none-00000000']
    const links = absent.flatMap((scope) => [link(scope), link(scope, 'team-security')])
    const { idleLinks } = await preview(world, new Map(links.map((key) => [key, ''])))
    expect(idleLinks.map(({ key, state }) => [key, state])).toEqual(links.map((key) => [key, 'waiting']))
    expect(asked).toEqual(['ou-none-00000000'])
  })

  test('a preview reads the tags that the first link by tag needs', async () => {
    const world = await granted(filesIn([billing, acmeFile('Billing-ps')]))
    await world.organizations.tagResource(two, { project: 'apollo' })
    const files = filesIn([billing, acmeFile('Billing-ps')], [link('account_tag%project^apollo'), ''])
    expect(keysOf((await preview(world, files)).grants)).toHaveLength(1)
  })

  test('a preview tells each grant with all links that ask for it', async () => {
    const world = await granted(filesIn([billing, acmeFile('Billing-ps')]))
    const files = filesIn([billing, acmeFile('Billing-ps')], [link(account(one)), ''], [link('ou_id%r-acme'), ''])
    const { grants } = await preview(world, files)
    const both = grants.find(({ assignment }) => assignment.accountId === one)
    expect(both?.links).toEqual([link(account(one)), link('ou_id%r-acme')].sort())
    expect(grants.length).toBeGreaterThan(30)
  })

  test('a preview tells each revocation with what became of its links, and the role that vanishes', async () => {
    const world = await granted(
      filesIn([billing, acmeFile('Billing-ps')], [link(account(one)), ''], [link(account(two)), '']),
    )
    const files = filesIn(
      [billing, acmeFile('Billing-ps')],
      [link(account(two)), '{ "expiresAt": "2026-01-01T00:00:00Z" }'],
    )
    const { revocations, vanishingRoles } = await preview(world, files)
    expect(revocations.map(({ links }) => links)).toEqual([
      [{ key: link(account(one)), fate: 'deleted' }],
      [{ key: link(account(two)), fate: 'expired' }],
    ])
    expect(vanishingRoles).toEqual([
      { accountId: one, permissionSet: 'Billing-ps' },
      { accountId: two, permissionSet: 'Billing-ps' },
    ])
  })

  test('a preview names no role that another assignment keeps', async () => {
    const keeper = link(account(one), 'team-CloudOperators')
    const world = await granted(filesIn([billing, acmeFile('Billing-ps')], [link(account(one)), ''], [keeper, '']))
    const { revocations, vanishingRoles } = await preview(
      world,
      filesIn([billing, acmeFile('Billing-ps')], [keeper, '']),
    )
    expect(revocations).toHaveLength(1)
    expect(vanishingRoles).toEqual([])
  })

  test('a preview tells what would wait, and for what', async () => {
    const world = await granted(filesIn([billing, acmeFile('Billing-ps')]))
    const files = filesIn(
      [billing, acmeFile('Billing-ps')],
      [link(account(one), 'team-accountants'), ''],
      [link(account(one), 'team-Accountants', 'Biling-ps'), ''],
      [link(account('999999999999')), ''],
      [link('account_tag%nobody^has this'), ''],
      [link('everything%all'), ''],
    )
    const { grants, waiting, idleLinks } = await preview(world, files)
    expect(grants).toEqual([])
    expect(waiting.map(({ reason }) => reason).sort()).toEqual([
      "group 'team-accountants' does not exist in the identity store; did you mean 'team-Accountants'?",
      "permission set 'Biling-ps' does not exist; did you mean 'Billing-ps'?",
    ])
    expect(idleLinks.map(({ state, reason }) => [state, reason?.slice(0, 34)])).toEqual([
      ['waiting', "account '999999999999' does not ex"],
      ['waiting', "no active account has the tag 'nob"],
      ['rejected', "received scope 'everything', expec"],
    ])
  })

  test('a preview counts a permission set that a new file makes as there', async () => {
    const world = await granted(new Map())
    const files = filesIn([billing, acmeFile('Billing-ps')], [link(account(one)), ''])
    const { grants, permissionSets } = await preview(world, files)
    expect(grants).toHaveLength(1)
    expect(permissionSets).toEqual([{ name: 'Billing-ps', change: 'create' }])
  })

  test('a preview says that a permission set whose file is gone stays while someone else assigns it, and that one which nobody uses goes', async () => {
    const world = new World()
    const unused = permissionSetName.parse('Unused-ps')
    world.ssoAdmin.addPermissionSet({ name: unused, sessionDuration: 'PT1H', tags: [] }, '0123456789abcdef')
    for (const arn of await Array.fromAsync(listAll((token) => world.ports.ssoAdmin.listPermissionSets(token))))
      await world.finish(adoptPermissionSet(arn, { ...world.ports, named: false, lackOf: () => undefined }))
    world.start({ dispatcher: false })
    const { permissionSets } = await preview(world, filesIn())
    expect(permissionSets).toEqual([
      { name: 'AdministratorAccess', change: 'blocked' },
      { name: unused, change: 'delete' },
      { name: 'ViewOnlyAccess', change: 'blocked' },
    ])
  })

  test('a preview says that a permission set which only an expired link names is deleted', async () => {
    const world = await granted(filesIn([billing, acmeFile('Billing-ps')], [link(account(one)), '']))
    const expired = JSON.stringify({ expiresAt: world.clock.now().toISOString() })
    const { permissionSets, revocations } = await preview(world, filesIn([link(account(one)), expired]))
    expect(permissionSets).toEqual([{ name: 'Billing-ps', change: 'delete' }])
    expect(revocations).toMatchObject([{ links: [{ fate: 'expired' }] }])
  })

  test('a preview says how a permission set that someone else made can be taken over', async () => {
    const world = new World().start({ dispatcher: false })
    const file = JSON.stringify({ permissionSetName: 'ViewOnlyAccess' })
    const { permissionSets } = await preview(world, filesIn(['permission_sets/ViewOnlyAccess.json', file]))
    expect(permissionSets).toMatchObject([
      { change: 'rejected', remedy: expect.stringContaining('ssofile import --permission-sets ViewOnlyAccess') },
    ])
  })

  test('a preview leaves out access that is there already', async () => {
    const world = new World().start({ dispatcher: false })
    const there = acme().assignments.find(({ account: id }) => id !== acme().managementAccountId)
    if (!there) throw new Error('acme has access that ssofile did not make')
    const files: Files = filesIn([link(account(there.account), there.principal, there.permissionSet, there.type), ''])
    const { grants, existing } = await preview(world, files)
    expect({ grants, existing: existing.length }).toEqual({ grants: [], existing: 1 })
  })

  test('a preview tells what nobody can revoke, since the account is suspended', async () => {
    const world = await granted(filesIn([billing, acmeFile('Billing-ps')], [link(account(one)), '']))
    world.organizations.suspendAccount(accountId.parse(one))
    // Nobody tells of it: a view that is no longer kept is read again.
    await world.clock.advance(90 * 60_000)
    const { revocations, stuck } = await preview(world)
    expect(revocations).toEqual([])
    expect(stuck).toMatchObject([{ links: [{ fate: 'elsewhere' }] }])
  })

  test('a preview tells how much of a flood the brake would hold, and what it holds already', async () => {
    const ids = (await new World().organizations.accountsNow())
      .filter(({ state }) => state === 'ACTIVE')
      .map(({ id }) => id)
    const many = ids.filter((id) => id !== acme().managementAccountId).slice(0, 30)
    const all = many.map((id) => [link(account(id)), ''] as const)
    const world = await granted(filesIn([billing, acmeFile('Billing-ps')], ...all))
    const files = filesIn([billing, acmeFile('Billing-ps')])
    const { revocations, held, brake } = await preview(world, files)
    expect({ revocations: revocations.length, held: held.length, brake: brake.held }).toEqual({
      revocations: 30,
      held: 0,
      brake: 10,
    })
    expect(brake.reasons).toEqual([expect.stringMatching(/more than 20 of the 30 links directly under links_data/)])
    await sync(world, files)
    await apply(world)
    expect(await ledgerOf(world)).toHaveLength(10)
    const after = await preview(world)
    expect({ revocations: after.revocations.length, held: after.held.length }).toEqual({ revocations: 0, held: 10 })
  })

  test('a preview tells the brake’s rule for what a configuration takes away: nobody withdrew those links', async () => {
    const brake = { ...new World().configuration.brake, indirect: { count: 1, percent: 10, most: 200, hours: 24 } }
    const folders = { brake, folders: ['team-a'] }
    const world = new World({ organization: bare(), configuration: folders }).start({ dispatcher: false })
    const inFolder = [one, two].map((id) => link(account(id)).replace('links_data/', 'links_data/team-a/'))
    await sync(world, filesIn([billing, acmeFile('Billing-ps')], ...inFolder.map((key) => [key, ''] as const)))
    await apply(world)
    expect(await ledgerOf(world)).toHaveLength(2)
    const objects = new ProposedObjects(world.objects, world.clock.now())
    const without = { ...world.configuration, folders: [] }
    const planned = await world.finish(previewChanges({ ...world.ports, objects }, without, { looksMost: 0 }))
    expect(planned.revocations.map(({ links }) => links)).toMatchObject([
      [{ key: inFolder[0], fate: 'rejected' }],
      [{ key: inFolder[1], fate: 'rejected' }],
    ])
    expect(planned.brake).toMatchObject({
      held: 1,
      reasons: [
        expect.stringMatching(
          /more than 1 assignments would be revoked .* because of the configuration, of links in the folder 'team-a', although their links were not deleted/,
        ),
      ],
    })
  })

  test('a preview of another suffix of principals revokes whose name it is not, and says what the brake would hold', async () => {
    const world = await granted(
      filesIn([billing, acmeFile('Billing-ps')], [link(account(one)), ''], [link(account(two)), '']),
    )
    const objects = new ProposedObjects(world.objects, world.clock.now())
    const brake = { ...world.configuration.brake, indirect: { count: 1, percent: 10, most: 200, hours: 24 } }
    const other = { ...world.configuration, brake, principalSuffix: '@example.com' }
    const see = (suffixBefore: string) =>
      world.finish(previewChanges({ ...world.ports, objects }, other, { looksMost: 0, suffixBefore }))
    const planned = await see('')
    expect(planned.revocations.map(({ links, cause }) => [links[0]?.fate, cause?.cause])).toEqual([
      ['nameless', 'principal'],
      ['nameless', 'principal'],
    ])
    expect(planned.brake).toMatchObject({ held: 1 })
    expect((await see('@example.com')).revocations).toEqual([])
  })

  test('a preview foretells that the brake holds the file of a permission set, by what Identity Center has', async () => {
    const readOnly = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
    const fileOf = (...managedPoliciesArnList: readonly string[]) =>
      JSON.stringify({ permissionSetName: 'Billing-ps', managedPoliciesArnList })
    const world = await granted(filesIn([billing, fileOf(readOnly)], [link(account(one)), '']))
    const emptied = await preview(world, filesIn([billing, fileOf()], [link(account(one)), '']))
    expect(emptied.brake).toMatchObject({
      contents: [
        {
          name: 'Billing-ps',
          reason: expect.stringMatching(/takes away almost everything .*, on 1 account assignment/),
        },
      ],
      contentsUnchecked: 0,
    })
    const more = await preview(world, filesIn([billing, fileOf(readOnly, `${readOnly}More`)], [link(account(one)), '']))
    expect(more.brake.contents).toEqual([])
  })

  test('a preview writes nothing to the bucket and calls nothing that writes', async () => {
    const world = await granted(filesIn([billing, acmeFile('Billing-ps')], [link(account(one)), '']))
    const before = await Array.fromAsync(world.objects.list(''))
    const calls = world.calls.length
    await preview(world, filesIn([link(account(two)), '']))
    expect(await Array.fromAsync(world.objects.list(''))).toEqual(before)
    expect(world.calls.slice(calls).filter((call) => !/^(list|describe|get)/i.test(call))).toEqual([])
  })
})

const administrator = '220000000003'
const scopes = [
  'ou_id%r-acme',
  'account_tag%project^apollo',
  account(one),
  account(two),
  account(administrator),
  account('999999999999'),
]
const principals = ['team-Accountants', 'team-Platform', 'nobody of this name']
const sets = ['Billing-ps', 'ReadOnly-ps', 'AdministratorAccess', 'None-ps']
const bodies = ['', '', '{ "reason": "x" }', '{ "expiresAt": "2026-01-01T00:00:00Z" }', '{ "expires": 1 }']
const linkFiles = fc.array(
  fc.tuple(
    fc.constantFrom(...scopes),
    fc.constantFrom(...principals),
    fc.constantFrom(...sets),
    fc.constantFrom(...bodies),
  ),
  { maxLength: 6 },
)
const filesOf = (drawn: readonly (readonly [string, string, string, string])[], withSets: readonly string[]): Files =>
  filesIn(
    ...withSets.map((name) => [`permission_sets/${name}.json`, acmeFile(name)] as const),
    ...drawn.map(([scope, principal, set, body]) => [link(scope, principal, set), body] as const),
  )

/** What happens to organization and directory before the plan is made. */
const events: Readonly<Record<string, (world: World) => Promise<unknown>>> = {
  nothing: async () => {},
  'an account gets a tag': (world) => world.organizations.tagResource(two, { project: 'apollo' }),
  'an account is closed': (world) => world.organizations.closeAccount(accountId.parse(one)),
  'an account is suspended': async (world) => world.organizations.suspendAccount(accountId.parse(one)),
  'a group appears': (world) => world.identityStore.createGroup({ displayName: 'nobody of this name' }),
}

test('over random changes a preview names exactly what a reconcile then grants and revokes, and is empty afterwards', async () => {
  const seen = { grants: 0, revocations: 0 }
  await fc.assert(
    fc.asyncProperty(
      linkFiles,
      linkFiles,
      fc.constantFrom(...Object.keys(events)),
      fc.boolean(),
      async (first, second, event, fromFolder) => {
        const world = await granted(filesOf(first, ['Billing-ps']), acme())
        const ledgerBefore = await ledgerOf(world)
        await events[event]?.(world)
        // Nobody tells of it: a view that is no longer kept is read again.
        if (event !== 'nothing') await world.clock.advance(90 * 60_000)
        const files = filesOf(second, ['Billing-ps', 'ReadOnly-ps'])
        if (!fromFolder) await sync(world, files)
        const planned = await preview(world, fromFolder ? files : undefined)
        if (fromFolder) await sync(world, files)
        await apply(world)
        const ledgerAfter = await ledgerOf(world)
        expect(keysOf(planned.grants)).toEqual(ledgerAfter.filter((key) => !ledgerBefore.includes(key)).sort())
        expect(keysOf(planned.revocations)).toEqual(ledgerBefore.filter((key) => !ledgerAfter.includes(key)).sort())
        expect(await preview(world)).toMatchObject({ grants: [], revocations: [], permissionSets: [] })
        seen.grants += planned.grants.length
        seen.revocations += planned.revocations.length
      },
    ),
    { numRuns: runsOf(40) },
  )
  // A few draws may have none.
  expect(isShallow || Math.min(seen.grants, seen.revocations) > 0).toBe(true)
}, 120_000)

test('an empty link that S3 does not give is not planned as a grant, before anybody has looked at it', async () => {
  const world = await granted(filesIn([billing, acmeFile('Billing-ps')]))
  const key = link(account(one))
  const uploader = { accessKeyId: 'maria', sourceIpAddress: '127.0.0.1' }
  world.objects.model.put(uploader, key, new Uint8Array(), { customerKeyMd5: 'of a key that only maria knows' })
  const { grants, idleLinks } = await preview(world)
  expect(keysOf(grants)).toEqual([])
  expect(idleLinks).toMatchObject([{ key, state: 'rejected' }])
})

describe('what the policies refuse', () => {
  const policy = (must: object) =>
    JSON.stringify({ contact: 'Ann', links: [{ id: 'r', control: 'AC-2', mode: 'enforce', must }] })

  test('is not planned to be granted, and its link is told with the rule; what another link grants there is', async () => {
    const world = new World({ organization: { ...acme(), assignments: [] } }).start({ dispatcher: false })
    await world.objects.put('policies/a.json', policy({ scopes: ['account%*'] }))
    const [wide, narrow] = [link('root%all'), link(account(one))]
    const files = filesIn([wide, ''], [narrow, ''], [billing, acmeFile('Billing-ps')])
    const { grants, idleLinks, rulesLater } = await preview(world, files)
    expect(grants).toEqual([expect.objectContaining({ links: [narrow] })])
    expect(idleLinks).toMatchObject([{ key: wide, state: 'rejected', reason: expect.stringContaining("rule 'r'") }])
    expect(rulesLater).toEqual([])
    await sync(world, files)
    await apply(world)
    expect((await world.namedKeys('assignments/')).map((key) => key.split('%')[1])).toEqual([one])
    expect((await preview(world)).grants).toEqual([])
  })

  test('for who uploads it is told to be judged later, before the upload', async () => {
    const world = new World({ organization: { ...acme(), assignments: [] } })
    await world.objects.put('policies/a.json', policy({ uploaders: ['AWS:AROA1:*'] }))
    const files = filesIn([link(account(one)), ''], [billing, acmeFile('Billing-ps')])
    expect(await preview(world, files)).toMatchObject({ grants: [{}], rulesLater: ['policies/a.json#r'] })
  })

  test('because a policy is not valid hides no mistake of a file', async () => {
    const world = new World({ organization: { ...acme(), assignments: [] } })
    await world.objects.put('policies/a.json', '{}')
    const [good, typo, nowhere] = [link('root%all'), link('root%all', 'team-Acountants'), link(account('999999999999'))]
    const files = filesIn([good, ''], [typo, ''], [nowhere, ''], [billing, acmeFile('Billing-ps')])
    const { grants, waiting, idleLinks } = await preview(world, files)
    expect(grants).toEqual([])
    expect(waiting).toMatchObject([{ reason: expect.stringContaining("did you mean 'team-Accountants'?") }])
    expect(new Set(waiting[0]?.grants.flatMap(({ links }) => links))).toEqual(new Set([typo]))
    expect(idleLinks).toEqual([
      expect.objectContaining({ key: good, state: 'rejected', reason: expect.stringContaining('policies/a.json') }),
      expect.objectContaining({ key: nowhere, reason: expect.stringContaining('999999999999') }),
    ])
  })

  test('of a permission set is told with the rule', async () => {
    const world = new World({ organization: { ...acme(), assignments: [] } })
    const rules = [{ id: 's', control: 'AC-2', mode: 'enforce', must: { boundaries: ['*'] } }]
    await world.objects.put('policies/a.json', JSON.stringify({ contact: 'Ann', permissionSets: rules }))
    const { permissionSets } = await preview(world, filesIn([billing, acmeFile('Billing-ps')]))
    expect(permissionSets).toMatchObject([{ change: 'rejected', reason: expect.stringContaining("rule 's'") }])
  })
})
