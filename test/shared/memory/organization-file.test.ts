import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { parseLinkKey } from '../../../shared/domain/links/link.ts'
import { parsePermissionSetFile } from '../../../shared/domain/permission-sets/permission-set-file.ts'
import { fillFromOrganizationFile } from '../../../shared/memory/fill-from-organization-file.ts'
import { parseOrganizationFile } from '../../../shared/memory/organization-file.ts'
import {
  openModels,
  openWorld,
  permissionSetArnIn,
  principalIdIn,
  smallOrganization,
} from '../../contract/identity-center-world.ts'

const { root } = smallOrganization
const [management] = root.accounts
/** So many levels of organizational units, each with one below it. */
const nested = (levels: number): object => ({
  id: `ou-test-level00${levels}`,
  name: `level ${levels}`,
  organizationalUnits: levels === 1 ? [] : [nested(levels - 1)],
})

test.each([
  {
    what: 'an unknown field',
    file: { ...smallOrganization, owner: 'me' },
    told: 'the file: Unrecognized key: "owner"',
  },
  {
    what: 'an account id of eleven digits',
    file: {
      ...smallOrganization,
      root: { ...root, accounts: [...root.accounts, { id: '12345678901', name: 'a', email: 'a@b.c' }] },
    },
    told: 'root.accounts[1].id: ',
  },
  {
    what: 'an account that is there twice',
    file: { ...smallOrganization, root: { ...root, accounts: [...root.accounts, ...root.accounts] } },
    told: "root.accounts[1]: '111111111111' occurs a second time",
  },
  {
    what: 'a management account that is not there',
    file: { ...smallOrganization, managementAccountId: '123456789012' },
    told: 'managementAccountId: no account 123456789012 in this file',
  },
  {
    what: 'a member who is no user, in no group',
    file: { ...smallOrganization, members: { ghosts: ['nobody'] } },
    told: "members.ghosts: no GROUP 'ghosts' in this file; members.ghosts[0]: no USER 'nobody' in this file",
  },
  {
    what: 'an organizational unit with a wrong id',
    file: { ...smallOrganization, root: { ...root, organizationalUnits: [{ id: 'ou-1', name: 'x' }] } },
    told: 'root.organizationalUnits[0].id: ',
  },
  {
    what: 'an organizational unit on a sixth level',
    file: { ...smallOrganization, root: { ...root, organizationalUnits: [nested(6)] } },
    told: `root${'.organizationalUnits[0]'.repeat(6)}: deeper than 5 levels below the root`,
  },
  {
    what: 'two organizational units of one name in one place',
    file: {
      ...smallOrganization,
      root: { ...root, organizationalUnits: [nested(1), { ...nested(1), id: 'ou-test-another1' }] },
    },
    told: "root.organizationalUnits[1].name: a second 'level 1' in one place",
  },
  {
    what: 'a user whose name has a space, which AWS refuses',
    file: { ...smallOrganization, users: ['Ana Silva'] },
    told: 'users[0]: no user can have this name',
  },
  {
    what: 'a group with a name that AWS keeps to itself',
    file: { ...smallOrganization, groups: ['AWSAdministrators'] },
    told: 'groups[0]: no group can have this name',
  },
  {
    what: 'a tag with a letter that AWS refuses',
    file: { ...smallOrganization, root: { ...root, accounts: [{ ...management, tags: { 'a%b': '' } }] } },
    told: 'root.accounts[0].tags: keys of 1 to 128',
  },
  {
    what: 'fifty-one tags',
    file: {
      ...smallOrganization,
      root: {
        ...root,
        accounts: [{ ...management, tags: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`k${n}`, ''])) }],
      },
    },
    told: 'root.accounts[0].tags: at most 50 tags',
  },
  {
    what: 'a group that is there twice',
    file: { ...smallOrganization, groups: ['a', 'b', 'a'] },
    told: "groups[2]: 'a' occurs a second time",
  },
  {
    what: 'an assignment to nobody',
    file: {
      ...smallOrganization,
      assignments: [{ account: '111111111111', permissionSet: 'ReadOnly-ps', principal: 'Nobody', type: 'GROUP' }],
    },
    told: "assignments[0].principal: no GROUP 'Nobody' in this file",
  },
  {
    what: 'a tag that is no text',
    file: {
      ...smallOrganization,
      root: { ...root, accounts: [{ id: '111111111111', name: 'a', email: 'a@b.c', tags: { a: 1 } }] },
    },
    told: 'root.accounts[0].tags: expected an object whose values are texts',
  },
  {
    what: 'a tag whose value is too long',
    file: {
      ...smallOrganization,
      root: { ...root, accounts: [{ id: '111111111111', name: 'a', email: 'a@b.c', tags: { a: 'x'.repeat(257) } }] },
    },
    told: 'root.accounts[0].tags: keys of 1 to 128 and values of at most 256 characters',
  },
  { what: 'no object', file: [], told: 'the file: ' },
])('an organization file with $what is refused with the place', ({ file, told }) => {
  const result = parseOrganizationFile('organization.json', file)
  expect(result).toMatchObject({
    ok: false,
    complaint: { object: 'organization.json', received: expect.stringContaining(told) },
  })
})

