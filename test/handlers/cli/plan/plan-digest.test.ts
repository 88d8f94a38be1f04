import { describe, expect, test } from '@jest/globals'
import { compareInputs } from '../../../../handlers/cli/folder/compare-inputs.ts'
import { planDigest } from '../../../../handlers/cli/plan/make-plan.ts'
import { planStanding } from '../../../../handlers/cli/plan/plan-standing.ts'
import { defaultConfiguration } from '../../../../shared/domain/deployment/configuration.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { type Preview, previewChanges } from '../../../../shared/modules/plan/preview.ts'
import { ProposedObjects } from '../../../../shared/modules/plan/proposed-objects.ts'
import { acme, World } from '../../../world.ts'
import { settle } from './comment-of-folder.ts'

const set = 'permission_sets/Billing-ps.json'
const link = 'links_data/account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile'
const billing = (more: object = {}) => JSON.stringify({ permissionSetName: 'Billing-ps', ...more })
const files = { [set]: billing(), [link]: '' }

/** The digest of a plan of a folder with these files. */
async function digest(world: World, folder: Readonly<Record<string, string>> = files): Promise<string> {
  const inputs = Object.entries(folder).map(([key, text]) => {
    const body = new TextEncoder().encode(text)
    return { key, sizeBytes: body.length, read: async () => body }
  })
  const changes = await compareInputs(world.objects, inputs)
  const objects = new ProposedObjects(world.objects, world.clock.now(), changes)
  const ports = { ...world.ports, objects }
  const preview = await world.finish(previewChanges(ports, world.configuration, { looksMost: 300 }))
  planned = preview
  return planDigest(
    'ssofile',
    changes,
    await world.finish(planStanding(ports, world.configuration, { preview, changes })),
  )
}
/** What the last of these plans says. */
let planned: Preview

test('the digest is the same for the same folder and state, whatever the time', async () => {
  const world = new World()
  const shown = await digest(world)
  expect(shown).toMatch(/^[0-9a-f]{32}$/)
  await world.clock.advance(40 * 60_000)
  expect(await digest(world)).toBe(shown)
})

type Case = {
  readonly why: string
  readonly change?: (world: World) => unknown
  readonly folder?: Record<string, string>
}

test.each<Case>([
  { why: 'a file has another content', folder: { ...files, [link]: '{"reason":"x"}' } },
  { why: 'a file is more', folder: { ...files, [link.replace('GROUP', 'USER')]: '' } },
  { why: 'a file is less', folder: { [set]: billing() } },
  {
    why: 'somebody else uploads what the folder would replace',
    change: ({ objects }) => objects.put(link, '{"reason":"other"}'),
  },
  {
    why: 'the name of the group stands for another group',
    change: async ({ identityStore }) => {
      await identityStore.deleteGroup(identityStore.idOf('GROUP', 'team-Accountants') ?? '')
      await identityStore.createGroup({ displayName: 'team-Accountants' })
    },
  },
  {
    why: 'more have the permission set that changes',
    change: async ({ objects, identityStore }) => {
      const id = identityStore.idOf('GROUP', 'team-Web')
      await objects.put(`state/principals/GROUP%${id}%team-Web`, '')
      await objects.put(`foreign/account%233000000001%Billing-ps%${id}%GROUP`, '{}')
    },
  },
  {
    why: 'the account is closed',
    change: ({ organizations }) => organizations.suspendAccount(accountId.parse('233000000002')),
  },
])('the digest is another where $why', async ({ change, folder }) => {
  const world = new World()
  const shown = await digest(world)
  await world.finish(Promise.resolve(change?.(world)))
  expect(await digest(world, folder)).not.toBe(shown)
})

describe('the digest of a folder with a membership', () => {
  const kenji = 'kenji.ito@acme.example'
  const group = 'groups/oncall.json'
  const folder = { ...files, [group]: '', [`memberships/oncall%${kenji}%ssofile`]: '' }
  const begin = () => new World({ configuration: { directory: 'identity-center' } }).start()

  test('is another if the name of the user stands for another user', async () => {
    const world = begin()
    const shown = await digest(world, folder)
    expect(planned.memberships.added).toMatchObject([{ group: 'oncall', user: kenji }])
    await world.finish(world.identityStore.deleteUser(world.identityStore.idOf('USER', kenji) ?? ''))
    await world.finish(world.identityStore.createUser({ userName: kenji, attributes: {} }))
    expect(await digest(world, folder)).not.toBe(shown)
    expect(planned.memberships.added).toMatchObject([{ group: 'oncall', user: kenji }])
  })

  test('is another if the name of the group stands for another group', async () => {
    const world = begin()
    await settle(world, { [group]: '' })
    const shown = await digest(world, folder)
    const id = world.identityStore.idOf('GROUP', 'oncall') ?? ''
    await world.finish(world.identityStore.deleteGroup(id))
    await settle(world, {})
    expect(world.identityStore.idOf('GROUP', 'oncall')).not.toBe(id)
    expect(await digest(world, folder)).not.toBe(shown)
    expect(planned.memberships.added).toMatchObject([{ group: 'oncall', user: kenji }])
  })

  test('is the same again for a group that the same folder makes', async () => {
    const world = begin()
    expect(await digest(world, folder)).toBe(await digest(world, folder))
    expect(planned.memberships.added).toMatchObject([{ ids: { group: undefined, user: expect.any(String) } }])
  })
})

