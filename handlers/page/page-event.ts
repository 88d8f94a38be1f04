import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import type { Answer } from '../api/answer.ts'

/**
 * The parts of a request that the page reads: an HTTP API's event of format 2.0, without an authorizer. (API Gateway Developer Guide,
 * "Create AWS Lambda proxy integrations for HTTP APIs".)
 */
export type PageEvent = Pick<
  APIGatewayProxyEventV2,
  'rawPath' | 'rawQueryString' | 'headers' | 'cookies' | 'body' | 'isBase64Encoded' | 'queryStringParameters'
> & {
  readonly requestContext: {
    readonly requestId: string
    readonly http: { readonly method: string; readonly sourceIp: string }
  }
}

/** API Gateway sends each of `cookies` as a header of its own. */
export type PageAnswer = Answer & { readonly cookies?: readonly string[] }

/** The value of a cookie; `undefined`: it is absent. */
export function cookieOf({ cookies = [] }: PageEvent, name: string): string | undefined {
  const found = cookies.map((one) => one.trim()).find((one) => one.startsWith(`${name}=`))
  return found?.slice(name.length + 1)
}
