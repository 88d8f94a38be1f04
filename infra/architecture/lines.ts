import * as z from 'zod'
import { statementsOf } from './arrows.ts'
import type { Found, PartKind, Resources } from './read-architecture.ts'

type Subject = { readonly id: string; readonly kind: PartKind; readonly properties: Found['properties'] }

/** What is said of a part besides its name. */
export function linesOf(one: Subject, resources: Resources): readonly string[] {
  const [stack = ''] = one.id.split('/')
  const watched = [one.id, ...resources.namedIn(one.properties.RedrivePolicy, stack)]
  const alarms = resources.ofType('AWS::CloudWatch::Alarm').filter(({ stack: other, properties }) => {
    const measured = resources.namedIn([properties.Dimensions, properties.Metrics], other)
    if (measured.length === 0) return one.kind === 'dashboard'
    // The metrics of a rule name its bus too.
    return one.kind !== 'bus' && measured.some((id) => watched.includes(id))
  })
  return [...ownLines(one, resources), ...(alarms.length === 0 ? [] : [`alarms: ${alarms.length}`])]
}

function ownLines(one: Subject, resources: Resources): readonly string[] {
  const { properties, kind } = one
  switch (kind) {
    case 'queue': {
      const { maxReceiveCount } = redriveSchema.parse(properties.RedrivePolicy ?? {})
      const dead = maxReceiveCount === undefined ? [] : [`dead letters after ${maxReceiveCount} tries`]
      return [...(properties.FifoQueue === true ? ['FIFO'] : []), ...dead]
    }
    case 'schedule':
      return [String(properties.ScheduleExpression)]
    case 'function': {
      const writes = statementsOf(one, resources).flatMap(({ Action, Resource }) =>
        Action.includes('s3:PutObject') ? [Resource].flat().map((arn) => prefixOf(arn)) : [],
      )
      return writes.length === 0 ? [] : wrap(`writes ${writes.join(' ')}`)
    }
    case 'topic':
      return resources
        .ofType('AWS::SNS::Subscription')
        .filter(({ stack, properties: { TopicArn } }) => resources.namedIn(TopicArn, stack).includes(one.id))
        .map(({ properties: { Protocol } }) => `to ${String(Protocol)}`)
    default:
      return []
  }
}

const redriveSchema = z.object({ maxReceiveCount: z.number().optional() })

function prefixOf(arn: unknown): string {
  return String(arn)
    .replace(/^[^/]*\//, '')
    .replace(/\*$/, '')
}

const lineMost = 40

function wrap(text: string): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + word.length >= lineMost) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}
