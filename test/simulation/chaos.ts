import type { RoleName } from '../../infra/function-permissions.ts'
import type { SeededRandomness } from '../../shared/memory/seeded-randomness.ts'
import { ServiceError, type WorkedService } from '../../shared/ports/service-error.ts'

/** Nothing happened: who was refused asks again. */
const refusals = [
  'refuse-throttled',
  'refuse-conflict',
  'refuse-internal',
  'refuse-broken',
  'refuse-denied',
  'refuse-race',
] as const
/** A request five seconds on its way, or an answer on its way back. */
const lates = ['late', 'late-answer'] as const
const losses = ['kill-before', 'kill-after', 'freeze', 'lose-answer', 'break-answer'] as const

/** What can be done to one call of the product. */
export const faultKinds = [...losses, ...refusals, ...lates, 'slow'] as const
export type FaultKind = (typeof faultKinds)[number]

/** Nothing but slow. */
export const lateKinds: ReadonlySet<string> = new Set(lates)
/** They lose nothing. */
export const harmless: ReadonlySet<string> = new Set([...refusals, ...lates])

/** Which calls a fault is for. Each call is struck alone by every-fault.ts; these are to meet each other. */
const callGroups = {
  any: () => true,
  writes: ({ operation }: Call) => /^(put|delete|send|changeVisibility|create|attach)/.test(operation),
  links: ({ key, operation }: Call) => operation === 'get' && key?.startsWith('links_data/') === true,
  ledger: ({ key, operation }: Call) => operation === 'put' && key?.startsWith('assignments/') === true,
  lists: ({ service, operation }: Call) => service === 's3' && operation === 'list',
  messages: ({ service }: Call) => service === 'sqs',
  access: ({ service }: Call) => service === 'sso-admin',
  directory: ({ service }: Call) => service === 'identitystore',
  organization: ({ service }: Call) => service === 'organizations',
  creations: ({ operation }: Call) => operation === 'createAccountAssignment',
  deletions: ({ operation }: Call) => operation === 'deleteAccountAssignment',
  definitions: ({ operation, service }: Call) =>
    service === 'sso-admin' &&
    /^(update|tag|untag|attach|detach|put|delete|provision)(?!AccountAssignment)/.test(operation),
} as const satisfies Record<string, (call: Call) => boolean>
export type CallGroup = keyof typeof callGroups
export const callGroupNames = Object.keys(callGroups) as [CallGroup, ...CallGroup[]]

/** Strikes the first matching call after `skip` others, `times` in a row. */
export type Fault = {
  readonly kind: FaultKind
  readonly calls: CallGroup
  readonly process: 'dispatcher' | 'handler' | 'any'
  readonly skip: number
  readonly times: number
}

export type Call = {
  readonly service: WorkedService
  readonly operation: string
  /** The key, where the call is about one. */
  readonly key?: string
  /** Whose call it is. */
  readonly by: RoleName
  /** It had left its process, and stood still on its way: nobody could call it back. */
  readonly wasHeld?: boolean
  /** A write or delete of an object under a condition. */
  readonly isConditional?: boolean
}

/** Decides by the seed how long each call takes, and which faults strike it. */
export class Chaos {
  readonly struck = new Map<FaultKind, number>()
  readonly #randomness: SeededRandomness
  readonly #pending: { fault: Fault; skip: number; times: number }[] = []
  #isOver = false
  #note: ((call: Call) => void) | undefined

  constructor(randomness: SeededRandomness) {
    this.#randomness = randomness
  }

  add(fault: Fault): void {
    this.#pending.push({ fault, skip: fault.skip, times: fault.times })
  }

  /** Tells each call from now on that a fault could strike. */
  watch(note: (call: Call) => void): void {
    this.#note = note
  }

