import { randomBytes } from 'node:crypto'
import { type ApiCall, type ApiReply, SignedApi, type SignsAs } from '../../../shared/aws/signed-api.ts'
import { type Answer, refuse } from '../../api/answer.ts'
import { findPageFolder } from '../../browse/find-page-folder.ts'
import { startPageServer } from '../../browse/page-server.ts'
import { PageFiles } from '../../page/page-files.ts'

/** API Gateway answers within half a minute, one way or another. */
const patienceMs = 35_000

type PageOptions = {
  readonly address: URL
  /** The credentials that sign the calls. Absent: those of the person who runs the command. */
  readonly as?: SignsAs
  /** On 127.0.0.1; 0: a free one. */
  readonly port: number
}

/** Serves the page of requests to one person, who calls the API at `address`. `url` opens it only once. */
export async function openPage({ address, as, port }: PageOptions): Promise<{ url: string; close: () => void }> {
  const api = new SignedApi(address, as)
  const [token, key] = [secret(), secret()]
  const callApi = (call: ApiCall) =>
    api.call(call, AbortSignal.timeout(patienceMs)).then(
      (reply) => answerOf(reply, address),
      (error: unknown) => explainNoAnswer(error, address),
    )
  const { url, server } = await startPageServer({ token, key, files: new PageFiles(findPageFolder), callApi }, port)
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  return { url: `${url}#${token}`, close }
}

/** 256 random bits. */
function secret(): string {
  return randomBytes(32).toString('base64url')
}

/** A body that is not JSON does not come from the API. */
function answerOf({ status, retryAfter, body }: ApiReply, { host }: URL): Answer {
  try {
    JSON.parse(body)
  } catch {
    return refuse(502, `an answer of ${host} that is not JSON (${status})`, "one of ssofile's API", 'check --api')
  }
  const headers = { 'content-type': 'application/json', ...(retryAfter ? { 'retry-after': retryAfter } : {}) }
  return { statusCode: status, headers, body }
}

function explainNoAnswer(error: unknown, { host }: URL): Answer {
  const { name = '', message = '', cause } = error instanceof Error ? error : {}
  if (/Credentials|Token|SSO/.test(name))
    return refuse(
      502,
      `no AWS credentials: ${message}`,
      'the credentials of your session',
      'sign in again (aws sso login)',
    )
  const why = cause instanceof Error ? cause.message : message
  return refuse(502, `no answer of ${host}: ${why}`, 'one', 'check --api and your network, then try again')
}
