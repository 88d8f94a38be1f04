import type { ObjectStore, ReadObject, WriteResult } from '../../shared/ports/object-store.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import { ServiceError } from '../../shared/ports/service-error.ts'
import type { AssignmentRequest, Provisioning } from '../../shared/ports/sso-admin.ts'
import { wrapPort } from '../../shared/reconcile/calls/wrap-port.ts'

/** Replaces the ports of a process. */
export type Change = (ports: Ports) => Ports

type Replaceable = 'objects' | 'queues' | 'ssoAdmin' | 'organizations' | 'identityStore'

/** Replaces some methods of one port. */
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

/** Changes reads of objects under `prefix`. */
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

/** Changes the text of objects read under `prefix`. */
export function misreading(prefix: string, change: (text: string) => string): Change {
  return reading(prefix, async (read) => {
    const found = await read()
    return found && { ...found, body: Buffer.from(change(Buffer.from(found.body).toString())) }
  })
}

/** Hides the objects under `prefix` from reads by key. */
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

/** Changes writes of objects under `prefix`. */
export function writing(prefix: string, write: Write): Change {
  return otherwise('objects', (objects, ports) => ({
    put: (...written) => (written[0].startsWith(prefix) ? write(ports, ...written) : objects.put(...written)),
  }))
}

/** Changes the text of objects written under `prefix`. */
export function miswriting(prefix: string, change: (text: string) => string): Change {
  return writing(prefix, ({ objects }, key, body, ...rest) =>
    objects.put(key, change(Buffer.from(body).toString()), ...rest),
  )
}

/** Silently drops writes under `prefix`. `only`: writes with this condition. */
export function forgetting(prefix: string, only?: 'ifMatch' | 'ifNoneMatch'): Change {
  return writing(prefix, async (ports, key, body, condition) => {
    const isMeant = only === undefined || (condition !== undefined && only in condition)
    return isMeant ? unwritten(ports) : ports.objects.put(key, body, condition)
  })
}

/** Silently drops deletions under `prefix`. */
export function keeping(prefix: string): Change {
  return otherwise('objects', (objects) => ({
    delete: async (key, condition) => (key.startsWith(prefix) ? 'deleted' : objects.delete(key, condition)),
  }))
}

export function unwritten({ clock }: Ports): WriteResult {
  return { outcome: 'written', etag: 'nothing', servedAt: clock.now() }
}

/** Each conditional write under `prefix` succeeds, or pretends to. */
export function overwriting(prefix: string): Change {
  return writing(prefix, async ({ objects }, key, body, condition) => {
    const result = await objects.put(key, body, condition)
    return result.outcome === 'lost' ? objects.put(key, body) : result
  })
}

/** Treats an error with one of `codes` as an answer. */
export async function taken<Answer>(
  call: Promise<Answer>,
  codes: RegExp,
  answer: () => Answer | Promise<Answer>,
): Promise<Answer> {
  try {
    return await call
  } catch (error) {
    if (error instanceof ServiceError && codes.test(error.code)) return answer()
    throw error
  }
}

/** Treats an error of a creation with one of `codes` as a refusal. */
export function refusedAt(codes: RegExp): Change {
  return otherwise('ssoAdmin', (ssoAdmin) => ({
    createAccountAssignment: (target, options) =>
      taken(ssoAdmin.createAccountAssignment(target, options), codes, () => {
        throw new ServiceError('sso-admin', 'ValidationException', 'refused')
      }),
  }))
}

/** Treats an error of a creation with one of `codes` as success. */
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

/** SSO Admin's answer after the end of a provisioning. */
export function provisioned(permissionSetArn: Provisioning['permissionSetArn'], { clock }: Ports): Provisioning {
  return { requestId: permissionSetArn, state: 'SUCCEEDED', createdAt: clock.now(), permissionSetArn }
}
