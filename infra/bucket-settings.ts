/**
 * Old versions are kept so many days where ssofile writes often; the lease of the dispatcher alone is written a million
 * times a year, and S3 slows down at millions of versions of a key. Inputs and history keep theirs. (S3 User Guide,
 * "Significant increase in HTTP 503 responses to requests to buckets with versioning enabled".)
 */
export const versionDays = { 'control/': 7, 'status/': 7, 'attention/': 1, 'state/': 1 } as const

/** That a file is gone. */
export const endEvents = ['s3:ObjectRemoved:*', 's3:LifecycleExpiration:*'] as const

/** What S3 tells the queue `uploads`, for the keys of inputs. */
export const notifiedEvents = ['s3:ObjectCreated:*', ...endEvents] as const
