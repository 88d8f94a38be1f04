import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import type { Configuration } from '../shared/domain/deployment/configuration.ts'
import { inputQueues } from '../shared/domain/inputs/kind.ts'
import { ownerOf, queueOf } from '../shared/domain/inputs/kinds.ts'
import type { InputMessage } from '../shared/domain/links/input-message.ts'
import { decodeS3Key, parseS3Event, parseS3Record, type S3EventRecord } from '../shared/domain/messages/s3-event.ts'
import { routerShareOf } from '../shared/ports/deployment-settings.ts'
import type { Ports } from '../shared/ports/ports.ts'
import { isDeletion, messagesOf, queueOfInput } from '../shared/reconcile/records/inputs.ts'
import { personThrottle } from './person-throttle.ts'
import { runBatch } from './run-batch.ts'

/**
 * Passes S3's notifications from the standard queue, the only kind that S3 can notify, to the FIFO queues; each folder or uploader has few
 * message groups. It acts on nothing: the key says where to look, the rest is for the log. `apiPrincipals`: S3's names of the API and the
 * page, if there are any: `AWS:` and the id of a role, and perhaps the name of a session after it.
 */
export function router(
  ports: Ports,
  configuration: Configuration,
  { apiPrincipals = [] }: { readonly apiPrincipals?: readonly string[] } = {},
): (event: SQSEvent) => Promise<SQSBatchResponse> {
  const admits = {
    there: personThrottle(ports.clock, routerShareOf('there')),
    deleted: personThrottle(ports.clock, routerShareOf('deleted')),
  }
  const isAdmitted = ({ key, event, by }: InputMessage) => {
    const owner = ownerOf(key)
    return owner === undefined || admits[isDeletion(event) ? 'deleted' : 'there'](`${owner} ${by?.principalId}`)
  }
  return (event) =>
    runBatch(event, 'standard', ports, async ({ body, messageId }) => {
      const unreadable: unknown[] = []
      const inputs = parseS3Event(body).flatMap((record, index) => {
        try {
          return toInput(parseS3Record(record), `${messageId}/${index}`, apiPrincipals)
        } catch (error) {
          unreadable.push(error)
          return []
        }
      })
      const { admitted = [], left = [] } = Object.groupBy(inputs, (one) => (isAdmitted(one) ? 'admitted' : 'left'))
      for (const queue of inputQueues) {
        const messages = admitted
          .filter((input) => queueOfInput(input) === queue)
          .flatMap((message) => messagesOf(message, configuration))
        if (messages.length > 0) await ports.queues.send(queue, messages)
      }
      for (const { key, event: name, by, id } of admitted)
        ports.log.info('input changed', { input: key, event: name, by, id })
      for (const { key } of left)
        ports.log.warn('a person has changed too many own files at once; the sweep looks at this one', { input: key })
      // The readable records have gone on; the message comes again and ends in the dead-letter queue, with an alarm.
      if (unreadable.length > 0) throw new AggregateError(unreadable, 'a notification has a record that cannot be read')
    })
}

function toInput(
  { eventName, eventTime, userIdentity, requestParameters, s3 }: S3EventRecord,
  id: string,
  apiPrincipals: readonly string[],
): InputMessage[] {
  const key = decodeS3Key(s3.object.key)
  if (queueOf(key) === undefined) return []
  const sourceIpAddress = requestParameters?.sourceIPAddress
  const by = userIdentity && { principalId: userIdentity.principalId, sourceIpAddress, at: eventTime }
  const { eTag: etag, versionId } = s3.object
  const isByApi = by !== undefined && apiPrincipals.some((one) => isNamed(one, by.principalId))
  return [{ v: 1, key, id, event: eventName, by, ...(isByApi ? { isByApi } : {}), etag, versionId }]
}

function isNamed(principal: string, principalId: string): boolean {
  return principalId === principal || principalId.startsWith(`${principal}:`)
}
