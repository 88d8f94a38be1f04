import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import type { Clock } from '../../../shared/ports/clock.ts'
import type { FunctionName, FunctionSettings } from '../../../shared/ports/deployment-settings.ts'
import { ExecutionEnvironment } from './execution-environment.ts'

/** The input of an invocation: a batch of the function's queue, or another request; nothing from its schedule. */
export type Handler<E = SQSEvent> = (event?: E) => Promise<unknown>

export type LambdaFunctionOptions<E = SQSEvent> = {
  readonly name: FunctionName
  readonly settings: FunctionSettings
  readonly clock: Clock
  /** A function gets at least this long by `clock`: this machine does not run faster under a time scale. Default: 0. */
  readonly leastTimeoutMs?: number
  /** The start of an environment: opens its ports, whose calls have its session token. */
  readonly open: (environment: ExecutionEnvironment) => Handler<E>
  /** Gets each environment that starts or is dead. */
  readonly onEnvironment?: (environment: ExecutionEnvironment) => void
}

/** CloudWatch's counts. (Lambda Developer Guide, "Types of metrics for Lambda functions".) */
export type FunctionMetrics = {
  invocations: number
  /** Failed invocations, including timeouts. */
  errors: number
  timeouts: number
  throttles: number
  recursiveInvocationsDropped: number
  asyncEventsDropped: number
  /** The maximum at the same time. */
  concurrentExecutions: number
}

/** The function is at its concurrency: nothing was invoked. (Lambda API Reference, "Invoke", TooManyRequestsException.) */
export class ThrottledError extends Error {
  override readonly name = 'TooManyRequestsException'
}

/** Lambda keeps this many instances for all functions without a reservation. (Lambda Developer Guide, "Reserved concurrency".) */
const unreservedConcurrency = 100

/** One function of a deployment: the settings of the table, and as many environments as it needs. */
export class LambdaFunction<E extends object = SQSEvent> {
  readonly name: FunctionName
  readonly settings: FunctionSettings
  readonly metrics: FunctionMetrics = {
    invocations: 0,
    errors: 0,
    timeouts: 0,
    throttles: 0,
    recursiveInvocationsDropped: 0,
    asyncEventsDropped: 0,
    concurrentExecutions: 0,
  }
  readonly #options: LambdaFunctionOptions<E>
  readonly #idle: { readonly environment: ExecutionEnvironment; readonly handle: Handler<E> }[] = []
  readonly #running = new Set<ExecutionEnvironment>()

  constructor(options: LambdaFunctionOptions<E>) {
    this.#options = options
    this.name = options.name
    this.settings = options.settings
  }

