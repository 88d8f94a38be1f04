import type { Account } from '../../shared/domain/organization/organization-view.ts'
import type { PrincipalId } from '../../shared/domain/principals/identity-center-ids.ts'
import type { ObjectStore, ReadObject, WriteResult } from '../../shared/ports/object-store.ts'
import type { Page } from '../../shared/ports/page.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import { ServiceError } from '../../shared/ports/service-error.ts'
import type { AssignmentRequest, AssignmentTarget, Provisioning } from '../../shared/ports/sso-admin.ts'
import { wrapPort } from '../../shared/reconcile/calls/wrap-port.ts'

type Replaceable = 'objects' | 'queues' | 'ssoAdmin' | 'organizations' | 'identityStore'

/** The ports with some methods of one of them otherwise. */
export function otherwise<Name extends Replaceable>(ports: Ports, name: Name, overrides: Partial<Ports[Name]>): Ports {
  return { ...ports, [name]: wrapPort(ports[name], (_, call) => call(), overrides) }
}

/** The first answer to a question counts for all processes of a life, who share its log. */
function first<Answer>() {
  const lives = new WeakMap<Ports['log'], Map<string, Promise<Answer>>>()
  return ({ log }: Ports, question: string, ask: () => Promise<Answer>): Promise<Answer> => {
    const known = lives.get(log) ?? new Map<string, Promise<Answer>>()
    lives.set(log, known)
    const answer = known.get(question) ?? ask()
    known.set(question, answer)
    return answer
  }
}

type Read = (read: () => Promise<ReadObject | undefined>, key: string) => Promise<ReadObject | undefined>

/** Objects under `prefix` are read otherwise. */
export function reading(ports: Ports, prefix: string, read: Read): Ports {
  const { objects } = ports
  const get: ObjectStore['get'] = (key, options) => {
    const found = () => objects.get(key, options)
    return key.startsWith(prefix) ? read(found, key) : found()
  }
  const getIfChanged: ObjectStore['getIfChanged'] = (key, etag) =>
    key.startsWith(prefix) ? get(key) : objects.getIfChanged(key, etag)
  return otherwise(ports, 'objects', { get, getIfChanged })
}

export const firstPlace = first<Account | undefined>()
const firstRead = first<ReadObject | undefined>()

/** What is read under `prefix` says something else. */
export function misreading(ports: Ports, prefix: string, change: (text: string) => string): Ports {
  return reading(ports, prefix, async (read) => {
    const found = await read()
    return found && { ...found, body: Buffer.from(change(Buffer.from(found.body).toString())) }
  })
}

/** What is written under `prefix` is written otherwise. */
export function writing(ports: Ports, prefix: string, put: ObjectStore['put']): Ports {
  return otherwise(ports, 'objects', {
    put: (...written) => (written[0].startsWith(prefix) ? put(...written) : ports.objects.put(...written)),
  })
}

/** What is written under `prefix` says something else. */
export function miswriting(ports: Ports, prefix: string, change: (text: string) => string): Ports {
  return writing(ports, prefix, (key, body, ...rest) =>
    ports.objects.put(key, change(Buffer.from(body).toString()), ...rest),
  )
}

/** Nothing is written under `prefix`, and nobody is told. */
export function forgetting(ports: Ports, prefix: string): Ports {
  return writing(ports, prefix, async () => ({ outcome: 'written', etag: 'nothing', servedAt: ports.clock.now() }))
}

/** Listings lack some keys. */
export function overlooking(ports: Ports, isMissed: (key: string) => boolean): Ports {
  const { objects } = ports
  return otherwise(ports, 'objects', {
    async *list(prefix, options) {
      for await (const head of objects.list(prefix, options)) if (!isMissed(head.key)) yield head
    },
  })
}

/** An error of `codes` is taken for an answer. */
export async function taken<Answer>(call: Promise<Answer>, codes: RegExp, answer: () => Answer): Promise<Answer> {
  try {
    return await call
  } catch (error) {
    if (error instanceof ServiceError && codes.test(error.code)) return answer()
    throw error
  }
}

/** What SSO Admin answers once a request is over. */
export function succeeded(target: AssignmentTarget, { clock }: Ports): AssignmentRequest {
  return { requestId: `made-up ${JSON.stringify(target)}`, state: 'SUCCEEDED', createdAt: clock.now(), target }
}

export function provisioned(permissionSetArn: Provisioning['permissionSetArn'], { clock }: Ports): Provisioning {
  return { requestId: permissionSetArn, state: 'SUCCEEDED', createdAt: clock.now(), permissionSetArn }
}

export function madeUp(requestId: string, ports: Ports): AssignmentRequest | undefined {
  const [, target] = /^made-up (.*)$/.exec(requestId) ?? []
  return target === undefined ? undefined : succeeded(JSON.parse(target), ports)
}

/** A write that holds its condition, or pretends to. */
export async function overwriting(
  ports: Ports,
  ...[key, body, condition]: Parameters<ObjectStore['put']>
): Promise<WriteResult> {
  const result = await ports.objects.put(key, body, condition)
  return result.outcome === 'lost' ? ports.objects.put(key, body) : result
}

/** What was read first under `prefix` is believed for ever, absence too. */
export function readingOnce(ports: Ports, prefix: string): Ports {
  return reading(ports, prefix, (read, key) => firstRead(ports, key, read))
}

type Send = Ports['queues']['send']

/** Other messages are sent. */
export function sending(ports: Ports, change: (...sent: Parameters<Send>) => Parameters<Send>[1]): Ports {
  const send: Send = (queue, messages) => ports.queues.send(queue, change(queue, messages))
  return otherwise(ports, 'queues', { send })
}

const listed = new WeakMap<Ports['log'], Map<string, Set<PrincipalId>>>()

/** Whoever was listed once is listed for ever, in all processes of a life. */
export function remembering(
  { log }: Ports,
  list: (of: PrincipalId, token?: string) => Promise<Page<PrincipalId>>,
): (of: PrincipalId, token?: string) => Promise<Page<PrincipalId>> {
  const known = listed.get(log) ?? new Map<string, Set<PrincipalId>>()
  listed.set(log, known)
  return async (of, token) => {
    const page = await list(of, token)
    const all = (known.get(of) ?? new Set()).union(new Set(page.items))
    known.set(of, all)
    return { ...page, items: [...all] }
  }
}
