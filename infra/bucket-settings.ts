/**
 * Old versions stay for this many days under prefixes that ssofile writes often; the dispatcher's lease alone is written a million times a
 * year, and S3 slows down at millions of versions of a key. Inputs and history keep theirs. (S3 User Guide, "Significant increase in HTTP
 * 503 responses to requests to buckets with versioning enabled".) Uses are personal data: ssofile's deletions are to delete them.
 */
export const versionDays = {
  'control/': 7,
  'status/': 7,
  'attention/': 1,
  'state/': 1,
  'members/': 1,
  'usage/': 1,
} as const

/**
 * How long the bucket's access logs stay. A line has about 600 bytes, and the schedules alone make millions of requests a month, so a year
 * of them would be the largest data of a deployment. CloudTrail's data events are for longer times.
 */
export const accessLogDays = 30

/** The events that S3 sends to the queue `uploads`, or to the function that they start, for the keys of inputs. */
export const notifiedEvents = ['s3:ObjectCreated:*', 's3:ObjectRemoved:*', 's3:LifecycleExpiration:*'] as const
