import {
  CfnApiMapping,
  DomainName,
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpRoute,
  HttpRouteKey,
} from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { CfnOutput } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import { hostedRoutes } from '../../handlers/page/judge-hosted-request.ts'
import type { Environment } from '../../shared/domain/deployment/environment.ts'
import type { PageSettings } from '../../shared/domain/deployment/page-settings.ts'
import { pageThrottle, signInThrottle } from '../../shared/ports/deployment-settings.ts'
import { acknowledge } from '../acknowledge.ts'
import { createStage, throttleRoute } from './create-stage.ts'

type PageProps = {
  readonly environment: Environment
  readonly settings: PageSettings
  /** The function that serves it, then those that link to it. */
  readonly functions: readonly [LambdaFunction, ...LambdaFunction[]]
}

/** The page: an HTTP API of its own, so that page and API do not share a rate. Its function itself identifies people. */
export function createPage(scope: Construct, { environment, settings, functions }: PageProps): void {
  const { domain, certificateArn } = settings
  const api = new HttpApi(scope, 'Page', {
    apiName: `${environment.name}-page`,
    description: 'ssofile: the page for everybody, with the sign-in of the company',
    createDefaultStage: false,
    // Only one address: cookies and the provider's way back belong to it.
    disableExecuteApiEndpoint: domain !== undefined,
  })
  // The function's own log names the person.
  const stage = createStage(scope, { httpApi: api, prefix: 'Page', throttle: pageThrottle, environment })
  const [handler] = functions
  const integration = new HttpLambdaIntegration('PageHandler', handler)
  for (const route of hostedRoutes) {
    const [method = '', path = ''] = route.split(' ')
    const routeKey = HttpRouteKey.with(path, method === 'POST' ? HttpMethod.POST : HttpMethod.GET)
    const one = new HttpRoute(scope, `PageRoute-${route}`, {
      httpApi: api,
      routeKey,
      integration,
      authorizer: new HttpNoneAuthorizer(),
    })
    if (route === 'GET /sign-in') throttleRoute(stage, one, route, signInThrottle)
    acknowledge(one, { 'AwsSolutions-APIG4': 'people sign in at the page itself, which refuses unknown people' })
  }
  const origin = domain === undefined ? api.apiEndpoint : `https://${domain}`
  for (const one of functions) one.addEnvironment('SSOFILE_PAGE_ORIGIN', origin)
  if (domain !== undefined && certificateArn !== undefined) {
    const certificate = Certificate.fromCertificateArn(scope, 'PageCertificate', certificateArn)
    const own = new DomainName(scope, 'PageDomain', { domainName: domain, certificate })
    const mapping = new CfnApiMapping(scope, 'PageMapping', {
      apiId: api.apiId,
      domainName: own.name,
      stage: stage.stageName,
    })
    mapping.node.addDependency(stage)
    const target = `${own.regionalDomainName} (zone ${own.regionalHostedZoneId})`
    new CfnOutput(scope, 'PageTarget', { value: target, description: `Where the DNS name ${domain} must point to` })
  }
  new CfnOutput(scope, 'PageUrl', { value: origin, description: 'The page for everybody' })
}
