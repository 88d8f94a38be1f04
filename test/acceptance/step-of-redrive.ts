import { GetQueueAttributesCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import * as z from 'zod'
import type { InputMessage } from '../../shared/domain/links/input-message.ts'
import { deadLetterUrl } from '../../shared/reconcile/records/dead-letters.ts'
import type { Step } from './acceptance.ts'
import type { AcceptanceContext } from './acceptance-context.ts'

const letters = z.array(z.object({ messageId: z.string(), about: z.array(z.string()), done: z.string() }))

async function redriveLinks(context: AcceptanceContext, ...args: readonly string[]) {
  const { exitCode, stdout, stderr } = await context.ssofile('operator', ['redrive', 'links', ...args, '--json'])
  if (exitCode > 1) throw new Error(`ssofile redrive: ${stderr}`)
  return letters.parse(JSON.parse(stdout))
}

/**
 * No person may send to a queue. An administrator makes a message that is given up already: five failures in a row would take half an hour.
 * It is about a link that is not there.
 */
export const redrive: Step<AcceptanceContext> = {
  name: 'a dead letter is told and put back by an operator, and worked off',
  async run(context, note) {
    const { prefix, options } = context
    const sqs = context.sqs('administrator')
    const queue = await context.queueUrl('links')
    const key = `links_data/account%${options.account}%${prefix}-dead%${options.group}%GROUP%ssofile`
    const message: InputMessage = { v: 1, key, id: prefix, event: 'ObjectRemoved:Delete' }
    const sent = { MessageBody: JSON.stringify(message), MessageGroupId: prefix, MessageDeduplicationId: prefix }
    for (const kind of ['operator', 'administrator'] as const) {
      const forging = context.sqs(kind).send(new SendMessageCommand({ ...sent, QueueUrl: queue }))
      const said = await forging.then(
        () => 'it was accepted',
        (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : String(error)),
      )
      if (!/AccessDenied/.test(said))
        throw new Error(`the ${kind} sends a message to the queue of links: ${said}, expected AccessDenied`)
    }
    const { MessageId = '' } = await sqs.send(new SendMessageCommand({ ...sent, QueueUrl: deadLetterUrl(queue) }))
    const find = async (...args: readonly string[]) =>
      (await redriveLinks(context, ...args)).find(({ messageId }) => messageId === MessageId)
    context.undo(`the dead letter ${MessageId}`, async () => {
      if (await find()) await find('--discard', MessageId)
    })
    const told = await find()
    if (told?.about[0] !== key || told.done !== 'left') throw new Error(`it was told as ${JSON.stringify(told)}`)
    const putBack = await find('--message', MessageId)
    if (putBack?.done !== 'put-back') throw new Error(`it was not put back: ${JSON.stringify(putBack)}`)
    const AttributeNames = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const
    const isEmpty = async () => {
      const { Attributes = {} } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: queue, AttributeNames: [...AttributeNames] }),
      )
      return AttributeNames.every((name) => Attributes[name] === '0')
    }
    note({ redrivenToWorkedOffMs: await context.untilMs('the end of the message', isEmpty) })
    if (await find()) throw new Error('it was given up again')
  },
}
