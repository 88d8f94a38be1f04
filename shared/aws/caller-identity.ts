import { type GetCallerIdentityResponse, STS } from '@aws-sdk/client-sts'

/** A person waits for it. */
const requestTimeoutMs = 5_000

/**
 * The identity of these credentials by AWS: the ARN of a user or of a role's session. If STS does not answer, for instance on a
 * system without it: `AWS:` and the access key id. Needs no permission. (STS API Reference, GetCallerIdentity.)
 */
export async function readCallerIdentity(): Promise<string> {
  return (await readCaller()).arn
}

/** The same, and how S3 names this caller as an uploader. (S3 User Guide, "Event message structure": `userIdentity`.) */
export async function readCaller(): Promise<{ readonly arn: string; readonly principalId: string }> {
  const sts = new STS({
    maxAttempts: 1,
    requestHandler: { requestTimeout: requestTimeoutMs, throwOnRequestTimeout: true },
  })
  try {
    const { accessKeyId } = await sts.config.credentials()
    const none: GetCallerIdentityResponse = {}
    const { Arn: arn, UserId = accessKeyId } = await sts.getCallerIdentity({}).catch(() => none)
    return { arn: arn ?? `AWS:${accessKeyId}`, principalId: `AWS:${UserId}` }
  } finally {
    sts.destroy()
  }
}
