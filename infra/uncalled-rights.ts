import type { Unused } from './compare-calls.ts'

/** Rights that no call of the end-to-end tests uses, and why they are granted. */
export const uncalledRights: readonly Unused[] = [
  { right: / (logs|kms):/, reason: 'Lambda writes the logs, and S3 and SQS use the key in the name of the function' },
]
