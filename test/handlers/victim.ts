import type { PrincipalId } from '../../shared/domain/principals/identity-center-ids.ts'
import { OrganizationCache } from '../../shared/reconcile/organization/organization-cache.ts'
import { World } from '../world.ts'

export const suffix = '@example.com'
/** `ana` without the suffix is another user, whom no link can name. */
export const people = ['ana@example.com', 'ana', 'eve@example.com', 'ben@example.com', 'dora@example.com'] as const
export type Person = (typeof people)[number]
export const [victim, namesake, attacker, approver, auditor] = people
export const account = '233000000002'
export const digest = '0123456789abcdef0123456789abcdef'
export const linkData = `account%${account}%Asked-ps%ana%USER%ssofile`
const wide = 'root%all%Asked-ps%ana%USER%ssofile'
const secretLink = `links_data/account%${account}%Secret-ps%ana%USER%ssofile`
const begun = '2026-03-03T10:00:00.000Z'
const secrets = ['Secret-ps', 'secret-team', 'secret-reason', 'secret-eligibility', 'secret-about', 'secret-comment']

/** All of ssofile with somebody who has access and asks for more, and an attacker who wrote in that name what S3 lets everybody write. */
export async function worldWithVictim() {
  const world = new World({ configuration: { principalSuffix: suffix } })
  const { identityStore, objects } = world
  const made = new Map<Person, PrincipalId>()
  for (const userName of people) made.set(userName, await identityStore.createUser({ userName }))
  const idOf = (person: Person) => made.get(person) ?? neverMade(person)
  for (const [group, member] of [
    ['secret-team', victim],
    ['auditors', auditor],
  ] as const) {
    const id = await identityStore.createGroup({ displayName: group + suffix })
    await identityStore.createGroupMembership(id, idOf(member))
  }
  const { accounts } = await world.finish(new OrganizationCache(world.ports, []).rebuild())
  const put = (key: string, said: object) => objects.put(key, JSON.stringify(said))
  const key = `requests/${idOf(victim)}/${linkData}`
  await put('eligibility/secret-eligibility.json', {
    for: { users: ['ana'] },
    permissionSets: ['Asked-ps'],
    scopes: ['root%all'],
    longest: 'PT8H',
    approvers: { users: ['ben'] },
  })
  await put('permission_sets/Asked-ps.json', { permissionSetName: 'Asked-ps', description: 'secret-about' })
  await put(secretLink, { reason: 'secret-reason' })
  await put(key, { duration: 'PT1H', reason: 'secret-reason' })
  const { etag } = (await objects.head(key)) ?? {}
  const request = { digest, eligibility: 'secret-eligibility', approvals: { needed: 1, given: [] } }
  const status = { state: 'waiting', updatedAt: '2026-03-03T10:00:00.000Z' }
  await put(`status/${key}.json`, { ...status, input: key, etag, request })
  await objects.put(`attention/waiting/${key}`, '')
  await put(`approvals/${idOf(approver)}/${digest}`, { decision: 'deny', comment: 'secret-comment' })
  const terms = {
    ...{ keeps: 1, lastsDays: 14, remindDays: [] },
    silence: { escalateDays: 7, means: 'revoke' },
  }
  const reviewers = [{ type: 'USER', id: idOf('ben@example.com'), name: 'ben' }]
  const run = { v: 1, phase: 'open', run: begun, terms, fallback: reviewers, etag: 'e', items: 1, hash: 'h' }
  await put('review-results/quarter/run.json', run)
  const access = {
    kind: 'link',
    scope: `account%${account}`,
    permissionSet: 'Secret-ps',
    principal: 'ana',
    type: 'USER',
  }
  const subject = { ...access, accounts: [account], isPrivileged: false, file: { key: secretLink, etag: 'e' } }
  await put(`review-results/quarter/${begun}/items/${digest}.json`, { digest, subject, reviewers })
  for (const whose of ['ana%USER', 'secret-team%GROUP'])
    await objects.put(`access/account%${account}%Secret-ps%${whose}%ours`, '')
  for (const link of [linkData, wide]) await put(`requests/${idOf(attacker)}/${link}`, { duration: 'PT1H' })
  const accountName = accounts.find(({ id }) => id === account)?.name ?? ''
  return { world, idOf, accountName, secrets: [...secrets, accountName] }
}

function neverMade(person: Person): never {
  throw new Error(`${person} was not made`)
}

/** Everything that names the victim, in every form in which a parameter may be understood. */
export function questionsAbout(of: PrincipalId, own: PrincipalId): readonly string[] {
  const token = (key: string) => Buffer.from(key).toString('base64url')
  return [
    ...[of, 'ana', victim, digest, 'all', 'waiting', 'mine', '', '*', '1', 'Asked-ps', 'quarter'],
    ...[linkData, wide].flatMap((link) => [`${of}/${link}`, `requests/${of}/${link}`, `${own}/${link}`]),
    ...[`temporary/${linkData}`, linkData.replace('Asked', 'Secret'), encodeURIComponent(`${own}/${wide}`)],
    ...[`${own}/../${of}/${linkData}`, encodeURIComponent(`${of}/${linkData}`)],
    ...[
      token(`requests/${of}/`),
      token(`attention/waiting/requests/${of}/`),
      token(`requests/${own}/`),
      token('links_data/'),
    ],
  ]
}
export const parameters = [
  ...['request', 'of', 'words', 'user', 'userId', 'name', 'link', 'digest', 'key', 'nextToken', 'limit'],
]