  /** The second phase: nothing strikes any more. */
  end(): void {
    this.#isOver = true
    this.#note = undefined
    this.#pending.splice(0)
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Milliseconds that this call travels, one way: sometimes long enough to change the order of everything. */
  travelMs(): number {
    const draw = this.#randomness.fraction()
    if (!this.#isOver && draw > 0.985) return Math.floor(5_000 * this.#randomness.fraction())
    return 1 + Math.floor(20 * draw)
  }

  /** Until another process has taken the lease; the longer, until it has taken the messages as well. */
  freezeMs(): number {
    return this.#randomness.fraction() < 0.5 ? 70_000 : 130_000
  }

  /** Whether the call took effect or not: an answer of a load balancer, or of a service that is overloaded. */
  brokenAnswer({ service }: Call, hasTakenEffect: boolean): ServiceError {
    const answers = hasTakenEffect ? serverErrors : [...serverErrors, throttledKey]
    const answer = answers[Math.floor(answers.length * this.#randomness.fraction())] ?? throttledKey
    const { code, httpStatus } = answer
    return new ServiceError(service, code, `an answer with HTTP ${httpStatus}`, { httpStatus })
  }

  strike(call: Call): FaultKind | undefined {
    this.#note?.(call)
    const struck = this.#pending.find(({ fault }) => matches(fault, call))
    if (!struck) return undefined
    if (struck.skip-- > 0) return undefined
    if (--struck.times <= 0) this.#pending.splice(this.#pending.indexOf(struck), 1)
    const { kind } = struck.fault
    this.struck.set(kind, (this.struck.get(kind) ?? 0) + 1)
    return kind
  }
}

/** An empty 503 has no code, one in HTML is no JSON; AWS SDK for JavaScript names them so. Others are of no API's list. */
const serverErrors = [
  { code: 'Unknown', httpStatus: 503 },
  { code: 'SyntaxError', httpStatus: 502 },
  { code: 'ServiceUnavailableException', httpStatus: 503 },
  { code: 'InternalFailure', httpStatus: 500 },
  { code: 'InternalServerException', httpStatus: 500 },
] as const
/** Of an instance, bucket or queue that is encrypted by a customer's key: nothing happened. */
const throttledKey = { code: 'KMS.ThrottlingException', httpStatus: 400 } as const

function matches({ calls, process, kind }: Fault, call: Call): boolean {
  if (process !== 'any' && (process === 'dispatcher') !== (call.by === 'dispatcher')) return false
  return canStrike(kind, call) && callGroups[calls](call)
}

/** Whether AWS could do that to this call. */
export function canStrike(kind: FaultKind, call: Call): boolean {
  const isAssignmentCall = /^(create|delete)AccountAssignment$/.test(call.operation)
  if ((kind === 'refuse-conflict' || kind === 'refuse-denied') && !isAssignmentCall) return false
  return kind !== 'refuse-race' || call.isConditional === true
}

/** Kinds of faults that the API itself refuses a call with. */
export type RefusalKind = Exclude<Extract<FaultKind, `refuse-${string}`>, 'refuse-broken'>

/** AWS's codes of an internal error, and of throttling. */
const codes = {
  s3: ['InternalError', 'SlowDown'],
  sqs: ['ServiceUnavailable', 'RequestThrottled'],
  'sso-admin': ['InternalServerException', 'ThrottlingException'],
  identitystore: ['InternalServerException', 'ThrottlingException'],
  organizations: ['ServiceException', 'TooManyRequestsException'],
} as const satisfies Record<WorkedService, readonly [string, string]>

/** The error that a refused call throws. */
export function refusalFor(kind: RefusalKind, { service, operation }: Call): ServiceError {
  if (kind === 'refuse-denied')
    return new ServiceError(service, 'AccessDeniedException', `User is not authorized to perform: sso:${operation}`)
  if (kind === 'refuse-race')
    return new ServiceError(service, 'ConditionalRequestConflict', 'a conflicting operation', { httpStatus: 409 })
  if (kind === 'refuse-conflict')
    return new ServiceError(service, 'ConflictException', 'There is a conflicting operation in process.')
  const [internal, throttled] = codes[service]
  return kind === 'refuse-internal'
    ? new ServiceError(service, internal, 'an internal error')
    : new ServiceError(service, throttled, 'Rate exceeded')
}
