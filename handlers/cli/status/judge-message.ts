import { queuesOfPeople } from '../../../shared/domain/inputs/kind.ts'
import { hint } from '../../../shared/domain/messages/hint.ts'
import { decodeS3Key, parseS3Event, parseS3Record } from '../../../shared/domain/messages/s3-event.ts'
import { digestMessage } from '../../../shared/modules/notifications/rules/digest.ts'
import type { ReceivedMessage } from '../../../shared/ports/queues.ts'
import type { JudgeMessage, RedrivenQueue } from '../../../shared/reconcile/records/dead-letters.ts'
import { describeError } from '../../../shared/reconcile/records/failures.ts'
import { parseInput } from '../../../shared/reconcile/records/inputs.ts'

/** The inputs of a message. Throws if its handler could never read it. */
type ListInputs = (message: ReceivedMessage) => readonly string[]

const ofPeople: ListInputs = (message) => [parseInput(queuesOfPeople, message).key]
const ofHint: ListInputs = ({ body }) => [hint.parse(JSON.parse(body)).cause]
/** Handlers accept every event, because they trust none. */
const ofEvent: ListInputs = () => []

/** The handlers' own parsers, by queue. */
const parsers: Readonly<Record<RedrivenQueue, ListInputs>> = {
  uploads: ({ body }) => parseS3Event(body).map((record) => decodeS3Key(parseS3Record(record).s3.object.key)),
  links: (message) => [parseInput('links', message).key],
  'permission-sets': (message) => [parseInput('permission-sets', message).key],
  requests: ofPeople,
  people: ofPeople,
  urgent: ofPeople,
  'work-urgent': ofHint,
  work: ofHint,
  'work-bulk': ofHint,
  digests: ({ body }) => {
    digestMessage.parse(JSON.parse(body))
    return []
  },
  events: ofEvent,
  usage: ofEvent,
}

/** `fault`: its handler could never read it. */
export const judgeMessage: JudgeMessage = (queue, message) => {
  try {
    return { about: parsers[queue](message) }
  } catch (error) {
    return { about: [], fault: `it is not a message for the queue ${queue}: ${describeError(error)}` }
  }
}
