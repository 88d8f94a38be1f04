import * as z from 'zod'
import { arrowsOf } from './arrows.ts'
import { linesOf } from './lines.ts'

const resourceSchema = z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) })
export const templateSchema = z.object({ Resources: z.record(z.string(), resourceSchema) })
export type Template = z.infer<typeof templateSchema>

export type PartKind =
  | 'api'
  | 'bucket'
  | 'bus'
  | 'dashboard'
  | 'deployment'
  | 'function'
  | 'queue'
  | 'rule'
  | 'schedule'
  | 'service'
  | 'topic'

/** A resource that is drawn, or a service of AWS that functions call. */
export type Part = {
  readonly id: string
  /** Of its stack; absent: a service. */
  readonly stack?: string
  readonly kind: PartKind
  /** As AWS calls it, without the name of the deployment. */
  readonly name: string
  /** What else is said of it. */
  readonly lines: readonly string[]
}
export type ArrowKind = 'delivers' | 'sends' | 'calls' | 'alarms'
export type Arrow = { readonly from: string; readonly to: string; readonly kind: ArrowKind }
export type Architecture = { readonly parts: readonly Part[]; readonly arrows: readonly Arrow[] }

/** A resource of a template, with the part that it is drawn as, if it is. */
export type Found = {
  readonly id: string
  readonly stack: string
  readonly type: string
  readonly properties: Readonly<Record<string, unknown>>
  readonly kind: PartKind | undefined
}

const kinds: Readonly<Record<string, PartKind>> = {
  'AWS::ApiGateway::RestApi': 'api',
  'AWS::ApiGatewayV2::Api': 'api',
  'AWS::CloudWatch::Dashboard': 'dashboard',
  'AWS::Events::EventBus': 'bus',
  'AWS::Events::Rule': 'rule',
  'AWS::Lambda::Function': 'function',
  'AWS::S3::Bucket': 'bucket',
  'AWS::SNS::Topic': 'topic',
  'AWS::SQS::Queue': 'queue',
}

function kindOf(type: string, properties: object): PartKind | undefined {
  if (type === 'AWS::Events::Rule' && 'ScheduleExpression' in properties) return 'schedule'
  return type.startsWith('Custom::') ? 'deployment' : kinds[type]
}

/** What the templates of one deployment are made of, and what goes from where to where; by the names of their stacks. */
export function readArchitecture(templates: Readonly<Record<string, Template>>): Architecture {
  const found = Object.entries(templates).flatMap(([stack, { Resources }]) =>
    Object.entries(Resources).map(([logicalId, { Type: type, Properties: properties }]): Found => {
      return { id: `${stack}/${logicalId}`, stack, type, properties, kind: kindOf(type, properties) }
    }),
  )
  const resources = new Resources(found)
  const { arrows, services } = arrowsOf(resources)
  const parts = resources.drawn.map(
    ({ id, stack, kind, properties }): Part => ({
      id,
      stack,
      kind,
      name: resources.nameOf(id),
      lines: linesOf({ id, kind, properties }, resources),
    }),
  )
  return joinAlike({ parts: [...parts, ...services], arrows })
}

const names = ['QueueName', 'FunctionName', 'BucketName', 'Name', 'TopicName', 'DashboardName']

/** The resources of all templates, and how they name each other. */
export class Resources {
  readonly all: readonly Found[]
  /** Dead-letter queues are drawn with their queue. */
  readonly drawn: readonly (Found & { readonly kind: PartKind })[]
  readonly #byName: ReadonlyMap<string, string>
  readonly #byId: ReadonlyMap<string, Found>

  constructor(all: readonly Found[]) {
    this.all = all
    this.#byId = new Map(all.map((one) => [one.id, one]))
    const named = all.flatMap((one) =>
      names.flatMap((name) => {
        const value = one.properties[name]
        return typeof value === 'string' ? [[value, one.id] as const] : []
      }),
    )
    this.#byName = new Map(named)
    const dead = new Set(all.flatMap(({ stack, properties }) => this.namedIn(properties.RedrivePolicy, stack)))
    this.drawn = all.flatMap((one) => (one.kind === undefined || dead.has(one.id) ? [] : [{ ...one, kind: one.kind }]))
  }

  ofType(type: string): readonly Found[] {
    return this.all.filter((one) => one.type === type)
  }

  /** The resources that a value of a template refers to: by Ref, by Fn::GetAtt, or by an ARN that ends in a name. */
  namedIn(value: unknown, stack: string): readonly string[] {
    if (typeof value === 'string') {
      const id = this.#byName.get(value.split(/[:/]/).at(-1) ?? '')
      return id === undefined ? [] : [id]
    }
    if (Array.isArray(value)) return [...new Set(value.flatMap((one) => this.namedIn(one, stack)))]
    if (typeof value !== 'object' || value === null) return []
    const [[key, inner] = []] = Object.entries(value)
    const target: unknown = key === 'Ref' ? inner : key === 'Fn::GetAtt' && Array.isArray(inner) ? inner[0] : undefined
    if (typeof target === 'string') return this.#byId.has(`${stack}/${target}`) ? [`${stack}/${target}`] : []
    return [...new Set(Object.values(value).flatMap((one) => this.namedIn(one, stack)))]
  }

  /** Without the name of the deployment, and without what the CDK appends. */
  nameOf(id: string): string {
    const one = this.#byId.get(id)
    const [stack = '', logicalId = ''] = id.split('/')
    const given = [...names, 'Description']
      .map((name) => one?.properties[name])
      .find((name) => typeof name === 'string')
    const text = given ?? logicalId.replace(/[0-9A-F]{8}$/, '')
    return text.replace(/\.fifo$/, '').replace(new RegExp(`^${stack}(-|: )(?=.)|^ssofile: `), '')
  }
}

/** Parts with the same arrows are drawn as one: the names of all, and what is said of all. */
function joinAlike({ parts, arrows }: Architecture): Architecture {
  const joined = new Map<string, readonly [Part, ...Part[]]>()
  for (const part of parts) {
    const around = arrows.filter(({ from, to }) => from === part.id || to === part.id)
    const about = around.map(({ from, to, kind }) => [kind, from === part.id ? to : from, from === part.id])
    const alike = around.length > 0 && (part.kind === 'queue' || part.kind === 'rule')
    const key = alike ? JSON.stringify([part.kind, part.stack, part.lines, about]) : part.id
    const [first, ...others] = joined.get(key) ?? []
    joined.set(key, first === undefined ? [part] : [first, ...others, part])
  }
  const gone = new Set([...joined.values()].flatMap(([, ...others]) => others.map(({ id }) => id)))
  return {
    parts: [...joined.values()].map(([first, ...others]) => ({
      ...first,
      name: [first, ...others].map(({ name }) => name).join('\n'),
    })),
    arrows: arrows.filter(({ from, to }) => !gone.has(from) && !gone.has(to)),
  }
}
