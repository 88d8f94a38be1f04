import { STS } from '@aws-sdk/client-sts'

/** A person waits for it. */
const requestTimeoutMs = 5_000

/**
 * Who these credentials are, as AWS says it: the ARN of a user or of a role's session. Where STS does not answer, as on a
 * system that has none: `AWS:` and the access key id. Needs no permission. (STS API Reference, GetCallerIdentity.)
 */
export async function readCallerIdentity(): Promise<string> {
  const sts = new STS({
    maxAttempts: 1,
    requestHandler: { requestTimeout: requestTimeoutMs, throwOnRequestTimeout: true },
  })
  try {
    const { accessKeyId } = await sts.config.credentials()
    const arn = await sts.getCallerIdentity({}).then(
      ({ Arn }) => Arn,
      () => undefined,
    )
    return arn ?? `AWS:${accessKeyId}`
  } finally {
    sts.destroy()
  }
}
