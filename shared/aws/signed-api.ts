import { STSClient, type STSClientConfig } from '@aws-sdk/client-sts'
import { SignatureV4 } from '@smithy/signature-v4'

/** A call of the API: a path below its URL, and the content of a POST. */
export type ApiCall = {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly body?: string | undefined
}

export type ApiReply = {
  readonly status: number
  /** Seconds until the next try, if the API says so. */
  readonly retryAfter: string | undefined
  /** X-Amzn-Errortype: how a REST service of AWS names an error. */
  readonly errorType: string | undefined
  readonly body: string
}

export type SignsAs = Pick<STSClientConfig, 'credentials' | 'region' | 'userAgentAppId'>

/** Calls ssofile's API, or a service of AWS without a client here. Reads the AWS credentials again for each call. */
export class SignedApi {
  readonly #url: URL
  readonly #sts: STSClient
  readonly #service: string

  /** `as` absent: the credentials and the Region of the command's caller. */
  constructor(url: URL, as: SignsAs = {}, service = 'execute-api') {
    this.#service = service
    this.#url = url
    this.#sts = new STSClient(as)
  }

  /** Throws if there are no credentials, or no answer before `signal`. */
  async call({ method, path, query, body }: ApiCall, signal: AbortSignal): Promise<ApiReply> {
    const url = new URL(this.#url)
    url.pathname = `${url.pathname.replace(/\/$/, '')}${path}`
    const { credentials, sha256, userAgentAppId } = this.#sts.config
    const signer = new SignatureV4({ credentials, sha256, service: this.#service, region: await this.#region() })
    const { headers } = await signer.sign({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: { ...query },
      headers: { host: url.host, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      body,
    })
    url.search = new URLSearchParams(query).toString()
    const app = await userAgentAppId()
    // A redirect would send the signature and the session's token to somebody else.
    const answer = await fetch(url, {
      method,
      headers: app === undefined ? headers : { ...headers, 'user-agent': `ssofile app/${app}` },
      redirect: 'error',
      signal,
      body,
    })
    return {
      status: answer.status,
      retryAfter: answer.headers.get('retry-after') ?? undefined,
      errorType: answer.headers.get('x-amzn-errortype') ?? undefined,
      body: await answer.text(),
    }
  }

  /** An address of API Gateway names its Region. A custom domain name does not, so the usual Region counts. */
  async #region(): Promise<string> {
    const named = /\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/.exec(this.#url.hostname)?.[1]
    return named ?? (await this.#sts.config.region())
  }
}
