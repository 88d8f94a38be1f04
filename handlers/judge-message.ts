import { queuesOfPeople } from '../shared/domain/inputs/kind.ts'
import { hint } from '../shared/domain/messages/hint.ts'
import { decodeS3Key, parseS3Event, parseS3Record } from '../shared/domain/messages/s3-event.ts'
import type { FunctionName } from '../shared/ports/deployment-settings.ts'
import type { ReceivedMessage } from '../shared/ports/queues.ts'
import type { JudgeMessage, RedrivenQueue } from '../shared/reconcile/records/dead-letters.ts'
import { describeError } from '../shared/reconcile/records/failures.ts'
import { parseInput } from '../shared/reconcile/records/inputs.ts'
import { parseDigest } from './digests.ts'

/** The inputs of a message. Throws if its handler could never read it. */
type ListInputs = (message: ReceivedMessage, sender: FunctionName | undefined) => string[]

const ofPeople: ListInputs = (message, sender) => [parseInput(queuesOfPeople, message, sender).key]
const ofHint: ListInputs = ({ body }) => [hint.parse(JSON.parse(body)).cause]
/** Handlers accept every event, because they trust none. */
const ofEvent: ListInputs = () => []

/** The handlers' own parsers, by queue. */
const parsers: Readonly<Record<RedrivenQueue, ListInputs>> = {
  uploads: ({ body }) => parseS3Event(body).map((record) => decodeS3Key(parseS3Record(record).s3.object.key)),
  links: (message, sender) => [parseInput('links', message, sender).key],
  'permission-sets': (message, sender) => [parseInput('permission-sets', message, sender).key],
  requests: ofPeople,
  people: ofPeople,
  urgent: ofPeople,
  'work-urgent': ofHint,
  work: ofHint,
  'work-bulk': ofHint,
  digests: ({ body }, sender) => {
    parseDigest(body, sender)
    return []
  },
  events: ofEvent,
  usage: ofEvent,
}

/** `fault`: its handler could never read it. */
export const judgeMessage: JudgeMessage = (queue, message, sender) => {
  try {
    return { about: parsers[queue](message, sender) }
  } catch (error) {
    return { about: [], fault: `it is not a message for the queue ${queue}: ${describeError(error)}` }
  }
}
