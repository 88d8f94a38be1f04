import { type FunctionName, functionNames } from '../../ports/deployment-settings.ts'
import type { Queues } from '../../ports/queues.ts'
import { knowSenders } from '../../ports/senders.ts'

const roleIdOf = (name: FunctionName) => `AROA${name.replaceAll('-', '').toUpperCase()}`

/** The ids of the functions' roles in the models. IAM draws them. */
export const modelRoleIds = Object.fromEntries(functionNames.map((name) => [name, roleIdOf(name)]))
export const modelSenderOf = knowSenders(modelRoleIds)

/** SQS's `SenderId` of a message of this function. */
export function modelSenderId(name: FunctionName): string {
  return `${roleIdOf(name)}:${name}`
}

/** The queues as this function uses them: they keep who sent a message. */
export function sentBy(queues: Queues, name: FunctionName): Queues {
  return {
    send: (queue, messages) =>
      queues.send(
        queue,
        messages.map((message) => ({ ...message, senderId: modelSenderId(name) })),
      ),
    receive: (queue, options) => queues.receive(queue, options),
    delete: (queue, receiptHandle) => queues.delete(queue, receiptHandle),
    changeVisibility: (queue, receiptHandles, seconds) => queues.changeVisibility(queue, receiptHandles, seconds),
  }
}
