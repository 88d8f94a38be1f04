import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway'
import {
  HttpApi,
  HttpMethod,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { CfnOutput, RemovalPolicy } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import { routesOf } from '../../handlers/api/routes.ts'
import { apiSettingsOf, type Environment } from '../../shared/domain/deployment/environment.ts'
import { apiThrottle } from '../../shared/ports/deployment-settings.ts'

const methods: Readonly<Record<string, HttpMethod>> = {
  GET: HttpMethod.GET,
  POST: HttpMethod.POST,
  ANY: HttpMethod.ANY,
}

/** Who called, what for, and what was answered. (API Gateway Developer Guide, "Customize HTTP API access logs".) */
const logged = {
  requestId: '$context.requestId',
  time: '$context.requestTime',
  route: '$context.routeKey',
  path: '$context.path',
  status: '$context.status',
  caller: '$context.identity.userArn',
  sourceIp: '$context.identity.sourceIp',
  error: '$context.error.message',
  integrationError: '$context.integrationErrorMessage',
}

/** The API: every route wants a signed request of somebody who may invoke it; what he may change the function decides. */
export function createApi(scope: Construct, environment: Environment, handler: LambdaFunction): void {
  const { name, logRetentionDays } = environment
  const api = new HttpApi(scope, 'Api', {
    apiName: name,
    description: 'ssofile: links, permission sets and temporary access by HTTPS',
    createDefaultStage: false,
  })
  const destination = new LogGroup(scope, 'ApiAccess', {
    retention: logRetentionDays,
    removalPolicy: RemovalPolicy.RETAIN,
  })
  new HttpStage(scope, 'ApiStage', {
    httpApi: api,
    autoDeploy: true,
    throttle: { rateLimit: apiThrottle.perSecond, burstLimit: apiThrottle.burst },
    // Six metrics a route, at 0.30 dollars each a month: the log of each call tells more.
    detailedMetricsEnabled: false,
    accessLogSettings: {
      destination: new LogGroupLogDestination(destination),
      format: AccessLogFormat.custom(JSON.stringify(logged)),
    },
  })
  const integration = new HttpLambdaIntegration('ApiHandler', handler)
  const authorizer = new HttpIamAuthorizer()
  const { changes } = apiSettingsOf(environment)
  for (const route of routesOf(changes)) {
    const [method = '', path = ''] = route.split(' ')
    const routeKey = HttpRouteKey.with(path, methods[method])
    new HttpRoute(scope, `Route-${route}`, { httpApi: api, routeKey, integration, authorizer })
  }
  new CfnOutput(scope, 'ApiUrl', { value: api.apiEndpoint, description: 'Where the API is' })
}
