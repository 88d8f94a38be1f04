import { beforeEach, describe, expect, test } from '@jest/globals'
import { api } from '../../../handlers/api/api.ts'
import { access } from '../../../shared/domain/deployment/environment.ts'
import { kenji } from '../../shared/modules/people/grouping.ts'
import { linkTo, Review, tom } from '../../shared/modules/reviews/review.ts'

const account = '111122223333'
const sessionOf = (user: string) =>
  `arn:aws:sts::${account}:assumed-role/AWSReservedSSO_Requester_0123456789abcdef/${user}`
const auditor = `arn:aws:sts::${account}:assumed-role/auditor/kim`
const rules = access.parse({
  auditors: [`arn:aws:iam::${account}:role/auditor`],
  requestAccounts: [account],
})
const arnOf = async (name: string) => `arn:aws:iam::${account}:role/aws-reserved/sso.amazonaws.com/${name}`

let review: Review
beforeEach(async () => {
  review = await Review.begin()
})

type Sent = {
  readonly query?: Readonly<Record<string, string>>
  readonly body?: object
  readonly name?: string
}
/** `name`: the parameter of the path; '': it has none. */
async function send(arn: string, routeKey: string, { query = {}, body, name = 'quarter' }: Sent = {}) {
  const { world } = review.grouping
  const serve = api(world.ports, world.configuration, { access: rules, roles: { arnOf } })
  const answered = await world.finish(
    serve({
      ...{ routeKey, rawPath: '/x', headers: { 'content-type': 'application/json' }, isBase64Encoded: false },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(name === '' ? {} : { pathParameters: { review: name } }),
      queryStringParameters: query,
      requestContext: { requestId: 'r', http: { sourceIp: '192.0.2.1' }, authorizer: { iam: { userArn: arn } } },
    }),
  )
  return { statusCode: answered.statusCode, body: JSON.parse(answered.body), bytes: JSON.stringify(answered).length }
}
const items = 'GET /reviews/{review}/items'
const decideAs = (user: string, digests: readonly string[], verdict = 'keep', of = 'quarter') =>
  send(sessionOf(user), 'POST /decisions', { body: { review: of, verdict, digests } })

describe('the API of reviews', () => {
  test('lists, shows, pages through items and takes a decision, which then counts', async () => {
    const listed = await send(sessionOf(tom), 'GET /reviews', { name: '' })
    expect(listed.body.reviews).toMatchObject([{ review: 'quarter', phase: 'open', undecided: 6 }])
    expect(listed.body.reviews[0]).not.toHaveProperty('items')
    expect((await send(sessionOf(tom), 'GET /reviews/{review}')).body).toMatchObject({ counts: { open: 6 } })
    const first = (await send(sessionOf(tom), items, { query: { limit: '3' } })).body
    const rest = (await send(sessionOf(tom), items, { query: { limit: '3', nextToken: first.nextToken } })).body
    expect([first.items.length, rest.items.length, rest.nextToken]).toEqual([3, 3, undefined])
    const { digest } = await review.link(kenji)
    expect(await decideAs(tom, [digest], 'revoke')).toMatchObject({ statusCode: 202, body: { action: 'revoke' } })
    await review.grouping.world.until(async () => !review.has(kenji), 'the revocation')
    const all = (await send(auditor, items, { query: { of: 'all' } })).body.items
    expect(all).toHaveLength(6)
    expect(all).toContainEqual(
      expect.objectContaining({ digest, decisions: [expect.objectContaining({ verdict: 'revoke' })] }),
    )
    expect((await send(sessionOf(tom), items)).body.items).toHaveLength(5)
    expect(await decideAs(tom, [digest])).toMatchObject({ statusCode: 409 })
  })

  test('gives as many items as fit into an answer, each with all its accounts, and the others with the next token', async () => {
    const accounts = Array.from({ length: 5_000 }, (_, nth) => String(233_000_000_000 + nth))
    const access = { permissionSet: 'Read-ps', principal: 'team', type: 'GROUP', isPrivileged: false }
    for (let nth = 0; nth < 40; nth++) {
      const digest = String(nth).padStart(32, '0')
      const item = { digest, subject: { kind: 'foreign', accounts, ...access }, reviewers: [], decisions: [] }
      await review.grouping.world.objects.put(`${review.folder}items/${digest}.json`, JSON.stringify(item))
    }
    const given = []
    for (let nextToken: string | undefined = ''; nextToken !== undefined; nextToken = given.at(-1)?.body.nextToken)
      given.push(await send(auditor, items, { query: { of: 'all', ...(nextToken && { nextToken }) } }))
    expect(given.length).toBeGreaterThan(1)
    expect(Math.max(...given.map(({ bytes }) => bytes))).toBeLessThan(6_000_000)
    const all = given.flatMap(({ body }) => body.items)
    expect(new Set(all.map(({ digest }) => digest)).size).toBe(46)
    expect(all).toHaveLength(46)
    expect(all[0].subject.accounts).toEqual(accounts)
  })

  test('refuses at once what would not count, and writes nothing', async () => {
    const { world } = review.grouping
    const own = await review.link(kenji)
    const other = 'f'.repeat(32)
    expect(await decideAs(tom, [own.digest], 'keep', 'none')).toMatchObject({
      statusCode: 404,
      body: { errors: [{ received: 'a decision in a review that has not begun' }] },
    })
    expect(await decideAs(tom, [own.digest, other])).toMatchObject({
      statusCode: 404,
      body: { errors: [{ key: expect.stringContaining(other) }] },
    })
    expect(await decideAs(kenji, [own.digest])).toMatchObject({ statusCode: 403 })
    expect(await send(auditor, 'POST /decisions', { body: {} })).toMatchObject({ statusCode: 400 })
    expect(await send(auditor, 'ANY /decisions')).toMatchObject({ statusCode: 405 })
    expect(await send(sessionOf(tom), 'GET /reviews/{review}', { name: '../x' })).toMatchObject({ statusCode: 404 })
    for (const [name, value] of [
      ['of', 'mine'],
      ['limit', '0'],
    ] as const)
      expect(await send(sessionOf(tom), items, { query: { [name]: value } })).toMatchObject({ statusCode: 400 })
    await world.objects.put(linkTo(kenji), JSON.stringify({ reason: 'edited' }))
    expect(await decideAs(tom, [own.digest])).toMatchObject({ statusCode: 202 })
    await world.until(async () => (await review.outcome(own)).end?.is === 'changed', 'the new question')
    expect(await decideAs(tom, [own.digest])).toMatchObject({
      statusCode: 409,
      body: { errors: [{ received: 'a decision on an item that was edited since' }] },
    })
    await world.objects.delete('reviews/quarter.json')
    await world.until(async () => (await review.run()).phase !== 'open', 'the end')
    const { digest } = await review.link('lars.jensen@acme.example')
    expect(await decideAs(tom, [digest])).toMatchObject({ statusCode: 409 })
  })
})
