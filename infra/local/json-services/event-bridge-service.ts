import * as z from 'zod'
import type { MemoryEventBus } from '../../../shared/memory/memory-event-bus.ts'
import { type JsonOperation, operation } from './json-operation.ts'

const entry = z.object({
  Source: z.string().optional(),
  DetailType: z.string().optional(),
  Detail: z.string().optional(),
  EventBusName: z.string().optional(),
  /** Epoch seconds, as AWS's JSON protocols have instants. */
  Time: z
    .number()
    .transform((seconds) => new Date(seconds * 1000))
    .optional(),
})

/** EventBridge as AWS's clients put events: PutEvents of `AWSEvents`. Rules are a deployment's, not the local system's. */
export function eventBridgeOperations(bus: MemoryEventBus): Readonly<Record<string, JsonOperation>> {
  return {
    PutEvents: operation(z.object({ Entries: z.array(entry) }), async ({ Entries }) => {
      const results = bus.putEvents(Entries)
      return { Entries: results, FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length }
    }),
  }
}
