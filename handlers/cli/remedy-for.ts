import { isServiceError } from '../../shared/ports/service-error.ts'

/** What whoever typed the command can do about an error that is not a Refusal; `undefined`: the message says it all. */
export function remedyFor(error: unknown, environment: NodeJS.ProcessEnv): string | undefined {
  const text = error instanceof Error ? error.message : String(error)
  if (/EADDRINUSE/.test(text))
    return 'another program listens there, perhaps an ssofile: stop it, or choose another port: npm start -- --port 0'
  if (isServiceError(error, 'NoSuchBucket'))
    return `set SSOFILE_BUCKET to a bucket that exists (now: '${environment.SSOFILE_BUCKET ?? 'ssofile'}')`
  if (!isServiceError(error, 'NoAnswer')) return undefined
  if (/credentials/.test(text))
    return 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; for the local system any will do, with the AWS_ENDPOINT_URL that npm start prints'
  if (environment.AWS_ENDPOINT_URL === undefined) return undefined
  return `AWS_ENDPOINT_URL is ${environment.AWS_ENDPOINT_URL}: if that is the local system, start it with npm start in another terminal; if AWS is meant, unset it`
}
