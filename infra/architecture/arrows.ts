import * as z from 'zod'
import type { Arrow, Found, Part, Resources } from './read-architecture.ts'

const statementSchema = z.object({
  Effect: z.string(),
  Action: z.union([z.string(), z.array(z.string())]).transform((action) => [action].flat()),
  Resource: z.unknown(),
})
const policiesSchema = z
  .array(z.object({ PolicyDocument: z.object({ Statement: z.array(statementSchema) }) }))
  .default([])
export type Statement = z.infer<typeof statementSchema>

const services: Readonly<Record<string, string>> = {
  sso: 'IAM Identity Center',
  identitystore: 'Identity Store',
  organizations: 'Organizations',
}

/** What goes from where to where: as the templates wire it, and as the roles of the functions allow it. */
export function arrowsOf(resources: Resources): {
  readonly arrows: readonly Arrow[]
  readonly services: readonly Part[]
} {
  const wired = [
    ...notifications(resources),
    ...feeds(resources),
    ...rules(resources),
    ...apis(resources),
    ...deployments(resources),
  ]
  const allowed = functionsOf(resources).flatMap((one) => allowances(one, resources))
  const isWired = (arrow: Arrow) => wired.some(({ from, to }) => from === arrow.from && to === arrow.to)
  const arrows = [...wired, ...allowed.filter((arrow) => !isWired(arrow)), ...alarms(resources)]
  const unique = [...new Map(arrows.map((arrow) => [JSON.stringify(arrow), arrow])).values()]
  const called = Object.values(services).filter((name) => unique.some(({ to }) => to === name))
  return { arrows: unique, services: called.map((name) => ({ id: name, kind: 'service', name, lines: [] })) }
}

/** The statements of the role of a function. */
export function statementsOf(one: Pick<Found, 'id' | 'properties'>, resources: Resources): readonly Statement[] {
  const [stack = ''] = one.id.split('/')
  const roles = resources.namedIn(one.properties.Role, stack)
  return resources.all
    .filter(({ id }) => roles.includes(id))
    .flatMap(({ properties }) => policiesSchema.parse(properties.Policies))
    .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
    .filter(({ Effect }) => Effect === 'Allow')
}

const functionsOf = (resources: Resources) => resources.drawn.filter(({ kind }) => kind === 'function')

function between(from: readonly string[], to: readonly string[], kind: Arrow['kind']): Arrow[] {
  return from.flatMap((one) => to.map((other) => ({ from: one, to: other, kind })))
}

function notifications(resources: Resources): Arrow[] {
  return resources
    .ofType('AWS::S3::Bucket')
    .flatMap(({ id, stack, properties }) =>
      between(
        [id],
        resources.namedIn([properties.NotificationConfiguration, properties.LoggingConfiguration], stack),
        'delivers',
      ),
    )
}

function feeds(resources: Resources): Arrow[] {
  return resources
    .ofType('AWS::Lambda::EventSourceMapping')
    .flatMap(({ stack, properties: { EventSourceArn, FunctionName } }) =>
      between(resources.namedIn(EventSourceArn, stack), resources.namedIn(FunctionName, stack), 'delivers'),
    )
}

function rules(resources: Resources): Arrow[] {
  const targets = z.array(z.object({ Arn: z.unknown() })).default([])
  return resources.ofType('AWS::Events::Rule').flatMap(({ id, stack, properties: { Targets, EventBusName } }) => [
    // A log group is not drawn, and that of a rule has its name.
    ...between(
      [id],
      resources.namedIn(targets.parse(Targets), stack).filter((target) => target !== id),
      'delivers',
    ),
    ...between(resources.namedIn(EventBusName, stack), [id], 'delivers'),
  ])
}

function apis(resources: Resources): Arrow[] {
  const integrations = resources
    .ofType('AWS::ApiGatewayV2::Integration')
    .flatMap(({ stack, properties: { ApiId, IntegrationUri } }) =>
      between(resources.namedIn(ApiId, stack), resources.namedIn(IntegrationUri, stack), 'delivers'),
    )
  const methods = resources
    .ofType('AWS::ApiGateway::Method')
    .flatMap(({ stack, properties: { RestApiId, Integration } }) =>
      between(resources.namedIn(RestApiId, stack), resources.namedIn(Integration, stack), 'delivers'),
    )
  return [...integrations, ...methods]
}

/** What CloudFormation has a function do when it deploys. */
function deployments(resources: Resources): Arrow[] {
  return resources.drawn
    .filter(({ kind }) => kind === 'deployment')
    .flatMap(({ id, stack, properties: { ServiceToken } }) =>
      between([id], resources.namedIn(ServiceToken, stack), 'delivers'),
    )
}

function allowances(one: Found, resources: Resources): Arrow[] {
  return statementsOf(one, resources).flatMap(({ Action, Resource }) => {
    const named = resources.namedIn(Resource, one.stack)
    // Finding the instance is no work with it.
    const called = new Set(
      Action.filter((action) => action !== 'sso:ListInstances').map((action) => action.split(':')[0]),
    )
    return [
      ...(Action.includes('sqs:SendMessage') ? between([one.id], named, 'sends') : []),
      ...(Action.includes('sqs:ReceiveMessage') ? between(named, [one.id], 'delivers') : []),
      ...[...called].flatMap((service = '') => {
        const name = services[service]
        return name === undefined ? [] : between([one.id], [name], 'calls')
      }),
    ]
  })
}

/** Alarms that measure no resource of their own are the code's, and stand with the dashboard of their stack. */
function alarms(resources: Resources): Arrow[] {
  const dashboards = resources.ofType('AWS::CloudWatch::Dashboard')
  return resources.ofType('AWS::CloudWatch::Alarm').flatMap(({ stack, properties: { AlarmActions } }) => {
    const here = dashboards.filter((dashboard) => dashboard.stack === stack).map(({ id }) => id)
    return between(here, resources.namedIn(AlarmActions, stack), 'alarms')
  })
}
