import type { ObjectStore, ReadObject, WriteResult } from '../../shared/ports/object-store.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import { ServiceError } from '../../shared/ports/service-error.ts'
import type { AssignmentRequest, Provisioning } from '../../shared/ports/sso-admin.ts'
import { wrapPort } from '../../shared/reconcile/calls/wrap-port.ts'

/** What a process is given instead of its ports. */
export type Change = (ports: Ports) => Ports

type Replaceable = 'objects' | 'queues' | 'ssoAdmin' | 'organizations' | 'identityStore'

/** Some methods of one port are otherwise. */
export function otherwise<Name extends Replaceable>(
  name: Name,
  override: (port: Ports[Name], ports: Ports) => Partial<Ports[Name]>,
): Change {
  return (ports) => ({ ...ports, [name]: wrapPort(ports[name], (_, call) => call(), override(ports[name], ports)) })
}

export function both(one: Change, other: Change): Change {
  return (ports) => other(one(ports))
}

type Read = (read: () => Promise<ReadObject | undefined>, key: string, ports: Ports) => Promise<ReadObject | undefined>

/** Objects under `prefix` are read otherwise. */
export function reading(prefix: string, read: Read): Change {
  return otherwise('objects', (objects, ports) => {
    const get: ObjectStore['get'] = (key, options) => {
      const found = () => objects.get(key, options)
      return key.startsWith(prefix) ? read(found, key, ports) : found()
    }
    const getIfChanged: ObjectStore['getIfChanged'] = (key, etag) =>
      key.startsWith(prefix) ? get(key) : objects.getIfChanged(key, etag)
    return { get, getIfChanged }
  })
}

/** What is read under `prefix` says something else. */
export function misreading(prefix: string, change: (text: string) => string): Change {
  return reading(prefix, async (read) => {
    const found = await read()
    return found && { ...found, body: Buffer.from(change(Buffer.from(found.body).toString())) }
  })
}

/** Nobody sees the objects under `prefix`, by their keys. */
export function notFinding(prefix: string): Change {
  return otherwise('objects', (objects) => ({
    head: async (key) => (key.startsWith(prefix) ? undefined : objects.head(key)),
  }))
}

/** Listings lack some keys. */
export function overlooking(missed: RegExp): Change {
  return otherwise('objects', (objects) => ({
    async *list(prefix, options) {
      for await (const head of objects.list(prefix, options)) if (!missed.test(head.key)) yield head
    },
  }))
}

type Written = Parameters<ObjectStore['put']>
type Write = (ports: Ports, ...written: Written) => Promise<WriteResult>

/** Objects under `prefix` are written otherwise. */
export function writing(prefix: string, write: Write): Change {
  return otherwise('objects', (objects, ports) => ({
    put: (...written) => (written[0].startsWith(prefix) ? write(ports, ...written) : objects.put(...written)),
  }))
}

/** What is written under `prefix` says something else. */
export function miswriting(prefix: string, change: (text: string) => string): Change {
  return writing(prefix, ({ objects }, key, body, ...rest) =>
    objects.put(key, change(Buffer.from(body).toString()), ...rest),
  )
}

/** Nothing is written under `prefix`, and nobody is told; `only`: under which conditions. */
export function forgetting(prefix: string, only?: 'ifMatch' | 'ifNoneMatch'): Change {
  return writing(prefix, async (ports, key, body, condition) => {
    const isMeant = only === undefined || (condition !== undefined && only in condition)
    return isMeant ? unwritten(ports) : ports.objects.put(key, body, condition)
  })
}

/** Nothing under `prefix` is deleted, and nobody is told. */
export function keeping(prefix: string): Change {
  return otherwise('objects', (objects) => ({
    delete: async (key, condition) => (key.startsWith(prefix) ? 'deleted' : objects.delete(key, condition)),
  }))
}

export function unwritten({ clock }: Ports): WriteResult {
  return { outcome: 'written', etag: 'nothing', servedAt: clock.now() }
}

/** Each write under `prefix` holds its condition, or pretends to. */
export function overwriting(prefix: string): Change {
  return writing(prefix, async ({ objects }, key, body, condition) => {
    const result = await objects.put(key, body, condition)
    return result.outcome === 'lost' ? objects.put(key, body) : result
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

/** An error of `codes` of a creation is taken for a refusal. */
export function refusedAt(codes: RegExp): Change {
  return otherwise('ssoAdmin', (ssoAdmin) => ({
    createAccountAssignment: (target, options) =>
      taken(ssoAdmin.createAccountAssignment(target, options), codes, () => {
        throw new ServiceError('sso-admin', 'ValidationException', 'refused')
      }),
  }))
}

/** An error of `codes` of a creation is taken for success. */
export function succeedingAt(codes: RegExp): Change {
  return otherwise('ssoAdmin', (ssoAdmin, { clock }) => {
    const madeUp = new Map<string, AssignmentRequest>()
    return {
      createAccountAssignment: (target, options) =>
        taken(ssoAdmin.createAccountAssignment(target, options), codes, () => {
          const requestId = `made up ${madeUp.size}`
          const request: AssignmentRequest = { requestId, state: 'SUCCEEDED', createdAt: clock.now(), target }
          madeUp.set(requestId, request)
          return request
        }),
      describeAssignmentRequest: async (kind, id) => madeUp.get(id) ?? ssoAdmin.describeAssignmentRequest(kind, id),
    }
  })
}

/** What SSO Admin answers once a provisioning is over. */
export function provisioned(permissionSetArn: Provisioning['permissionSetArn'], { clock }: Ports): Provisioning {
  return { requestId: permissionSetArn, state: 'SUCCEEDED', createdAt: clock.now(), permissionSetArn }
}
