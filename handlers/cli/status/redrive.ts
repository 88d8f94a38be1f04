import type { Command } from 'commander'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { type DeadLetter, deadLetter } from '../../../shared/reconcile/records/dead-letters.ts'
import { type RedriveAnswer, type RedriveQuestion, redriveAnswer } from '../../redrive.ts'
import { Refusal } from '../arguments/refusal.ts'
import { paint } from '../terminal/paint.ts'
import { renderJson } from '../terminal/render-json.ts'
import { askRedrive } from './ask-redrive.ts'

type Options = {
  readonly all?: boolean
  readonly message?: string
  readonly discard?: string
  readonly json?: boolean
}
type Ended = RedriveAnswer['ended'][number]

const redriven = deadLetter.shape.queue.options
const bodyTold = 400

/** `ssofile redrive`: lists messages in the dead-letter queues, and puts them back. */
export function addRedrive(program: Command): void {
  program
    .command('redrive')
    .argument('[queue]', `one of ${redriven.join(', ')}; default: all`)
    .description(
      'Shows the messages in the dead-letter queues with the reason; --all and --message have them put back. It needs a deployment and lambda:InvokeFunction on its function redrive.',
    )
    .option('--all', 'send all again, except messages that can never be processed')
    .option('--message <id>', 'send this one again')
    .option('--discard <id>', 'delete this one; the next reconcile finds its subject')
    .option('--json', 'the messages as JSON')
    .addHelpText('after', '\nExamples:\n  ssofile redrive\n  ssofile redrive links --all')
    .action(async (queue: string | undefined, options: Options) => {
      process.exitCode = await redrive(queue, options)
    })
}

async function redrive(argument: string | undefined, options: Options): Promise<number> {
  const { all, message, discard, json = false } = options
  if ([all, message, discard].filter((given) => given !== undefined).length > 1)
    throw new Refusal('received more than one of --all, --message and --discard, expected one of them')
  const queues = argument === undefined ? [...redriven] : [parseQueue(argument)]
  const question: RedriveQuestion = { redrive: { queues, ...(all && { all }), message, discard } }
  const isChange = all === true || message !== undefined || discard !== undefined
  const { ended, isPartial } = redriveAnswer.parse(await askRedrive(question, isChange))
  const id = message ?? discard
  if (id !== undefined && !ended.some(({ letter }) => letter.messageId === id))
    throw new Refusal(`no message '${quote(id)}' is in a dead-letter queue; ssofile redrive lists them`)
  process.stdout.write(json ? renderJson(ended.map(({ letter, done }) => ({ ...letter, done }))) : render(ended))
  if (isPartial) process.stderr.write('there may be more messages; run ssofile redrive again when these are gone\n')
  return ended.some(({ done }) => done === 'left') ? 1 : 0
}

/** Accepts ssofile's name or SQS's, of the queue or of its dead-letter queue. */
function parseQueue(argument: string): DeadLetter['queue'] {
  const name = argument
    .replace(/^ssofile-/, '')
    .replace(/\.fifo$/, '')
    .replace(/-dead$/, '')
  const queue = redriven.find((known) => known === name)
  if (queue === undefined)
    throw new Refusal(`received the queue '${quote(argument)}', expected one of ${redriven.join(', ')}`)
  return queue
}

function render(ended: readonly Ended[]): string {
  const left = ended.filter(({ done }) => done === 'left')
  const putBack = ended.filter(({ done }) => done === 'put-back').length
  const discarded = ended.filter(({ done }) => done === 'discarded').length
  if (ended.length === 0) return `${paint('good', 'The dead-letter queues are empty.')}\n`
  const remedy = left.some(({ letter }) => letter.fault === undefined)
    ? '\nWhen the cause is gone, run ssofile redrive --all\n'
    : ''
  const figures = [
    ...(left.length > 0 ? [paint('bad', `${count(left.length, 'message')} in dead-letter queues`)] : []),
    ...(putBack > 0 ? [`${count(putBack, 'message')} sent again`] : []),
    ...(discarded > 0 ? [`${count(discarded, 'message')} discarded`] : []),
  ]
  return `${ended.map(renderOne).join('')}${figures.join(', ')}\n${remedy}`
}

function renderOne({ letter, done }: Ended): string {
  const { queue, messageId, sentAt, tries, about, errors, failedAt, fault, status, body } = letter
  const [error = 'not recorded; see the log of the deployment', ...causes] = errors
  const tried = tries && `${count(tries, 'time')}${failedAt === undefined ? '' : `, last at ${failedAt}`}`
  const lines: (readonly [string, string | undefined])[] = [
    ...about.map((key) => ['about', key] as const),
    ['sent', sentAt],
    ['tried', tried || undefined],
    ['why', fault === undefined ? error : `it can never be processed: ${fault}`],
    ...(fault === undefined ? causes.map((cause) => ['because', cause] as const) : []),
    ['status', status],
    ['body', about.length === 0 ? body.slice(0, bodyTold) : undefined],
    ['do', fault === undefined || done !== 'left' ? undefined : `ssofile redrive --discard ${messageId}`],
  ]
  const word = { left: paint('bad', 'given up'), 'put-back': paint('good', 'put back'), discarded: 'discarded' }[done]
  const told = lines.flatMap(([name, text]) =>
    text === undefined ? [] : [`  ${name.padEnd(10)}${quote(text, 2_000)}\n`],
  )
  return `${queue}  ${messageId}  ${word}\n${told.join('')}\n`
}
