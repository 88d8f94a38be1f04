import { beforeEach, describe, expect, test } from '@jest/globals'
import { api } from '../../../handlers/api/api.ts'
import { apiChanges, routesOf } from '../../../handlers/api/routes.ts'
import { access } from '../../../shared/domain/deployment/environment.ts'
import { someOf } from '../../depth.ts'
import {
  approver,
  attacker,
  digest,
  linkData,
  namesake,
  parameters,
  questionsAbout,
  victim,
  worldWithVictim,
} from '../victim.ts'

const account = '111122223333'
const sessionOf = (user: string) =>
  `arn:aws:sts::${account}:assumed-role/AWSReservedSSO_Requester_0123456789abcdef/${user}`
const assumed = (name: string) => `arn:aws:sts::${account}:assumed-role/${name}/kim`
const role = (name: string) => `arn:aws:iam::${account}:role/${name}`
const rules = access.parse({
  auditors: [role('auditor')],
  uploaders: [{ folder: 'team-a', principals: [role('team-a')] }],
  requestAccounts: [account],
})
const arnOf = async (name: string) => `arn:aws:iam::${account}:role/aws-reserved/sso.amazonaws.com/${name}`
const attackers = [sessionOf(attacker), sessionOf(namesake), assumed('team-a'), assumed('nobody')]

let given: Awaited<ReturnType<typeof worldWithVictim>>
let serve: ReturnType<typeof api>
beforeEach(async () => {
  given = await worldWithVictim()
  const configuration = { ...given.world.configuration, folders: ['team-a'] }
  serve = api(given.world.ports, configuration, { access: rules, roles: { arnOf } })
})

type Sent = { readonly path?: Readonly<Record<string, string>>; readonly query?: Readonly<Record<string, string>> }

async function ask(arn: string, routeKey: string, { path, query, body }: Sent & { readonly body?: object } = {}) {
  const answered = await given.world.finish(
    serve({
      routeKey,
      rawPath: routeKey.split(' ')[1] ?? '',
      headers: { 'content-type': 'application/json' },
      isBase64Encoded: false,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(path === undefined ? {} : { pathParameters: path }),
      ...(query === undefined ? {} : { queryStringParameters: query }),
      requestContext: { requestId: 'r', http: { sourceIp: '192.0.2.1' }, authorizer: { iam: { userArn: arn } } },
    }),
  )
  return { statusCode: answered.statusCode, text: answered.body }
}

const routes = routesOf(apiChanges)
const reads = routes.filter((route) => route.startsWith('GET '))

/** Every parameter of the path and the query, with everything that names the victim. */
function questionsOf(route: string): readonly Sent[] {
  const values = questionsAbout(given.idOf(victim), given.idOf(attacker))
  const [, name] = /\{(\w+)\+?\}/.exec(route) ?? []
  if (name !== undefined) return values.map((value) => ({ path: { [name]: value } }))
  return parameters.flatMap((parameter, turn) =>
    someOf(values, turn).map((value) => ({ query: { [parameter]: value } })),
  )
}

describe('of the victim no attacker is told anything', () => {
  test.each(reads)(
    'by %s, whatever is named',
    async (route) => {
      for (const arn of attackers)
        for (const sent of questionsOf(route)) {
          const { text } = await ask(arn, route, sent)
          const told = given.secrets.filter((one) => text.includes(one) && !JSON.stringify(sent).includes(one))
          expect({ arn, sent, told }).toEqual({ arn, sent, told: [] })
        }
    },
    60_000,
  )

  const linked = { linkData, requestDetails: { duration: 'PT1H' } }
  const bodies: Readonly<Record<string, () => readonly object[]>> = {
    'POST /links': () => ['create', 'delete'].map((action) => ({ action, linkData })),
    'POST /permission-sets': () =>
      ['create', 'update', 'delete'].map((action) => ({
        action,
        permissionSetData: { permissionSetName: 'Asked-ps' },
      })),
    'POST /requests': () => [
      ...['ask', 'extend'].map((action) => ({ action, ...linked })),
      ...['finish', 'withdraw'].map((action) => ({ action, linkData, user: given.idOf(victim) })),
      ...['finish', 'withdraw'].map((action) => ({ action, linkData: `../${given.idOf(victim)}/${linkData}` })),
    ],
    'POST /decisions': () => [
      { review: 'quarter', verdict: 'revoke', digests: [digest] },
      { review: `../${given.idOf(approver)}/quarter`, verdict: 'keep', digests: [digest] },
    ],
    'POST /approvals': () => [{ digest, decision: 'approve', user: given.idOf(approver) }, { digest: `../${digest}` }],
  }
  test.each(routes.filter((route) => route.startsWith('POST ')))('by %s, and nothing changes', async (route) => {
    const before = await given.world.keys('')
    for (const arn of attackers)
      for (const body of bodies[route]?.() ?? [{ no: 'body is listed for this route' }]) {
        const { statusCode, text } = await ask(arn, route, { body })
        expect({ body, statusCode, isRefused: statusCode >= 400 }).toMatchObject({ isRefused: true })
        expect(given.secrets.filter((one) => text.includes(one))).toEqual([])
      }
    expect(Object.keys(bodies)).toContain(route)
    expect(await given.world.keys('')).toEqual(before)
  })
})

test('the same is told to the victim, to who may approve, and to auditors', async () => {
  const name = `${given.idOf(victim)}/${linkData}`
  const one = { path: { request: name } }
  for (const arn of [sessionOf(victim), sessionOf(approver), assumed('auditor')])
    expect((await ask(arn, 'GET /requests/{request+}', one)).text).toContain('secret-reason')
  expect((await ask(sessionOf(victim), 'GET /requests')).text).toContain('secret-reason')
  expect((await ask(sessionOf(victim), 'GET /eligibility')).text).toContain('secret-eligibility')
  expect((await ask(assumed('auditor'), 'GET /links')).text).toContain('Secret-ps')
  const items = { path: { review: 'quarter' } }
  for (const arn of [sessionOf(approver), assumed('auditor')]) {
    expect((await ask(arn, 'GET /reviews')).text).toContain('quarter')
    expect((await ask(arn, 'GET /reviews/{review}', items)).text).toContain('quarter')
    const all = { ...items, query: { of: 'all' } }
    expect((await ask(arn, 'GET /reviews/{review}/items', all)).text).toContain('Secret-ps')
  }
  const waiting = await ask(sessionOf(approver), 'GET /requests', { query: { of: 'waiting' } })
  expect(waiting.text).toContain('secret-reason')
})
