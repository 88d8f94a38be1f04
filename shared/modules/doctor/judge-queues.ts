import { type Finding, fail, ok, warn } from '../../domain/guardrails/finding.ts'
import { queueSettings } from '../../ports/deployment-settings.ts'
import type { Installation } from '../../ports/installation.ts'
import { type WorkedQueue, workedQueues } from '../../ports/queues.ts'
import { answerOf } from '../../ports/service-error.ts'
import { deadLetterUrl } from '../../reconcile/records/dead-letters.ts'
import { unasked } from './ask.ts'

type Attributes = Readonly<Record<string, string>> | undefined
export type SeenQueue = { readonly name: WorkedQueue; readonly queue: Attributes; readonly dead: Attributes }

/** Whether every queue exists, with its handler's times and its dead-letter queue, and how many messages failed. */
export function judgeQueues(queues: readonly SeenQueue[]): readonly Finding[] {
  const faults = queues.flatMap((seen) => faultsOf(seen))
  const given = queues.filter(({ dead }) => Number(dead?.ApproximateNumberOfMessages ?? 0) > 0)
  const letters = given.map(({ name, dead }) => `${name} ${dead?.ApproximateNumberOfMessages}`)
  return [
    ...(faults.length === 0
      ? [ok('queues', `${queues.length}, as the deployment needs them`)]
      : faults.map((told) => fail('queues', told, 'deploy again: npm run deploy -- --environment NAME'))),
    letters.length === 0
      ? ok('dead letters', 'none')
      : warn('dead letters', `messages were given up: ${letters.join(', ')}`, 'ssofile redrive'),
  ]
}

function faultsOf({ name, queue, dead }: SeenQueue): readonly string[] {
  if (queue === undefined) return [`the queue ${name} does not exist`]
  const { visibilityTimeoutSeconds } = queueSettings[name]
  const seconds = Number(queue.VisibilityTimeout)
  return [
    ...(seconds < visibilityTimeoutSeconds
      ? [`the queue ${name} shows a message again after ${seconds} s, expected ${visibilityTimeoutSeconds}`]
      : []),
    ...(name !== 'dispatch' && dead === undefined ? [`the queue ${name} has no dead-letter queue`] : []),
  ]
}

/** The queues of a deployment, by their URLs. */
export async function examineQueues(
  installation: Pick<Installation, 'queueAttributes'>,
  urls: Readonly<Partial<Record<WorkedQueue, string>>>,
): Promise<readonly Finding[]> {
  const seen: SeenQueue[] = []
  for (const name of workedQueues) {
    const url = urls[name]
    if (url === undefined) {
      seen.push({ name, queue: undefined, dead: undefined })
      continue
    }
    const queue = await answerOf(installation.queueAttributes(url))
    if ('error' in queue) return [unasked('queues', queue.error, { needs: 'sqs:GetQueueAttributes' })]
    const dead = name === 'dispatch' ? undefined : await answerOf(installation.queueAttributes(deadLetterUrl(url)))
    if (dead && 'error' in dead) return [unasked('queues', dead.error, { needs: 'sqs:GetQueueAttributes' })]
    seen.push({ name, queue: queue.is, dead: dead?.is })
  }
  return judgeQueues(seen)
}
