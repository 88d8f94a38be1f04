import { expect, test } from '@jest/globals'
import { compareInputs } from '../../../handlers/cli/compare-inputs.ts'
import { planDigest } from '../../../handlers/cli/plan-digest.ts'
import { ProposedObjects } from '../../../handlers/cli/proposed-objects.ts'
import { accountId } from '../../../shared/domain/account-id.ts'
import { previewChanges } from '../../../shared/reconcile/preview/preview.ts'
import { World } from '../../world.ts'

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
  return planDigest(
    'ssofile',
    changes,
    await world.finish(previewChanges(ports, world.configuration, { looksMost: 300 })),
  )
}

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
    change: ({ objects }) => objects.put('foreign/account%233000000001%Billing-ps%team-Web%GROUP%ssofile', '{}'),
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
