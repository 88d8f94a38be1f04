import { beforeAll, expect, test } from '@jest/globals'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'
import { acme, World } from '../../../world.ts'
import { commentOf, firstOf, settle } from './comment-of-folder.ts'

const own = accountId.parse('210000000002')
const kenji = 'kenji.ito@acme.example'
const json = JSON.stringify
const administrator = { managedPoliciesArnList: ['arn:aws:iam::aws:policy/AdministratorAccess'] }
const guardrail = {
  id: 'owned',
  control: 'c',
  mode: 'enforce',
  for: { permissionSets: ['Read*'] },
  must: { owner: true },
}
const web = { groups: ['team-Web'] }
const there = {
  'permission_sets/Admin-ps.json': json({ permissionSetName: 'Admin-ps', ...administrator }),
  'permission_sets/Read-ps.json': json({ permissionSetName: 'Read-ps' }),
  'groups/oncall.json': '',
  'links_data/root%all%Admin-ps%oncall%GROUP%ssofile': '',
  'policies/a.json': json({ contact: 'Ann', links: [guardrail] }),
}
const inAnHour = json({ notBefore: '2026-03-03T12:00:00Z' })
const later = 'it is not in force before 2026-03-03T12:00:00.000Z; nothing to do: ssofile applies it then'
const calm = 'Nothing to change: what ssofile gave is what the files say.'

let world: World
beforeAll(async () => {
  world = new World({
    organization: { ...acme(), assignments: [] },
    configuration: { directory: 'identity-center', ownAccount: own, includeOwnAccount: true },
  }).start()
  await settle(world, there)
})

test('a folder that equals the bucket is told as equal', async () => {
  expect(await commentOf(world, there)).toContain(calm)
})

test.each([
  {
    what: 'a link that begins in an hour',
    file: 'root%all%Admin-ps%team-Web%GROUP%ssofile',
    body: inAnHour,
    tells: new RegExp(`^- \\*\\*administrator, 39 accounts, later\\*\\*: \`Admin-ps\` to group .*: \`${later}\`$`, 'm'),
  },
  {
    what: 'a link for an account that does not exist yet',
    file: 'account%999999999999%Admin-ps%team-Web%GROUP%ssofile',
    tells:
      /^- \*\*administrator, later\*\*: `Admin-ps` to group `team-Web` in 1 account: 999999999999 .*does not exist/,
  },
  {
    what: 'a link for an organizational unit that does not exist yet',
    file: 'ou_id%ou-none-00000000%Admin-ps%team-Web%GROUP%ssofile',
    tells: /^- \*\*administrator, later\*\*: `Admin-ps` to group `team-Web`, by `links_data\/ou_id%/,
  },
  {
    what: 'a link for a tag that no account has yet',
    file: 'account_tag%env^sandbox9%Admin-ps%team-Web%GROUP%ssofile',
    tells: /^- \*\*administrator, later\*\*: `Admin-ps` to group `team-Web`, by `links_data\/account_tag%/,
  },
  {
    what: 'a link of a user that begins in an hour',
    file: `account%233000000002%Read-ps%${kenji}%USER%ssofile`,
    body: json({ notBefore: '2026-03-03T12:00:00Z', owner: 'Ann' }),
    tells: /^- \*\*to a user directly, later\*\*: `Read-ps` to user `kenji/,
  },
])('$what grants without another review, so the comment says it first', async ({ file, body = '', tells }) => {
  const comment = await commentOf(world, { ...there, [`links_data/${file}`]: body })
  expect(comment).toContain('1 link that grants later.**')
  expect(comment).toContain('No access changes right now.')
  expect(firstOf(comment)).toMatch(tells)
})

test('access to the account of ssofile counts as such before it begins', async () => {
  const link = `links_data/account%${own}%Read-ps%team-Web%GROUP%ssofile`
  const comment = await commentOf(world, { ...there, [link]: inAnHour })
  expect(firstOf(comment)).toMatch(/^- \*\*own account\*\*: 1 grant in 210000000002/)
})

test.each([
  { what: 'a membership that begins in an hour', user: kenji, body: inAnHour, why: later },
  { what: 'a membership of a user who does not exist yet', user: 'nobody@acme.example', why: 'does not exist' },
])('$what puts a person in without another review, so the comment says it first', async ({ user, body = '', why }) => {
  const file = `memberships/oncall%${user}%ssofile`
  const comment = await commentOf(world, { ...there, [file]: body })
  expect(comment).toContain('1 membership that comes later.**')
  expect(comment).toContain('No access changes right now.')
  const told = `- **membership, later**: will put in: user \`${user}\`, group \`oncall\`, and grant \`Admin-ps\` in `
  expect(firstOf(comment).slice(0, told.length)).toBe(told)
  expect(firstOf(comment)).toContain(why)
})

test('a membership in a group whose link begins in an hour is looked at first, since its access comes later', async () => {
  const [group, link] = ['groups/later.json', 'links_data/root%all%Admin-ps%later%GROUP%ssofile']
  await settle(world, { [group]: '', [link]: inAnHour })
  const file = `memberships/later%${kenji}%ssofile`
  const comment = await commentOf(world, { ...there, [group]: '', [link]: inAnHour, [file]: '' })
  for (const key of [group, link]) await world.objects.delete(key)
  expect(firstOf(comment)).toMatch(
    /^- \*\*membership\*\*: puts in: .*, group `later`, and grants `Admin-ps` in 39 accounts/m,
  )
})

test('a link of the bucket that waits is not looked at first again', async () => {
  const waiting = 'links_data/ou_id%ou-none-00000000%Admin-ps%team-Web%GROUP%ssofile'
  await world.objects.put(waiting, '')
  const comment = await commentOf(world, { ...there, [waiting]: '' })
  await world.objects.delete(waiting)
  expect(comment).toContain('Nothing to change right now.')
  expect(comment).toContain('- **later**: `Admin-ps` to group `team-Web`, by')
  expect(firstOf(comment)).toBe('')
})

test.each([
  { what: 'a deleted policy', files: { 'policies/a.json': undefined }, tells: 'deletes `policies/a.json`' },
  {
    what: 'an eligibility without approvals',
    files: {
      'eligibility/all.json': json({
        ...{ for: web, permissionSets: ['*'], scopes: ['root%all'], longest: 'P30D' },
        ...{ approvals: 0, approvedByItself: web },
      }),
    },
    tells: 'uploads `eligibility/all.json`',
  },
  {
    what: 'a selector',
    files: { 'selectors/prod.json': json({ names: ['*-prod'] }) },
    tells: 'uploads `selectors/prod.json`',
  },
  {
    what: 'a rule that nobody fits yet',
    files: { 'rules/oncall.json': json({ department: ['Later'] }) },
    tells: 'uploads `rules/oncall.json`',
  },
])('$what changes who gets access later, so the comment says it first', async ({ files, tells }) => {
  const folder = Object.entries({ ...there, ...files }).flatMap(([key, body]) =>
    body === undefined ? [] : [[key, body] as const],
  )
  const comment = await commentOf(world, Object.fromEntries(folder))
  expect(comment).not.toContain(calm)
  expect(comment).not.toContain('not valid')
  expect(firstOf(comment)).toBe(`- **governing file**: ${tells}`)
})
