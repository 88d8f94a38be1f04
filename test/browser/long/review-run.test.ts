import { GetObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pLimit from 'p-limit'
import type { Browser } from 'playwright-core'
import * as z from 'zod'
import { localGroups } from '../../../infra/local/serve-hosted-page.ts'
import { defaultConfiguration } from '../../../shared/domain/deployment/configuration.ts'
import { bucket, LocalSystem } from '../../end-to-end/local-system.ts'
import { type Session, signIn } from '../../end-to-end/sign-in.ts'
import { smallOrganization } from '../../end-to-end/small-organization.ts'
import { until } from '../../end-to-end/until.ts'
import { desktop, openAs } from '../acme-page.ts'
import { confirm, judge } from '../judge-page.ts'
import { openBrowser } from '../open-browser.ts'

const patiently = { withinMs: 300_000 }

const numbers = (count: number) => Array.from({ length: count }, (_, index) => String(index + 1).padStart(2, '0'))
const reviewers = ['ana', 'bo', 'cleo', 'dov', 'eve', 'finn'] as const
type Reviewer = (typeof reviewers)[number]
const groups = numbers(20).map((nth) => `team-${nth}`)
const staff = numbers(20).map((nth) => `person-${nth}`)
const accounts = numbers(40).map((nth) => `3000000000${nth}`)
const signInAccount = '200000000001'
const security = 'security'

/** The owner of an account by its tag, in turns. */
const ownerOf = (account: string): Reviewer => reviewers[accounts.indexOf(account) % reviewers.length] ?? 'ana'
const linkTo = (account: string, set: string, principal: string, type: 'GROUP' | 'USER') =>
  `links_data/account%${account}%${set}%${principal}%${type}%ssofile`
/** 240 links of groups, in all accounts, and 60 of people, a third of them privileged. */
const links = [
  ...groups.flatMap((group, nth) =>
    numbers(12).map((_, index) => linkTo(accounts[(nth * 2 + index * 3) % 40] ?? '', 'Read-ps', group, 'GROUP')),
  ),
  ...staff.flatMap((person, nth) =>
    [0, 13, 26].map((more, index) =>
      linkTo(accounts[(nth + more) % 40] ?? '', index === 0 ? 'Admin-ps' : 'Write-ps', person, 'USER'),
    ),
  ),
]
const memberships = staff.map((person, nth) => `memberships/${groups[nth]}%${person}%ssofile`)

const review = {
  scopes: accounts.map((account) => `account%${account}`),
  groups: ['team-*'],
  reviewers: { ownerTag: 'owner', fallback: { groups: [security] } },
  lastsDays: 14,
  remindDays: [7, 1],
  silence: { escalateDays: 7, means: 'revoke' },
  repeatDays: 91,
}
const shown = z.object({
  run: z.string(),
  counts: z.record(z.string(), z.int()),
  items: z.array(
    z.looseObject({
      digest: z.string(),
      item: z.string(),
      result: z.string(),
      decisions: z.array(z.unknown()),
      reviewers: z.array(z.looseObject({ name: z.string() })),
      subject: z.looseObject({
        kind: z.string(),
        isPrivileged: z.boolean().optional(),
        file: z.looseObject({ key: z.string() }).optional(),
        files: z.array(z.looseObject({ key: z.string() })).optional(),
      }),
    }),
  ),
})

const people = [...reviewers, 'sam', 'dora']
const mine = { permissionSet: 'Reviewer-ps', account: signInAccount }
const accountOf = (id: string) => ({
  id,
  name: `account-${id}`,
  email: `${id}@tiny.example`,
  tags: { owner: ownerOf(id) },
})
const { root } = smallOrganization()
const reviewed = {
  id: 'ou-tiny-reviewed',
  name: 'Reviewed',
  accounts: accounts.map(accountOf),
  organizationalUnits: [],
}
const organization = smallOrganization({
  root: { ...root, organizationalUnits: [...(root.organizationalUnits ?? []), reviewed] },
  groups: [...groups, security, ...localGroups.auditors, ...localGroups.operators],
  users: [...people, ...staff],
  permissionSets: [{ permissionSetName: 'Reviewer-ps' }],
  assignments: people.map((principal) => ({ ...mine, principal, type: 'USER' as const })),
})
const brake = { ...defaultConfiguration.brake, own: { count: 10, percent: 0, minutes: 15 } }

let system: LocalSystem
let browser: Browser
let sessions: ReadonlyMap<string, Session>

beforeAll(async () => {
  browser = await openBrowser()
  system = await LocalSystem.start({ organization, configuration: { brake } })
  await system.joinGroup('sam', security)
  await system.joinGroup('dora', localGroups.auditors[0])
  for (const set of ['Read-ps', 'Write-ps', 'Admin-ps']) {
    const policy = set === 'Admin-ps' ? 'AdministratorAccess' : 'ReadOnlyAccess'
    const body = { permissionSetName: set, managedPoliciesArnList: [`arn:aws:iam::aws:policy/${policy}`] }
    await system.upload(`permission_sets/${set}.json`, JSON.stringify(body))
  }
  for (const group of groups) await system.upload(`groups/${group}.json`, '{}', 'governance')
  await system.uploadAll([...memberships, ...links])
  await system.untilStatuses([...memberships, ...links], 'applied', { withinMs: 600_000 })
  await signInAll()
}, 900_000)
afterAll(async () => {
  await browser?.close()
  await system?.stop()
}, 60_000)

/** A session ends after hours. */
async function signInAll(): Promise<void> {
  const signedIn = people.map(async (user) => [user, await signIn(system, { ...mine, user })] as const)
  sessions = new Map(await Promise.all(signedIn))
}

const keyOf = (user: string) => sessions.get(user)?.accessKeyId ?? user
const reviewOf = async (args: readonly string[], as = 'auditor') => {
  const ended = await system.ssofile(['review', ...args], keyOf(as))
  return { ...ended, all: ended.stdout + ended.stderr }
}
const show = async () => shown.parse(JSON.parse((await reviewOf(['show', 'quarter', '--json'])).stdout))
const itemsOf = async (reviewer: Reviewer) =>
  (await show()).items.filter((item) => item.reviewers.some(({ name }) => name === reviewer))
const untilPhase = (phase: string) =>
  until(
    `the phase ${phase}`,
    async () => ((await system.json('review-results/quarter/run.json'))?.phase === phase ? true : undefined),
    {
      ...patiently,
      tell: async () => `${JSON.stringify(await system.status('reviews/quarter.json'))}\n${system.lastLogLines()}`,
    },
  )
/** As the API of a deployment is called. */
async function decideByApi(as: string, verdict: 'keep' | 'revoke', digests: readonly string[]): Promise<number> {
  const credential = `Credential=${keyOf(as)}/20260303/us-east-1/execute-api/aws4_request`
  const headers = {
    authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=host, Signature=0`,
    'content-type': 'application/json',
  }
  const body = JSON.stringify({ review: 'quarter', verdict, digests })
  return (await fetch(`${system.url}/api/decisions`, { method: 'POST', headers, body })).status
}

/** The days pass, and history then has this event of the review, which is answered. */
async function untilEvent(event: string, days: number): Promise<Record<string, unknown>> {
  const before = new Set(await system.keys('history/reviews/quarter/'))
  await system.goForward(days)
  return until(
    `the event ${event}`,
    async () => {
      const all = await system.keys('history/reviews/quarter/')
      const key = all.find((one) => !before.has(one) && one.endsWith(`%${event}.json`))
      return key === undefined ? undefined : await system.json(key)
    },
    {
      ...patiently,
      tell: async () => `${(await system.keys('history/reviews/quarter/')).join('\n')}\n${system.lastLogLines()}`,
    },
  )
}

/** Releases what the brake holds, list by list, until nothing is left of these files. */
async function releaseUntilGone(files: readonly string[]): Promise<void> {
  await until(
    'the end of what was revoked',
    async () => {
      const { lists } = (await system.json('control/brake.json')) ?? {}
      for (const { digest } of Array.isArray(lists) ? lists : [])
        await system.ssofile(['brake', '--release', String(digest)], 'operator')
      const told = new Set(await system.keys('status/'))
      return files.some((key) => told.has(`status/${key}.json`)) ? undefined : true
    },
    { ...patiently, tell: async () => JSON.stringify(await system.json('control/brake.json')).slice(0, 2_000) },
  )
}

/** `body`: absent removes the object. Puts back what was there. */
async function whileChanged(key: string, body: string | undefined, expected: RegExp): Promise<void> {
  const before = await (
    await system.s3('ssofile').send(new GetObjectCommand({ Bucket: bucket, Key: key }))
  ).Body?.transformToString()
  if (body === undefined) await system.remove(key, 'ssofile')
  else await system.upload(key, body, 'ssofile')
  const verified = await reviewOf(['verify', 'quarter'])
  await system.upload(key, before, 'ssofile')
  expect(verified).toMatchObject({ exitCode: 1, stdout: expect.stringMatching(expected) })
}

test('three hundred links, forty accounts, twenty groups and six reviewers: from the beginning to the evidence', async () => {
  await system.upload('reviews/quarter.json', JSON.stringify(review), 'governance')
  await system.untilStatus('reviews/quarter.json', 'applied', patiently)
  const begun = await show()
  expect(begun.items).toHaveLength(links.length + memberships.length)

  // By the API: a hundred at once, none of them privileged; a privileged one alone.
  const ofAna = await itemsOf('ana')
  const plain = ofAna.filter(({ subject }) => !subject.isPrivileged).map(({ digest }) => digest)
  const privileged = ofAna.filter(({ subject }) => subject.isPrivileged).map(({ digest }) => digest)
  expect(await decideByApi('ana', 'keep', plain)).toBe(202)
  for (const digest of privileged) expect(await decideByApi('ana', 'keep', [digest])).toBe(202)
  // Of somebody else's account.
  const [ofBo] = await itemsOf('bo')
  expect(await decideByApi('ana', 'revoke', [ofBo?.digest ?? ''])).not.toBe(202)

  // By commands.
  const boPlain = (await itemsOf('bo')).filter(({ subject }) => !subject.isPrivileged).map(({ digest }) => digest)
  const revokedByBo = boPlain.slice(0, 2)
  expect(await reviewOf(['decide', 'quarter', 'keep', ...boPlain.slice(2), '--yes'], 'bo')).toMatchObject({
    exitCode: 0,
  })
  expect(
    await reviewOf(['decide', 'quarter', 'revoke', ...revokedByBo, '--reason', 'left the team', '--yes'], 'bo'),
  ).toMatchObject({ exitCode: 0 })

  // By the AWS CLI.
  const cleo = await system.userId('cleo')
  const byCli = pLimit(4)
  const ofCleo = await itemsOf('cleo')
  const decisions = ofCleo.map(({ digest }) => `decisions/${cleo}/quarter/${digest}%keep`)
  await byCli.map(decisions, (key) =>
    system.cli(['s3api', 'put-object', '--bucket', 'ssofile', '--key', key], { as: keyOf('cleo') }),
  )
  await system.untilStatuses(decisions, 'applied', patiently)

  // On the page.
  const health: unknown = await (await fetch(`${system.url}/_ssofile/health`)).json()
  const { page: origin } = z.object({ page: z.string() }).parse(health)
  const page = await openAs(browser, origin, 'dov', desktop, '#/reviews')
  await page.getByRole('checkbox').first().waitFor()
  await judge(page, 'review-run-waiting')
  const waiting = (await itemsOf('dov')).length
  const plainRows = page.getByRole('row').filter({ hasText: 'Read-ps' })
  for (let nth = 0; nth < 5; nth++) await plainRows.nth(nth).getByRole('checkbox').click()
  await page.getByRole('button', { name: 'Keep', exact: true }).click()
  await confirm(page, 'Keep', { field: 'Comment', value: 'all on duty' })
  await page.getByRole('heading', { name: `Waiting for you (${waiting - 5})` }).waitFor({ timeout: 60_000 })
  await judge(page, 'review-run-decided')
  await page.context().close()

  // More than the brake lets pass, in one list of this review.
  const ofEve = (await itemsOf('eve')).filter(({ subject }) => !subject.isPrivileged)
  expect(ofEve.length).toBeGreaterThan(20)
  expect(
    await decideByApi(
      'eve',
      'revoke',
      ofEve.map(({ digest }) => digest),
    ),
  ).toBe(202)
  const list = await until(
    'a held list of the review',
    async () => {
      const { lists } = (await system.json('control/brake.json')) ?? {}
      return Array.isArray(lists) && lists[0]?.held.length >= ofEve.length - 12 ? lists : undefined
    },
    { ...patiently, tell: async () => JSON.stringify(await system.json('control/brake.json')).slice(0, 2_000) },
  )
  expect(list).toHaveLength(1)
  // Those that come after a release make another list.
  await releaseUntilGone(ofEve.flatMap(({ subject }) => subject.file?.key ?? []))

  // The days of a review. A reviewer who decided everything gets no reminder.
  const awaited = ['bo', 'dov', 'eve', 'finn', security]
  expect(await untilEvent('reminded', 7)).toMatchObject({ days: 7, reviewers: awaited })
  expect(await untilEvent('last-day', 6)).toMatchObject({ days: 1, reviewers: awaited })
  expect(await untilEvent('escalated', 1)).toMatchObject({ reviewers: [security] })
  await signInAll()
  const [ofFinn] = (await itemsOf('finn')).filter(({ subject }) => !subject.isPrivileged)
  expect(await decideByApi('sam', 'keep', [ofFinn?.digest ?? ''])).toBe(202)

  // What nobody decided goes by silence, through the brake.
  const silent = (await show()).items.filter(
    ({ result, decisions, digest }) => result === 'open' && decisions.length === 0 && digest !== ofFinn?.digest,
  )
  await untilEvent('ended', 7)
  await releaseUntilGone(
    silent.flatMap(({ subject }) => [subject.file ?? [], subject.files ?? []].flat().map(({ key }) => key)),
  )
  await untilPhase('done')
  const ended = await show()
  const revokedCount = revokedByBo.length + ofEve.length + silent.length
  expect(ended.counts).toMatchObject({
    ...{ open: 0, revoking: 0, revoked: revokedCount, 'not done': 0 },
    kept: begun.items.length - revokedCount,
  })
  const kept = ended.items.filter(({ result }) => result === 'kept')
  expect(await system.keys('links_data/')).toHaveLength(kept.filter(({ subject }) => subject.kind === 'link').length)
  expect((await reviewOf(['verify', 'quarter'])).stdout).toMatch(/everything matches/)

  // Only the owner of the bucket could change any of it.
  const folder = `review-results/quarter/${begun.run}/`
  const revoked = ended.items.find(({ result }) => result === 'revoked')
  await whileChanged(`${folder}items/${revoked?.digest}.json`, undefined, /the population: the items received 319/)
  await whileChanged(decisions[0] ?? '', '{ "comment": "another" }', /changed after it counted/)
  const item = await system.json(`${folder}items/${revoked?.digest}.json`)
  const [other] = (await system.keys('changes/')).filter((key) => !JSON.stringify(item?.proof).includes(key))
  await whileChanged(
    `${folder}items/${revoked?.digest}.json`,
    JSON.stringify({ ...item, proof: [other] }),
    /the proof changes.* is not one/,
  )
  expect((await reviewOf(['verify', 'quarter'])).stdout).toMatch(/everything matches/)

  // The next quarter asks about what was kept. Governance ends it early, which takes nothing away.
  expect(await untilEvent('begun', 91 - 21)).toMatchObject({ items: kept.length })
  expect(await reviewOf(['close', 'quarter', '--yes'], 'governance')).toMatchObject({ exitCode: 0 })
  await untilPhase('done')
  const next = await show()
  expect(next.run > begun.run).toBe(true)
  expect(next.counts).toMatchObject({ open: 0, revoked: 0, 'not done': kept.length })
  expect((await reviewOf(['verify', 'quarter'])).stdout).toMatch(/everything matches/)
}, 1_800_000)
