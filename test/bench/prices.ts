import { type FunctionName, functionSettings } from '../../shared/ports/deployment-settings.ts'

/**
 * Dollars each in US East (N. Virginia), without free tiers: S3 Standard, SQS, Lambda on Arm. (The pages "Amazon S3 pricing",
 * "Amazon SQS pricing" and "AWS Lambda Pricing", July 2026.) Deletions in S3 cost nothing.
 */
const million = 1_000_000
const dollars = {
  objectWrite: 5 / million,
  objectRead: 0.4 / million,
  /** Of FIFO queues; a standard queue costs 0.40. */
  queueRequest: 0.5 / million,
  invocation: 0.2 / million,
  gigabyteSecond: 0.0000133334,
} as const

/** What was done, counted by a run. */
export type Usage = {
  /** By port and operation, as `objects put` or `objects.put`: listings and sends as often as they are called. */
  readonly calls: ReadonlyMap<string, number>
  readonly invocations: readonly { readonly name: FunctionName; readonly ms: number }[]
}

/** Where the money goes. */
export type Cost = {
  readonly objects: number
  readonly queues: number
  readonly functions: number
  /** To S3: each is a line of its access logs. */
  readonly requests: number
}

export function costOf({ calls, invocations }: Usage): Cost {
  const count = (pattern: RegExp) =>
    [...calls].filter(([call]) => pattern.test(call)).reduce((sum, [, times]) => sum + times, 0)
  const writes = count(/^objects.(put|list|beginUpload|uploadPart|completeUpload)/)
  const reads = count(/^objects.(get|head)/)
  const gigabyteSeconds = invocations.reduce(
    (sum, { name, ms }) => sum + (ms / 1000) * (functionSettings[name].memoryMb / 1024),
    0,
  )
  return {
    requests: count(/^objects./),
    objects: writes * dollars.objectWrite + reads * dollars.objectRead,
    queues: count(/^queues./) * dollars.queueRequest,
    functions: invocations.length * dollars.invocation + gigabyteSeconds * dollars.gigabyteSecond,
  }
}

export function sumOf({ objects, queues, functions }: Cost): number {
  return objects + queues + functions
}

export function addCosts(costs: readonly Cost[]): Cost {
  return costs.reduce(
    (sum, cost) => ({
      objects: sum.objects + cost.objects,
      queues: sum.queues + cost.queues,
      functions: sum.functions + cost.functions,
      requests: sum.requests + cost.requests,
    }),
    { objects: 0, queues: 0, functions: 0, requests: 0 },
  )
}

export function repeatCost({ objects, queues, functions, requests }: Cost, times: number): Cost {
  return {
    objects: objects * times,
    queues: queues * times,
    functions: functions * times,
    requests: requests * times,
  }
}

/**
 * What it costs that Lambda asks the queues of event source mappings, also when they are empty: an assumption from the Lambda
 * Developer Guide, "Using Lambda with Amazon SQS": five long polls at a time, of 20 seconds each.
 */
export function pollingCost(mappings: number, days: number): Cost {
  const polls = (mappings * 5 * days * 24 * 60 * 60) / 20
  return { objects: 0, queues: polls * dollars.queueRequest, functions: 0, requests: 0 }
}
