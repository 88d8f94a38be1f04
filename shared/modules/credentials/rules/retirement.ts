import * as z from 'zod'
import { type RetireFile, retirePrefix } from '../../../domain/files/retire-file.ts'
import { record } from '../../../domain/json/record.ts'
import { renderInstant } from '../../../domain/text/instant.ts'

/** The ledger of credentials: one record for each credential that ssofile retires. */
export const retirementPrefix = 'retired/'

/**
 * Uploads that ssofile saw while the account was somebody else's: `retired/refused/<owner>/<credential>%<instant of the upload>`, empty. If
 * the owner changes, they wait for a new upload.
 */
export const refusedPrefix = `${retirementPrefix}refused/`

export function refusedUploadKey({ key }: Pick<RetireFile, 'key'>, uploadedAt: Date): string {
  return `${refusedPrefix}${key.slice(retirePrefix.length)}%${renderInstant(uploadedAt)}`
}

/**
 * | state           | means                                                                    |
 * | --------------- | ------------------------------------------------------------------------ |
 * | `switching off` | the call that makes it inactive may have been sent                       |
 * | `watched`       | a key is inactive, a password still works; the days are counted          |
 * | `used since`    | somebody used it, or switched it on: ssofile only looks whether it is on |
 * | `deleting`      | the call that deletes it may have been sent                              |
 * | `gone`          | it was deleted, by us or by others                                       |
 * | `switching on`  | the file is gone: the call that makes it active again may have been sent |
 */
export const retirementStates = ['switching off', 'watched', 'used since', 'deleting', 'gone', 'switching on'] as const

export const retirement = record({
  v: z.literal(1),
  state: z.enum(retirementStates),
  /** When the state began. The event in history has this instant, so a repeated run records it once. */
  at: z.iso.datetime(),
  /** When the first of the files was uploaded. */
  askedAt: z.iso.datetime(),
  /** The days count from this time. */
  watchedAt: z.iso.datetime().optional(),
  /** No look is needed before this time. */
  lookAt: z.iso.datetime().optional(),
  /** The files that ask for it, as of the last look. */
  files: z.array(z.string()),
  /** When the credential was made. Another one with this name is not the same. */
  madeAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime().optional(),
  /** Only for `used since`: the proof, for people. */
  why: z.string().optional(),
  /** It was inactive before the request, cannot be inactive, or somebody made it active again: an undo changes nothing. */
  staysAsItIs: z.boolean(),
  /** The last look found no user of this name: it has another name now, or is deleted. */
  isUserMissing: z.literal(true).optional(),
  /** Since then the organization has had no such account at each look. */
  accountMissingSince: z.iso.datetime().optional(),
  /** Only for `gone`: others deleted it. */
  byOthers: z.literal(true).optional(),
})
export type Retirement = z.infer<typeof retirement>

/** Nothing began, because there was no such credential at the last look. */
export const absence = record({
  v: z.literal(1),
  state: z.literal('absent'),
  at: z.iso.datetime(),
  lookAt: z.iso.datetime(),
  files: z.array(z.string()),
})
export type Absence = z.infer<typeof absence>

export const retirementEntry = z.discriminatedUnion('state', [retirement, absence])
export type RetirementEntry = z.infer<typeof retirementEntry>
