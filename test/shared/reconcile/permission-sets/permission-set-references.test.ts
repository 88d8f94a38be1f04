import { describe, expect, test } from '@jest/globals'
import type { Configuration } from '../../../../shared/domain/deployment/configuration.ts'
import { permissionSetName } from '../../../../shared/domain/permission-sets/permission-set-name.ts'
import { OrganizationCache } from '../../../../shared/reconcile/organization/organization-cache.ts'
import { describeReferences } from '../../../../shared/reconcile/permission-sets/permission-set-references.ts'
import { findBlockedDeletion } from '../../../../shared/reconcile/records/owned-permission-sets.ts'
import { World } from '../../../world.ts'

const name = permissionSetName.parse('Billing-ps')
const link = (principal: string, { scope = 'root%all', set = 'Billing-ps' } = {}) =>
  `links_data/${scope}%${set}%${principal}%GROUP%ssofile`
const entry = (account: string, { set = 'Billing-ps', type = 'GROUP' } = {}) =>
  `assignments/account%${account}%${set}%11111111-2222-3333-4444-555555555555%${type}`

async function find(objects: Readonly<Record<string, string>>, configuration: Partial<Configuration> = {}) {
  const world = new World({ configuration })
  for (const [key, body] of Object.entries(objects)) await world.objects.put(key, body)
  const organization = new OrganizationCache(world.ports, [])
  return world.finish(describeReferences(name, { ...world.ports, configuration: world.configuration, organization }))
}

describe('what keeps a permission set from being deleted', () => {
  test('is nothing where nothing names it', async () => {
    const references = await find({
      [link('team', { set: 'Billing' })]: '',
      [entry('210000000001', { set: 'Billing' })]: '{}',
      'links_data/notes.txt': '',
      'assignments/notes.txt': '',
    })
    expect(references).toBeUndefined()
  })

  test('is every link that may grant it, now or later, in any declared folder', async () => {
    const inFolder = link('team').replace('links_data/', 'links_data/web/')
    const links = { [link('team')]: '', [link('later')]: '{"notBefore":"2026-03-04T10:00:00Z"}', [inFolder]: '' }
    expect(await find(links, { folders: ['web'] })).toBe(`3 links (${Object.keys(links).sort().join(', ')})`)
    expect(await find(links)).not.toContain(inFolder)
  })

  test('is no link that grants nothing any more, whatever comes', async () => {
    expect(
      await find({
        [link('over')]: '{"expiresAt":"2026-03-03T09:00:00Z"}',
        [link('wrong')]: '[]',
        [link('team', { scope: 'account%111111111111' })]: '',
      }),
    ).toBeUndefined()
  })

  test('is a link to the management account where that is configured, and one to any other account', async () => {
    const management = link('team', { scope: 'account%111111111111' })
    const found = await find({ [management]: '' }, { includeManagementAccount: true })
    expect(found).toBe(`1 link (${management})`)
    const other = link('team', { scope: 'account%210000000001' })
    expect(await find({ [other]: '' })).toBe(`1 link (${other})`)
  })

  test('is every account of the ledger, each once', async () => {
    const references = await find({
      [entry('210000000001')]: '{}',
      [entry('210000000001', { type: 'USER' })]: '{}',
      [entry('210000000002')]: '{}',
    })
    expect(references).toBe('access in 2 accounts (210000000001, 210000000002)')
  })

  test('is looked for among ten links; of more it is only counted', async () => {
    const links = Array.from({ length: 12 }, (_, index) => link(`team-${String(index).padStart(2, '0')}`))
    const references = await find(Object.fromEntries(links.map((key) => [key, ''])))
    expect(references).toBe(`12 links (${links.slice(0, 10).join(', ')} and 2 more)`)
  })
})

describe('references are told to a person', () => {
  test('links before accounts, ten of them by name', async () => {
    const accounts = Array.from({ length: 12 }, (_, index) => String(200_000_000_000 + index))
    const entries = Object.fromEntries(accounts.map((account) => [entry(account), '{}']))
    expect(await find({ ...entries, [link('team')]: '' })).toBe(
      `1 link (${link('team')}) and access in 12 accounts (${accounts.slice(0, 10).join(', ')} and 2 more)`,
    )
    expect(await find({ [entry('200000000000')]: '{}' })).toBe('access in 1 account (200000000000)')
  })

  test('and only counted where a status may name nothing of others', async () => {
    const objects = { [link('team')]: '', [link('other')]: '', [entry('200000000000')]: '{}' }
    expect(await find(objects, { privacy: 'folder' })).toBe('2 links and access in 1 account')
  })

  test('without the characters that could turn the text around', async () => {
    const references = await find({ [link('a\u202eb')]: '', [link('team')]: '' })
    expect(references).toContain(link('team'))
    expect(references).not.toContain('\u202e')
  })
})

test('a deletion that waits for its last reference is found by the attention that it wants', async () => {
  const world = new World()
  expect(await findBlockedDeletion(name, world.objects)).toBeUndefined()
  await world.objects.put('attention/blocked/permission_sets/Billing-ps.json', '')
  expect(await findBlockedDeletion(name, world.objects)).toEqual({
    v: 1,
    kind: 'permission-set',
    permissionSet: name,
    cause: 'permission_sets/Billing-ps.json',
  })
})
