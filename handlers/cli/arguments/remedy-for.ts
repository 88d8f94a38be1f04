import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { isServiceError, type ServiceName } from '../../../shared/ports/service-error.ts'

/** Services with another name in their environment variable than in our errors. */
const serviceWords: Partial<Record<ServiceName, string>> = {
  tagging: 'RESOURCE_GROUPS_TAGGING_API',
  'access-analyzer': 'ACCESSANALYZER',
  events: 'EVENTBRIDGE',
  secretsmanager: 'SECRETS_MANAGER',
}

/** A service's own endpoint overrides the common one (AWS SDKs and Tools Reference Guide, "Service-specific endpoints"). */
function endpointVariable(service: ServiceName): string {
  return `AWS_ENDPOINT_URL_${serviceWords[service] ?? service.toUpperCase().replaceAll('-', '_')}`
}

/** The user's remedy for an error that is not a Refusal; `undefined`: the message is enough. `words`: the arguments of the command. */
export function remedyFor(
  error: unknown,
  environment: NodeJS.ProcessEnv,
  words: readonly string[],
): string | undefined {
  const text = error instanceof Error ? error.message : String(error)
  if (/EADDRINUSE/.test(text))
    return 'another program uses this port, perhaps another ssofile: stop it, or choose another port: npm start -- --port 0'
  if (isServiceError(error, 'NoSuchBucket')) {
    const named = words.find((word) => word.startsWith('s3://'))
    return named === undefined
      ? `set SSOFILE_BUCKET to a bucket that exists (now: '${environment.SSOFILE_BUCKET ?? 'ssofile'}')`
      : `name a bucket that exists (now: '${quote(named)}')`
  }
  if (!isServiceError(error, 'NoAnswer')) return undefined
  if (/credentials/.test(text))
    return 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; on the local system any values work, with the AWS_ENDPOINT_URL that npm start prints'
  const variables = [endpointVariable(error.service), 'AWS_ENDPOINT_URL']
  const variable = variables.find((name) => environment[name] !== undefined)
  if (variable === undefined) return undefined
  return `${variable} is ${environment[variable]}: to use the local system, start it with npm start in another terminal; to use AWS, unset the variable`
}
