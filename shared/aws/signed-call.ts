import type { STSClient } from '@aws-sdk/client-sts'
import { SignatureV4 } from '@smithy/signature-v4'
import { SystemClock } from './system-clock.ts'

const timeoutMs = 30_000

export type SignedCall = {
  readonly service: 'cloudtrail' | 'ec2' | 'identitystore' | 'tagging'
  readonly region: string
  /** One endpoint for all services; absent: those of the environment, or AWS's. */
  readonly endpoint: string | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * One call to a service of which ssofile needs only one or two operations, with the credentials of `sts`. Returns the body of a
 * success; throws an Error whose name is the service's code.
 */
export async function callSigned(
  sts: STSClient,
  { service, region, endpoint, headers, body }: SignedCall,
): Promise<string> {
  const own = process.env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`]
  const { AWS_ENDPOINT_URL: common } = process.env
  const url = new URL(
    endpoint ?? own ?? common ?? `https://${service}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}/`,
  )
  const { credentials, sha256 } = sts.config
  const signer = new SignatureV4({ credentials, sha256, service, region })
  const request = { method: 'POST', protocol: url.protocol, hostname: url.hostname, path: '/', body }
  const signed = await signer.sign({ ...request, headers: { host: url.host, ...headers } })
  const hanging = new AbortController()
  const answered = new AbortController()
  void new SystemClock().sleep(timeoutMs, answered.signal).then(() => hanging.abort())
  const sent = { method: 'POST', headers: signed.headers, redirect: 'error', body, signal: hanging.signal } as const
  const [answer, text] = await fetch(url, sent)
    .then(async (reply) => [reply, await reply.text()] as const)
    .finally(() => answered.abort())
  if (answer.ok) return text
  const code = /<Code>([^<]+)<\/Code>/.exec(text)?.[1] ?? /"__type":"(?:[^"#]*#)?([^"]+)"/.exec(text)?.[1]
  const error = new Error(`${service} answered HTTP ${answer.status}: ${text.slice(0, 200)}`)
  error.name = code ?? 'NoAnswer'
  throw error
}
