import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import type { ApiCaller } from '../../shared/domain/deployment/api-caller.ts'

/**
 * The parts of a request that the API reads: an HTTP API's event of format 2.0 with IAM authorization. (API Gateway Developer Guide,
 * "Create AWS Lambda proxy integrations for HTTP APIs".)
 */
export type ApiEvent = Pick<
  APIGatewayProxyEventV2,
  'routeKey' | 'rawPath' | 'headers' | 'body' | 'isBase64Encoded' | 'pathParameters' | 'queryStringParameters'
> & {
  readonly requestContext: {
    readonly requestId: string
    readonly http: { readonly sourceIp: string }
    readonly authorizer?: { readonly iam?: { readonly userArn?: string | null } }
  }
}

/** The body of a request; the page's requests have it too. */
export type SentBody = Pick<ApiEvent, 'headers' | 'body' | 'isBase64Encoded'>

/** The caller. `undefined`: API Gateway named no caller, and the API refuses the request. */
export function callerOf({ requestContext: { authorizer, http } }: ApiEvent): ApiCaller | undefined {
  const arn = authorizer?.iam?.userArn
  return arn ? { arn, sourceIpAddress: http.sourceIp } : undefined
}

export function bodyOf({ body = '', isBase64Encoded }: SentBody): Uint8Array {
  return Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8')
}

/** The media type in lower case, without its parameters. Header names arrive in lower case. */
export function mediaTypeOf({ headers }: Pick<SentBody, 'headers'>): string {
  return (headers['content-type'] ?? '').split(';', 1).join('').trim().toLowerCase()
}

/**
 * The names that a parameter of the path may mean. API Gateway decodes the path once before it calls; a proxy may not. The name of a link
 * contains percent signs, so the name as received comes first. (API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP
 * APIs".)
 */
export function namesOf(parameter: string): readonly string[] {
  try {
    const decoded = decodeURIComponent(parameter)
    return decoded === parameter ? [parameter] : [parameter, decoded]
  } catch {
    return [parameter]
  }
}
