import type { RoleName } from '../../infra/function-permissions.ts'
import type { SeededRandomness } from '../../shared/memory/seeded-randomness.ts'
import { concurrentModification, ServiceError, type WorkedService } from '../../shared/ports/service-error.ts'

/** A refused call took no effect, and the caller tries again. */
const refusals = [
  'refuse-throttled',
  'refuse-conflict',
  'refuse-internal',
  'refuse-broken',
  'refuse-denied',
  'refuse-race',
] as const
/** A request or an answer travels for five seconds. */
const lates = ['late', 'late-answer'] as const
const losses = ['kill-before', 'kill-after', 'freeze', 'lose-answer', 'break-answer'] as const

/** The faults that can strike one call of the product. */
export const faultKinds = [...losses, ...refusals, ...lates, 'slow'] as const
export type FaultKind = (typeof faultKinds)[number]

/** These only make calls slow. */
export const lateKinds: ReadonlySet<string> = new Set(lates)
/** These lose nothing. */
export const harmless: ReadonlySet<string> = new Set([...refusals, ...lates])

/** The calls that a fault may strike. every-fault.ts strikes each call alone; here faults meet each other. */
const callGroups = {
  any: () => true,
  writes: ({ operation }: Call) => /^(put|delete|send|changeVisibility|create|attach)/.test(operation),
  links: ({ key, operation }: Call) => operation === 'get' && key?.startsWith('links_data/') === true,
  ledger: ({ key, operation }: Call) => operation === 'put' && key?.startsWith('assignments/') === true,
  lists: ({ service, operation }: Call) => service === 's3' && operation === 'list',
  messages: ({ service }: Call) => service === 'sqs',
  access: ({ service }: Call) => service === 'sso-admin',
  directory: ({ service }: Call) => service === 'identitystore',
  directoryWrites: isDirectoryWrite,
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

/** The services of the functions that live in a simulation. */
export type LivedService = WorkedService | 'events' | 'sns' | 'iam'

export type Call = {
  readonly service: LivedService
  readonly operation: string
  /** The key, if the call is about one. */
  readonly key?: string
  /** The role of the caller. */
  readonly by: RoleName
  /** The call had left its process and was frozen on its way: nobody could abort it. */
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

  /** Reports each call from now on that a fault could strike. */
  watch(note: (call: Call) => void): void {
    this.#note = note
  }

  /** The second phase: no more faults. */
  end(): void {
    this.#isOver = true
    this.#note = undefined
    this.#pending.splice(0)
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** The travel time of this call, one way, in milliseconds. Sometimes it is long enough to change the order of everything. */
  travelMs(): number {
    const draw = this.#randomness.fraction()
    if (!this.#isOver && draw > 0.985) return Math.floor(5_000 * this.#randomness.fraction())
    return 1 + Math.floor(20 * draw)
  }

  /** A freeze lasts until another process has taken the lease. The longer one lasts until it has taken the messages too. */
  freezeMs(): number {
    return this.#randomness.fraction() < 0.5 ? 70_000 : 130_000
  }

  /** The answer of a load balancer or of an overloaded service, whether the call took effect or not. */
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

/**
 * The AWS SDK for JavaScript gives these names to an empty 503, which has no code, and to HTML, which is not JSON. The others are in no
 * API's list.
 */
const serverErrors = [
  { code: 'Unknown', httpStatus: 503 },
  { code: 'SyntaxError', httpStatus: 502 },
  { code: 'ServiceUnavailableException', httpStatus: 503 },
  { code: 'InternalFailure', httpStatus: 500 },
  { code: 'InternalServerException', httpStatus: 500 },
] as const
/** A customer's key encrypts the instance, bucket or queue, and KMS throttled its use: nothing happened. */
const throttledKey = { code: 'KMS.ThrottlingException', httpStatus: 400 } as const

function matches({ calls, process, kind }: Fault, call: Call): boolean {
  if (process !== 'any' && (process === 'dispatcher') !== (call.by === 'dispatcher')) return false
  return canStrike(kind, call) && callGroups[calls](call)
}

function isDirectoryWrite({ service, operation }: Call): boolean {
  return service === 'identitystore' && /^(create|update|delete)/.test(operation)
}

/** Whether AWS could do that to this call. */
export function canStrike(kind: FaultKind, call: Call): boolean {
  const isAssignmentCall = /^(create|delete)AccountAssignment$/.test(call.operation)
  if (kind === 'refuse-conflict' || kind === 'refuse-denied') return isAssignmentCall || isDirectoryWrite(call)
  return kind !== 'refuse-race' || call.isConditional === true
}

/** Faults that are refusals by the API itself. */
export type RefusalKind = Exclude<Extract<FaultKind, `refuse-${string}`>, 'refuse-broken'>

/** AWS's codes of an internal error, and of throttling. */
const codes = {
  s3: ['InternalError', 'SlowDown'],
  sqs: ['ServiceUnavailable', 'RequestThrottled'],
  'sso-admin': ['InternalServerException', 'ThrottlingException'],
  identitystore: ['InternalServerException', 'ThrottlingException'],
  organizations: ['ServiceException', 'TooManyRequestsException'],
  events: ['InternalException', 'ThrottlingException'],
  sns: ['InternalError', 'Throttled'],
  iam: ['ServiceFailure', 'Throttling'],
} as const satisfies Record<LivedService, readonly [string, string]>

/** The error that a refused call throws. */
export function refusalFor(kind: RefusalKind, { service, operation }: Call): ServiceError {
  if (kind === 'refuse-denied')
    return new ServiceError(service, 'AccessDeniedException', `User is not authorized to perform: ${operation}`)
  if (kind === 'refuse-race')
    return new ServiceError(service, 'ConditionalRequestConflict', 'a conflicting operation', { httpStatus: 409 })
  if (kind === 'refuse-conflict' && service === 'identitystore')
    return new ServiceError(service, concurrentModification, 'Another request changes it.')
  if (kind === 'refuse-conflict')
    return new ServiceError(service, 'ConflictException', 'There is a conflicting operation in process.')
  const [internal, throttled] = codes[service]
  return kind === 'refuse-internal'
    ? new ServiceError(service, internal, 'an internal error')
    : new ServiceError(service, throttled, 'Rate exceeded')
}