  /** Runs it once. Throws ThrottledError; also throws if the function throws, or takes longer than its timeout. */
  async invoke(event?: E): Promise<unknown> {
    if (this.#running.size >= (this.settings.reservedConcurrency ?? unreservedConcurrency)) {
      this.metrics.throttles += 1
      throw new ThrottledError(`the function ${this.name} is at its concurrency of ${this.#running.size}`)
    }
    const { allowed, stopped } = this.#sortOut(event)
    if (event !== undefined && allowed === undefined) return stopped
    const warm = this.#idle.pop() ?? this.#start()
    this.#running.add(warm.environment)
    this.metrics.invocations += 1
    this.metrics.concurrentExecutions = Math.max(this.metrics.concurrentExecutions, this.#running.size)
    warm.environment.thaw(this.#traceHeaderOf(allowed))
    try {
      return withStopped(await this.#untilTimeout(warm.handle(allowed)), stopped)
    } catch (error) {
      this.metrics.errors += 1
      if (error instanceof TimeoutError) {
        this.metrics.timeouts += 1
        this.#end(warm.environment)
      }
      throw error
    } finally {
      this.#running.delete(warm.environment)
      warm.environment.freeze()
      if (!warm.environment.isDead) this.#idle.push(warm)
    }
  }

  stop(): void {
    for (const environment of [...this.#running, ...this.#idle.map((idle) => idle.environment)]) this.#end(environment)
    this.#idle.splice(0)
  }

  #start() {
    const environment = new ExecutionEnvironment(this.name, randomUUID())
    this.#options.onEnvironment?.(environment)
    return { environment, handle: this.#options.open(environment) }
  }

  #end(environment: ExecutionEnvironment): void {
    environment.kill()
    this.#options.onEnvironment?.(environment)
  }

  async #untilTimeout(answer: Promise<unknown>): Promise<unknown> {
    const { clock, leastTimeoutMs = 0 } = this.#options
    const { timeoutSeconds } = this.settings
    const answered = new AbortController()
    const timeout = clock.sleep(Math.max(timeoutSeconds * 1000, leastTimeoutMs), answered.signal).then(() => {
      if (!answered.signal.aborted)
        throw new TimeoutError(`the function ${this.name} timed out after ${timeoutSeconds} s; its calls are cut off`)
    })
    try {
      return await Promise.race([answer, timeout])
    } finally {
      answered.abort()
    }
  }

  /** Messages in a looping chain are not handled. They fail, come again, and end in the dead-letter queue. */
  #sortOut(event: E | undefined): { readonly allowed: E | undefined; readonly stopped?: SQSBatchResponse } {
    const isStopped = ({ attributes }: SQSRecord) =>
      !this.settings.allowsRecursion && isLoop(parseLineage(attributes.AWSTraceHeader), this.name)
    const records = recordsOf(event)
    const stopped = records.filter(isStopped)
    if (event === undefined || stopped.length === 0) return { allowed: event }
    this.metrics.recursiveInvocationsDropped += stopped.length
    const others = records.filter((record) => !isStopped(record))
    return {
      allowed: others.length === 0 ? undefined : { ...event, Records: others },
      stopped: { batchItemFailures: stopped.map(({ messageId }) => ({ itemIdentifier: messageId })) },
    }
  }

  #traceHeaderOf(event: E | undefined): string {
    const lineages = recordsOf(event).map(({ attributes }) => parseLineage(attributes.AWSTraceHeader))
    const root = `1-${Math.floor(this.#options.clock.now().getTime() / 1000).toString(16)}-${randomBytes(12).toString('hex')}`
    return renderTraceHeader(root, extendLineage(lineages, this.name))
  }
}

function recordsOf(event: object | undefined): readonly SQSRecord[] {
  return event !== undefined && 'Records' in event && Array.isArray(event.Records) ? event.Records : []
}

class TimeoutError extends Error {
  override readonly name = 'TimeoutError'
}

/** A function that answers nothing has handled everything. */
function withStopped(answer: unknown, stopped: SQSBatchResponse | undefined): unknown {
  if (stopped === undefined) return answer
  const own: unknown =
    typeof answer === 'object' && answer !== null && 'batchItemFailures' in answer ? answer.batchItemFailures : []
  return { batchItemFailures: [...stopped.batchItemFailures, ...(Array.isArray(own) ? own : [])] }
}

/** How many times each function (by the hash of its name) has been invoked in one chain of requests. */
type Lineage = ReadonlyMap<string, number>

const invocationsMost = 16

/** The chain of a trace header; without one, a new chain. Source: AWS X-Ray Developer Guide, "Tracing header", Lineage. */
function parseLineage(traceHeader: string | undefined): Lineage {
  const lineage = /(?:^|;)Lineage=([^;]*)/.exec(traceHeader ?? '')?.[1] ?? ''
  const parts = [...lineage.matchAll(/([0-9a-f]{8}):(\d+)/g)]
  return new Map(parts.map(([, hash = '', count = '0']) => [hash, Number(count)]))
}

function renderTraceHeader(root: string, lineage: Lineage): string {
  return `Root=${root};Lineage=${[...lineage].map(([hash, count]) => `${hash}:${count}`).join('|')}`
}

/** The chain of the function's own messages while it handles messages of these chains: the longest of each counts. */
function extendLineage(lineages: readonly Lineage[], functionName: string): Lineage {
  const longest = new Map<string, number>()
  for (const [hash, count] of lineages.flatMap((lineage) => [...lineage]))
    longest.set(hash, Math.max(count, longest.get(hash) ?? 0))
  const own = hashOf(functionName)
  return longest.set(own, 1 + (longest.get(own) ?? 0))
}

/**
 * Whether Lambda stops the next invocation: the function has run 16 times in this chain. (Lambda Developer Guide, "Use
 * Lambda recursive loop detection to prevent infinite loops".)
 */
function isLoop(lineage: Lineage, functionName: string): boolean {
  return (lineage.get(hashOf(functionName)) ?? 0) >= invocationsMost
}

function hashOf(functionName: string): string {
  return createHash('sha256').update(functionName).digest('hex').slice(0, 8)
}
