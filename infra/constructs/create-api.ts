import { HttpApi, HttpMethod, HttpRoute, HttpRouteKey } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { CfnOutput } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import { routesOf } from '../../handlers/api/routes.ts'
import { apiSettingsOf, type Environment } from '../../shared/domain/deployment/environment.ts'
import { apiThrottle } from '../../shared/ports/deployment-settings.ts'
import { createStage } from './create-stage.ts'

const methods: Readonly<Record<string, HttpMethod>> = {
  GET: HttpMethod.GET,
  POST: HttpMethod.POST,
  ANY: HttpMethod.ANY,
}

/** The API. Every route needs a signed request by a caller who may invoke it; the function decides on changes. */
export function createApi(scope: Construct, environment: Environment, handler: LambdaFunction): void {
  const api = new HttpApi(scope, 'Api', {
    apiName: environment.name,
    description: 'ssofile: links, permission sets and temporary access by HTTPS',
    createDefaultStage: false,
  })
  // The caller: every call is signed.
  const more = { caller: '$context.identity.userArn' }
  createStage(scope, { httpApi: api, prefix: 'Api', throttle: apiThrottle, environment, more })
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
