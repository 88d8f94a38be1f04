import type * as z from 'zod'
import type { JsonRules } from '../json/json-faults.ts'
import type { Parsed } from '../statuses/complaint.ts'

/** Who writes the files of a kind: a key of `access` in the environment, or everybody under their own user id. */
export type Writers =
  | 'uploaders'
  | 'permissionSetUploaders'
  | 'memberships'
  | 'governance'
  | 'people'
  | 'accountOwners'
  | 'oneself'

/** The queues of inputs that S3 tells of. */
export const inputQueues = ['urgent', 'links', 'permission-sets', 'requests', 'people'] as const
export type InputQueue = (typeof inputQueues)[number]

/** Everything that is said about one kind of input. The rest derives from it: see kinds.ts. */
export type Kind = {
  /** How its keys begin, with `/` at the end; or its only key. */
  readonly at: string
  readonly writers: Writers
  /** What one file is, in the table of docs/statuses.md. */
  readonly meaning: string
  /** The queue of its messages. Absent: S3 tells nobody, and a schedule looks for what has changed. */
  readonly queue?: InputQueue
  /** Another queue for its deletion, which takes access away from a person. */
  readonly queueOfEnd?: InputQueue
  /** The function that S3 starts at once when a file is gone: only its role may act, so no queue leads to it. */
  readonly startsAtEnd?: 'retire'
  /** What its messages are about: those about one subject are worked on in order. Absent: each file by itself. */
  readonly subject?: (key: string) => string
  /** Whose share of its queue a message takes: that of its folder, or of its subject alone. Absent: its uploader's. */
  readonly share?: 'folder' | 'subject'
  /** Whether a folder that people push and pull has it. Absent: people write each file by itself. */
  readonly isPushed?: true
  /** Whether a key that begins with `at` is one. Absent: each is. */
  readonly isKey?: (key: string) => boolean
  /** A larger body is not read, and is refused. */
  readonly mostBytes: number
  /** What the key and the body say. */
  readonly parse: (key: string, body: Uint8Array, sizeBytes: number) => Parsed<unknown>
  /** The JSON Schema of its body: `schemas/<file>.schema.json`. */
  readonly document?: {
    readonly file: string
    readonly title: string
    readonly schema: z.ZodType
    readonly rules: JsonRules
  }
}
