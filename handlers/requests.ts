import type { SQSRecord } from 'aws-lambda'
import { subjectOf } from '../shared/domain/inputs/kinds.ts'
import type { InputMessage } from '../shared/domain/links/input-message.ts'
import { isFolderMarker } from '../shared/domain/links/link.ts'
import { tellFailedLook } from '../shared/reconcile/inputs/tell-failed-look.ts'
import { parseInput, queueOfInput, queuesOfPeople, sendAlone } from '../shared/reconcile/records/inputs.ts'
import { peopleChanged } from '../shared/reconcile/requests/follow-people.ts'
import { controllerOf } from './controllers.ts'
import type { QueueHandler } from './handler.ts'
import { openInputs } from './input-context.ts'
import { runBatch } from './run-batch.ts'

/**
 * Looks at requests and approvals that may have changed: decides, grants by a link, and tells what became of them; and at files
 * that suspend people, make groups, put people into them, by name or by rule, and name attributes for access control. What takes
 * access away has a pace of its own at the directory: it does not wait behind calls for others, nor slow down for them.
 */
export const requests: QueueHandler = (ports, configuration) => {
  const urgent = openInputs(ports, configuration)
  const ordinary = openInputs(ports, configuration)
  const work = async ({ body, attributes }: SQSRecord, askAnew: () => void) => {
    const message = parseInput(queuesOfPeople, { body, receiveCount: attributes.ApproximateReceiveCount })
    if (isFolderMarker(message.key)) return
    try {
      if (message.event === peopleChanged) askAnew()
      const sent = Number(attributes.SentTimestamp)
      const context = queueOfInput(message) === 'urgent' ? urgent : ordinary
      await controllerOf(message.key)(message, { ...context, sentMs: Number.isFinite(sent) ? sent : undefined })
    } catch (error) {
      if (await tellFailedLook(message, error, ports, configuration)) return
      if (message.isAlone) throw error
      ports.log.warn('a request could not be looked at; it is tried again', { input: message.key, error })
      await sendAlone(ports.queues, message, configuration)
    }
  }
  return (event) => {
    // Once for all that come together.
    let isAsked = false
    const askAnew = () => {
      if (!isAsked) ordinary.people.forget()
      isAsked = true
    }
    return runBatch(event, 'fifo', ports, (record) => work(record, askAnew), orderOf)
  }
}

function orderOf({ key, isAlone }: InputMessage): string {
  return isAlone ? key : subjectOf(key)
}
