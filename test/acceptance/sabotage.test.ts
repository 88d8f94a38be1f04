import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { localBucketPolicy } from '../../infra/local/s3/local-bucket-policy.ts'
import { type LocalSystem, startLocal } from '../../infra/local/start-local.ts'
import { defaultConfiguration } from '../../shared/domain/deployment/configuration.ts'
import { CollectedLog } from '../collected-log.ts'
import { runAcceptance, type StepResult } from './acceptance.ts'
import { AcceptanceContext, type PersonKind } from './acceptance-context.ts'
import { denialsOf } from './denied-attempts.ts'
import { localPeople } from './local-people.ts'
import { type Sabotage, sabotages, type WireCall } from './sabotages.ts'
import { steps } from './steps.ts'

let system: LocalSystem
const servers: Server[] = []
const results = new Map<string, StepResult>()
/** All at a time: they wait for most of theirs. */
beforeAll(async () => {
  system = await startLocal({
    port: 0,
    configuration: {
      ...defaultConfiguration,
      directory: 'identity-center',
      auditorRole: 'ssofile-auditor',
      hygieneRole: 'ssofile-hygiene',
    },
    organizationFile: undefined,
    latencyMs: 0,
    latencyP99Ms: 0,
    timeScale: 20,
    log: new CollectedLog(),
  })
  await Promise.all(steps.map(({ name }, index) => sabotage(name, index)))
})
afterAll(async () => {
  for (const server of servers) server.close()
  await system.stop()
})

class SabotagedContext extends AcceptanceContext {
  sabotage: Sabotage | undefined

  override async rest(): Promise<void> {}
  protected override patienceFor(what: string): number {
    return this.sabotage?.says.test(`${what} did not come about`) ? 1_000 : this.options.patienceMs
  }
  override ssofile(kind: PersonKind, args: readonly string[]) {
    if (this.sabotage?.commands === undefined) throw new Error(`ssofile ${args.join(' ')} is not expected`)
    return Promise.resolve(this.sabotage.commands(kind, args))
  }
  override async aws(_: PersonKind, ...args: readonly string[]) {
    return this.sabotage?.aws?.(args) ?? {}
  }
  override signedApi(...args: Parameters<AcceptanceContext['signedApi']>) {
    const real = super.signedApi(...args)
    const { api } = this.sabotage ?? {}
    if (api !== undefined) real.call = async () => api
    return real
  }
}

async function sabotage(name: string, index: number): Promise<void> {
  const chosen = sabotages[name]
  if (chosen === undefined) return
  const endpoint = await serve(chosen)
  const context = new SabotagedContext(
    {
      ...{ bucket: 'ssofile', account: '233000000002', moreAccounts: ['240000000001'], group: 'team-Accountants' },
      ...{ endpoint, mayMakeGroups: true, mayMoveAccount: true, membershipFolder: '' },
      ...{ api: `${endpoint}/api`, page: endpoint, breakGlass: undefined, entitledRole: undefined },
      ...{ denials: denialsOf(localBucketPolicy()), deployment: 'ssofile' },
      ...{ deploys: { last: undefined, present: undefined }, region: 'us-east-1', organizationRegion: 'us-east-1' },
      ...{ patienceMs: 30_000, signal: new AbortController().signal },
      ...chosen.options,
      people: { ...localPeople, ...chosen.options?.people },
    },
    `acc-s${index}`,
  )
  context.sabotage = chosen
  chosen.before?.(context)
  // The system is thrown away, so nothing has to be undone; undoing is what the last step is about.
  const undoSince = name === 'what was made is removed' ? context.undoSince.bind(context) : async () => {}
  const step = steps.filter((one) => one.name === name)
  const changes = Object.assign(context, { undoSince })
  const [result] = await runAcceptance({ context: changes, steps: step, monotonicMs: () => performance.now() })
  if (result !== undefined) results.set(name, result)
}

/** The local system, with the answers of a sabotage before it. */
async function serve({ answers = () => undefined }: Sabotage): Promise<string> {
  const answer = async (asked: IncomingMessage, reply: ServerResponse) => {
    const body = await buffer(asked)
    const { method = '', headers } = asked
    const url = new URL(asked.url ?? '/', system.url)
    const given = answers(callOf(method, url, headers, body.toString()))
    if (given !== undefined) {
      const { status, body: content = '', headers: more = {} } = given
      const isText = typeof content === 'string'
      reply.writeHead(status, { 'content-type': isText ? 'application/xml' : 'application/x-amz-json-1.1', ...more })
      reply.end(isText ? content : JSON.stringify(content))
      return
    }
    const passedOn = request(url, { method, headers }, (answered) => {
      reply.writeHead(answered.statusCode ?? 500, answered.headers)
      answered.pipe(reply)
    })
    passedOn.end(body)
  }
  const server = createServer((asked, reply) => void answer(asked, reply)).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function callOf(method: string, url: URL, headers: IncomingMessage['headers'], body: string): WireCall {
  const [, , key = ''] = /^\/(ssofile)\/(.*)$/.exec(decodeURIComponent(url.pathname)) ?? []
  const [, target = ''] = String(headers['x-amz-target'] ?? '').split('.')
  const operation = target === '' ? (new URLSearchParams(body).get('Action') ?? '') : target
  return { method, path: url.pathname, operation, key, query: url.searchParams, body }
}

test('each step has a sabotage, and each sabotage a step', () => {
  expect(Object.keys(sabotages).sort()).toEqual(steps.map(({ name }) => name).sort())
})

test.each(Object.entries(sabotages).map(([name, wanted]) => [name, wanted.off, wanted] as const))(
  '%s: not without %s',
  (name, _, wanted) => {
    const result = results.get(name)
    expect(result).toMatchObject({
      outcome: wanted.outcome ?? 'failed',
      reason: expect.stringMatching(wanted.says),
    })
  },
)
