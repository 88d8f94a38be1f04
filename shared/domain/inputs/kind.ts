import type * as z from 'zod'
import type { JsonRules } from '../json/json-faults.ts'
import type { Parsed } from '../statuses/complaint.ts'

/** The writers of a kind's files: a key of `access` in the environment. `oneself`: everybody under their own user id. */
export type Writers =
  | 'uploaders'
  | 'permissionSetUploaders'
  | 'memberships'
  | 'governance'
  | 'people'
  | 'accountOwners'
  | 'oneself'

/** The queues for S3's notifications. */
export const inputQueues = ['urgent', 'links', 'permission-sets', 'requests', 'people'] as const
export type InputQueue = (typeof inputQueues)[number]

/** The queues of the function `requests`. */
export const queuesOfPeople = ['requests', 'people', 'urgent'] as const satisfies readonly InputQueue[]

/**
 * Places in the bucket: the beginnings of keys, with `/` at the end, or whole keys; `''`: everything. Each list includes the right to read:
 * If-Match needs it. (S3 User Guide, "Conditional writes".)
 */
export type Places = {
  readonly read?: readonly string[]
  /** Put and delete. */
  readonly write?: readonly string[]
  /** Put, where ssofile never deletes. */
  readonly put?: readonly string[]
  /** Delete what others wrote. */
  readonly remove?: readonly string[]
}

/** How the files of a kind are read. */
export type Format<Name = unknown, Body = unknown> = {
  readonly parseName: (key: string) => Parsed<Name>
  /** A larger body is not read, and is refused. */
  readonly mostBytes: number
  readonly parseBody: (key: string, body: Uint8Array, sizeBytes: number) => Parsed<Body>
}

/** Everything about one kind of input. The rest derives from it: see kinds.ts. `parseName`: absent if `isKey` says all. */
export type Kind = Omit<Format, 'parseName'> & {
  readonly parseName?: Format['parseName']
  /** The beginning of its keys, with `/` at the end, or its only key. */
  readonly at: string
  readonly writers: Writers
  /** The meaning of one file, in the table of docs/statuses.md. */
  readonly meaning: string
  /** The queue of its messages. Absent: S3 sends no notification, and a schedule looks for changes. */
  readonly queue?: InputQueue
  /** Another queue for its deletion, which takes access away from a person. */
  readonly queueOfEnd?: InputQueue
  /** The function that S3 starts at once after an upload or a deletion. Only this function's role may act, so there is no queue. */
  readonly starts?: 'retire'
  /** The places that its handler uses besides its files: records, and what it compares files with. Its rights come from here. */
  readonly uses?: Places
  /** The records that the dispatcher writes for it. Absent: the handler carries it out. */
  readonly dispatched?: readonly string[]
  /** The subject of a message. Messages with one subject are handled in order. Absent: each file is its own subject. */
  readonly subject?: (key: string) => string
  /** The share of the queue that a message uses: its folder's, or its subject's. Absent: its uploader's. */
  readonly share?: 'folder' | 'subject'
  /** Whether the names of its files may begin with a folder, which has its own uploaders. */
  readonly hasFolders?: true
  /** Whether people push and pull it with a folder. Absent: people write each file separately. */
  readonly isPushed?: true
  /** Whether its files decide who gets access later. A plan names each change, even if no access changes now. */
  readonly governs?: true
  /** Whether a key that begins with `at` is of this kind. Absent: every one is. */
  readonly isKey?: (key: string) => boolean
  /** The JSON Schema of its body: `schemas/<file>.schema.json`. */
  readonly document?: {
    readonly file: string
    readonly title: string
    readonly schema: z.ZodType
    readonly rules: JsonRules
  }
}