describe('while temporary access begins, goes on and ends', () => {
  const name = 'account%233000000002%Billing-ps%maria.alvarez@acme.example%USER%ssofile'
  const standing = `links_data/${name}`
  const temporary = `links_data/temporary/${name}`
  const arn = 'arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-0123456789abcdef'

  async function open() {
    const world = new World({ organization: { ...acme(), assignments: [] } })
    const user = world.identityStore.idOf('USER', 'maria.alvarez@acme.example') ?? ''
    await world.objects.put(`state/principals/USER%${user}%maria.alvarez@acme.example`, '')
    const request = { digest: 'a'.repeat(32), user, eligibility: 'admins', approvedBy: [] }
    const enter = async (...keys: readonly string[]) => {
      const links = keys.map((key) => ({ key, etag: 'e', lastModified: '2026-03-03T09:00:00.000Z' }))
      const access = {
        state: 'granted',
        principal: 'maria.alvarez@acme.example',
        principalId: user,
        permissionSetArn: arn,
        links,
        grantedAt: links[0]?.lastModified,
      }
      const entry = { v: 1, ...access, attempts: 0, updatedAt: '2026-03-03T09:00:00.000Z' }
      await (keys.length === 0
        ? world.objects.delete(`assignments/${world.keyOf(name)}`)
        : world.objects.put(`assignments/${world.keyOf(name)}`, JSON.stringify(entry)))
    }
    const begin = () => world.objects.put(temporary, JSON.stringify({ expiresAt: '2026-03-03T11:00:00.000Z', request }))
    return { world, enter, begin }
  }

  test.each([
    { folder: 'adds a link for the same access', before: [], after: { ...files, [standing]: '' } },
    { folder: 'lacks the link for the same access', before: [standing], after: files },
    { folder: 'has nothing to do with it', before: [], after: files },
  ])('the digest of a folder that $folder stays the same, and a plan tells what is', async ({ before, after }) => {
    const { world, enter, begin } = await open()
    for (const key of before) await world.objects.put(key, '')
    await enter(...before)
    const shown = await digest(world, after)
    const [granted, revoked] = [planned.grants.length, planned.revocations.length]
    await begin()
    expect(await digest(world, after)).toBe(shown)
    await enter(...before, temporary)
    expect(await digest(world, after)).toBe(shown)
    // What the temporary link gives too is there, and stays.
    expect(planned.revocations).toEqual([])
    if (standing in after && before.length === 0) expect(planned.grants).toHaveLength(granted - 1)
    await world.clock.advance(61 * 60_000)
    expect(await digest(world, after)).toBe(shown)
    await world.objects.delete(temporary)
    expect(await digest(world, after)).toBe(shown)
    await enter(...before)
    expect(await digest(world, after)).toBe(shown)
    expect(planned.revocations).toHaveLength(revoked)
  })
})

test('the digest is the same when the brake would hold less, since others’ deletions lie longer back', async () => {
  const world = new World({
    configuration: { brake: { ...defaultConfiguration.brake, own: { count: 1, percent: 1, minutes: 15 } } },
  })
  const keys = ['233000000001', '233000000002'].map((id) => link.replace('233000000002', id))
  for (const key of keys) {
    await world.objects.put(key, '')
    const granting = { key, etag: 'e', lastModified: '2026-03-03T09:00:00.000Z' }
    const id = world.identityStore.idOf('GROUP', 'team-Accountants')
    const permissionSetArn = 'arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-0123456789abcdef'
    const access = {
      state: 'granted',
      principal: 'team-Accountants',
      principalId: id,
      permissionSetArn,
      links: [granting],
      grantedAt: '2026-03-03T09:00:00.000Z',
    }
    const entry = { v: 1, ...access, attempts: 0, updatedAt: '2026-03-03T09:00:00.000Z' }
    await world.objects.put(`assignments/${world.keyOf(key)}`, JSON.stringify(entry))
  }
  const window = {
    rule: 'own',
    cause: 'folder',
    since: '2026-03-03T10:00:00.000Z',
    base: 2,
    counted: ['links_data/another'],
  }
  await world.objects.put(
    'control/brake.json',
    JSON.stringify({ v: 1, lists: [], contents: [], windows: [window], releases: [] }),
  )
  const shown = await digest(world, { [set]: billing() })
  expect([planned.revocations.length, planned.brake.held]).toEqual([2, 2])
  await world.clock.advance(31 * 60_000)
  expect(await digest(world, { [set]: billing() })).toBe(shown)
  expect(planned.brake.held).toBe(1)
})
