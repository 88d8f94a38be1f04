import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway'
import { CfnStage, type HttpApi, type HttpRoute, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { RemovalPolicy } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import type { Environment } from '../../shared/domain/deployment/environment.ts'

/**
 * The origin of each call, its route and its answer. The log has no cookie and no query. (API Gateway Developer Guide, "Customize HTTP API
 * access logs".)
 */
const logged = {
  requestId: '$context.requestId',
  time: '$context.requestTime',
  route: '$context.routeKey',
  path: '$context.path',
  status: '$context.status',
  sourceIp: '$context.identity.sourceIp',
  error: '$context.error.message',
  integrationError: '$context.integrationErrorMessage',
}

type Throttle = { readonly perSecond: number; readonly burst: number }

type StageProps = {
  readonly httpApi: HttpApi
  /** The beginning of its parts' names. */
  readonly prefix: 'Api' | 'Page'
  readonly throttle: Throttle
  readonly environment: Pick<Environment, 'logRetentionDays'>
  /** Further fields of the log. */
  readonly more?: Readonly<Record<string, string>>
}

/** The one stage of an HTTP API: its throttle and its log of calls. */
export function createStage(scope: Construct, { httpApi, prefix, throttle, environment, more }: StageProps): HttpStage {
  const destination = new LogGroup(scope, `${prefix}Access`, {
    retention: environment.logRetentionDays,
    removalPolicy: RemovalPolicy.RETAIN,
  })
  return new HttpStage(scope, `${prefix}Stage`, {
    httpApi,
    autoDeploy: true,
    throttle: { rateLimit: throttle.perSecond, burstLimit: throttle.burst },
    // Six metrics a route, at 0.30 dollars each a month: the log of each call tells more.
    detailedMetricsEnabled: false,
    accessLogSettings: {
      destination: new LogGroupLogDestination(destination),
      format: AccessLogFormat.custom(JSON.stringify({ ...logged, ...more })),
    },
  })
}

/** Throttles one route apart. The stage needs the route first. */
export function throttleRoute(stage: HttpStage, route: HttpRoute, routeKey: string, throttle: Throttle): void {
  const { defaultChild } = stage.node
  if (!(defaultChild instanceof CfnStage)) throw new Error('an HTTP stage of the CDK has no stage of CloudFormation')
  const settings = { ThrottlingRateLimit: throttle.perSecond, ThrottlingBurstLimit: throttle.burst }
  defaultChild.routeSettings = { [routeKey]: settings }
  stage.node.addDependency(route)
}
