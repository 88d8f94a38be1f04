import type { SQSRecord } from 'aws-lambda'
import { queuesOfPeople } from '../shared/domain/inputs/kind.ts'
import { subjectOf } from '../shared/domain/inputs/kinds.ts'
import type { InputMessage } from '../shared/domain/links/input-message.ts'
import { openInputs } from '../shared/modules/input-context.ts'
import { controllerOf } from '../shared/modules/modules.ts'
import { peopleChanged } from '../shared/modules/requests/follow-people.ts'
import { queueOfInput } from '../shared/reconcile/records/inputs.ts'
import type { QueueHandler } from './handler.ts'
import { runInputs } from './run-inputs.ts'

/**
 * Evaluates requests and approvals that may have changed: decides, grants by a link, and reports the result. It also handles files that
 * suspend people, make groups, put people into groups by name or by rule, and name attributes for access control. Removals of access have
 * their own pace at the directory: they do not wait behind other calls, nor slow down for them.
 */
export const requests: QueueHandler = (ports, configuration) => {
  const urgent = openInputs(ports, configuration)
  const ordinary = openInputs(ports, configuration)
  return (event) => {
    // Once for all messages of the batch.
    let isAsked = false
    const askAnew = () => {
      if (!isAsked) ordinary.people.forget()
      isAsked = true
    }
    const reconcile = (message: InputMessage, { attributes }: SQSRecord) => {
      if (message.event === peopleChanged) askAnew()
      const sent = Number(attributes.SentTimestamp)
      const context = queueOfInput(message) === 'urgent' ? urgent : ordinary
      return controllerOf(message.key)(message, { ...context, sentMs: Number.isFinite(sent) ? sent : undefined })
    }
    return runInputs(event, { ports, configuration, queues: queuesOfPeople, reconcile, orderOf })
  }
}

function orderOf({ key, isAlone, overtakes }: InputMessage): string {
  return isAlone || overtakes ? key : subjectOf(key)
}
