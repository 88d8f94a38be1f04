import type { Complaint } from './complaint.ts'

/** What became of one message; the compiler knows that there is no other fate. */
export type Outcome =
  | { readonly fate: 'done' }
  /** The input is wrong: its status is `rejected`, the uploader is told; the message is done. */
  | { readonly fate: 'invalid'; readonly complaint: Complaint }
  /** A passing fault: the record fails, and SQS delivers it again. */
  | { readonly fate: 'retryable'; readonly cause: unknown }
