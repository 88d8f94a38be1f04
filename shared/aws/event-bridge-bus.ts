import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { escapeBody } from '../domain/messages/message-body.ts'
import type { EventBus, OutgoingEvent } from '../ports/event-bus.ts'
import { notificationSource } from '../ports/event-bus.ts'
import { answerOf } from './answers.ts'
import { type AwsPortsOptions, clientSettings } from './aws-ports.ts'

export function openEventBridgeBus(name: string, endpoint?: AwsPortsOptions['endpoint']): EventBus {
  return new EventBridgeBus(new EventBridgeClient(clientSettings(endpoint)), name)
}

/** One bus of EventBridge, over a client that tries each call once. */
export class EventBridgeBus implements EventBus {
  readonly #client: EventBridgeClient
  readonly #name: string

  constructor(client: EventBridgeClient, name: string) {
    this.#client = client
    this.#name = name
  }

  async put(events: readonly OutgoingEvent[]): Promise<readonly (string | undefined)[]> {
    const Entries = events.map(({ detailType, time, detail }) => ({
      EventBusName: this.#name,
      Source: notificationSource,
      DetailType: detailType,
      Time: time,
      // A target of a rule may be a queue.
      Detail: escapeBody(detail),
    }))
    const output = await answerOf('events', this.#client.send(new PutEventsCommand({ Entries })))
    // The answer has one entry for each event, in the same order. (EventBridge API Reference, "PutEvents".) The bus did not accept an event
    // without an entry.
    return events.map((_, index) => {
      const entry = output.Entries?.[index]
      return entry?.EventId === undefined ? (entry?.ErrorCode ?? 'NoAnswer') : undefined
    })
  }
}
