import type { Grouping } from '../../modules/people/grouping.ts'

/** One input of a kind, and what it is for. What does not apply to the kind is said by a reason, which the tests check. */
export type Sample = {
  readonly key: (grouping: Grouping) => string
  readonly body: object | ''
  /** What must be there before. */
  readonly prepare: (grouping: Grouping) => Promise<void>
  /** The state of its status in the end. */
  readonly state: string
  /** Whether what it asks for is so outside of ssofile. */
  readonly isDone: (grouping: Grouping) => boolean | Promise<boolean>
  /** Whether it is over once the file is gone. Absent: where it is not done any more. */
  readonly isOver?: (grouping: Grouping) => boolean | Promise<boolean>
  /** What files of this kind take away from people. `nothing`: why they never do. */
  readonly takes: Taking | { readonly nothing: string }
  /** The user who is the author, where the key says so. */
  readonly author?: string
}

/** How several files of one author take something away from several people. */
export type Taking = {
  /** So many people have something. */
  readonly give: (grouping: Grouping, count: number) => Promise<void>
  /** What a person does with the files. */
  readonly take: (grouping: Grouping, count: number) => Promise<void>
  /** From how many it is taken. */
  readonly taken: (grouping: Grouping, count: number) => number | Promise<number>
  /** The file whose status says what becomes of the first. */
  readonly told: (grouping: Grouping, which: number) => string
  /** How many of three pass where the brake lets one pass; absent: one. `all`: why the brake never holds them. */
  readonly passing?: number | { readonly all: string }
  /** Why no minimum of people holds it. Absent: one does. */
  readonly noMinimum?: string
}
