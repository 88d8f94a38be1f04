import * as z from 'zod'
import { record } from '../json/record.ts'

/** ssofile's own record of each credential that it retires, as `assignments/` is of access. */
export const retirementPrefix = 'retired/'

/**
 * | state           | means                                                                    |
 * | --------------- | ------------------------------------------------------------------------ |
 * | `switching off` | the call that makes it inactive may have been sent                       |
 * | `watched`       | a key is inactive, a password still works; the days are counted          |
 * | `used since`    | somebody used it, or switched it on: nothing more is done                |
 * | `deleting`      | the call that deletes it may have been sent                              |
 * | `gone`          | it was deleted, by us or by others                                       |
 * | `switching on`  | the file is gone: the call that makes it active again may have been sent |
 */
export const retirementStates = ['switching off', 'watched', 'used since', 'deleting', 'gone', 'switching on'] as const

export const retirement = record({
  v: z.literal(1),
  state: z.enum(retirementStates),
  /** When that began: an event of history has this instant, so that a repeated run tells it once. */
  at: z.iso.datetime(),
  /** When the first of the files was uploaded. */
  askedAt: z.iso.datetime(),
  /** From then on the days are counted. */
  watchedAt: z.iso.datetime().optional(),
  /** Until then it need not be looked at again. */
  lookAt: z.iso.datetime().optional(),
  /** The files that ask for it, as of the last look. */
  files: z.array(z.string()),
  /** What there was: another one of this name is none of ours. */
  madeAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime().optional(),
  /** Of `used since`: how that is known, for a person. */
  why: z.string().optional(),
  /** It was inactive before anybody asked, or cannot be: undoing changes nothing. */
  staysAsItIs: z.boolean(),
  /** Of `gone`: others deleted it. */
  byOthers: z.literal(true).optional(),
})
export type Retirement = z.infer<typeof retirement>