test('a permission set of the file that is not valid is told when the models are filled', () => {
  const permissionSets = [{ permissionSetName: 'Bad-ps', sessionDurationInMinutes: 5 }]
  expect(() => openWorld({}, { ...smallOrganization, permissionSets })).toThrow('permission_sets/Bad-ps.json')
})

test('two fillings from one file have the same ids', () => {
  const [one, two] = [openWorld(), openWorld()]
  expect(permissionSetArnIn(one, 'ReadOnly-ps')).toBe(permissionSetArnIn(two, 'ReadOnly-ps'))
  expect(principalIdIn(one, 'GROUP', 'Auditors')).toBe(principalIdIn(two, 'GROUP', 'Auditors'))
  expect(principalIdIn(one, 'GROUP', 'Auditors')).not.toBe(principalIdIn(one, 'GROUP', 'Operators'))
  expect(one.organizations.organizationId).toMatch(/^o-[0-9a-f]{10}$/)
})

test('the people of the file are in their groups', async () => {
  const { users: [user = ''] = [], groups: [group = ''] = [] } = smallOrganization
  const world = openWorld({}, { ...smallOrganization, members: { [group]: [user] } })
  const { items } = await world.identityStore.listGroupMemberships(principalIdIn(world, 'GROUP', group), { most: 10 })
  expect(items.map(({ userId }) => userId)).toEqual([principalIdIn(world, 'USER', user)])
})

describe('the fixture acme', () => {
  const folder = `${import.meta.dirname}/../../../fixtures/acme`
  const text = (name: string) => readFileSync(`${folder}/${name}`, 'utf8')
  const models = () => {
    const file = parseOrganizationFile('organization.json', JSON.parse(text('../organizations/acme.json')))
    if (!file.ok) throw new Error(file.complaint.received)
    const world = openModels()
    fillFromOrganizationFile(file.value, world)
    return world
  }

  test('fills the models with accounts in every state and existing assignments', () => {
    const { organizations, ssoAdmin } = models()
    const accounts = organizations.accountsNow()
    expect(accounts).toHaveLength(44)
    expect(new Set(accounts.map(({ state }) => state))).toEqual(
      new Set(['ACTIVE', 'SUSPENDED', 'PENDING_CLOSURE', 'CLOSED']),
    )
    expect(Math.max(...accounts.map(({ parents }) => parents.length))).toBe(4)
    expect(ssoAdmin.assignments()).toHaveLength(6)
  })

  test('the fixture acme has permission set files that are valid and surprise nobody', () => {
    for (const name of readdirSync(`${folder}/permission_sets`)) {
      const body = new TextEncoder().encode(text(`permission_sets/${name}`))
      expect(parsePermissionSetFile(`permission_sets/${name}`, body)).toMatchObject({
        ok: true,
        value: { warnings: [] },
      })
    }
  })

  test('the fixture acme has links that name what is there', async () => {
    const world = models()
    const files = readdirSync(`${folder}/permission_sets`).map((name) => name.replace(/\.json$/, ''))
    for (const line of text('../organizations/acme-links.txt').trimEnd().split('\n')) {
      const link = parseLinkKey(`links_data/${line}`, [])
      if (!link.ok) throw new Error(link.complaint.received)
      const { permissionSet, principal, type, scope } = link.value
      expect([line, world.identityStore.idOf(type, principal)]).not.toContain(undefined)
      expect([
        line,
        files.includes(permissionSet) || world.ssoAdmin.permissionSetArnOf(permissionSet) !== undefined,
      ]).toContain(true)
      if (scope.kind === 'account') expect([line, world.organizations.accountState(scope.id)]).toContain('ACTIVE')
      if (scope.kind === 'ou_id') expect([line, world.organizations.hasParent(scope.id)]).toContain(true)
    }
  })
})

test('a tag may be called __proto__, as in AWS', () => {
  const text = JSON.stringify(smallOrganization).replace('"tags":{}', '"tags":{"__proto__":"x"}')
  const parsed = parseOrganizationFile('organization.json', JSON.parse(text))
  expect(JSON.stringify(parsed)).toContain('"__proto__":"x"')
})
