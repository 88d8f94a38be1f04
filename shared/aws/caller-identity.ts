import { STS } from '@aws-sdk/client-sts'

/** A person waits for it. */
const requestTimeoutMs = 5_000

/**
 * The identity of these credentials by AWS: the ARN of a user or of a role's session. If STS does not answer, for instance on a
 * system without it: `AWS:` and the access key id. Needs no permission. (STS API Reference, GetCallerIdentity.)
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
