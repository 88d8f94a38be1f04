import type { FastifyRequest } from 'fastify'

export type QueryService = 'sts' | 'iam' | 'sns'

/** The services by the version of their API, which each request names. */
const versions: Readonly<Record<string, QueryService>> = {
  '2011-06-15': 'sts',
  '2010-05-08': 'iam',
  '2010-03-31': 'sns',
}

export const queryNamespaces: Readonly<Record<QueryService, string>> = {
  sts: 'https://sts.amazonaws.com/doc/2011-06-15/',
  iam: 'https://iam.amazonaws.com/doc/2010-05-08/',
  sns: 'http://sns.amazonaws.com/doc/2010-03-31/',
}

export type QueryCall = {
  readonly service: QueryService
  readonly operation: string
  readonly input: Readonly<Record<string, string>>
}

/** A request in the query protocol to one of these services: its parameters are a form. */
export function queryCallOf({ method, headers, body }: FastifyRequest): QueryCall | undefined {
  if (method !== 'POST' || headers['x-amz-target'] !== undefined) return undefined
  if (typeof body !== 'object' || body === null || Buffer.isBuffer(body)) return undefined
  const texts = Object.entries(body).map(([name, value]) => [name, String(value)] as const)
  const { Action: operation, Version: version = '', ...input } = Object.fromEntries(texts)
  const service = Object.hasOwn(versions, version) ? versions[version] : undefined
  return service === undefined || operation === undefined ? undefined : { service, operation, input }
}
