import * as z from 'zod'
import { record } from '../../../domain/json/record.ts'

/** Populations, outcomes and evidence. Only ssofile writes here, and deletes nothing. */
export const reviewResultsPrefix = 'review-results/'

/** The terms of a run: the whole file as it was at the beginning, so that its scope is evidence. Later edits are for the next run. */
const terms = record({
  reviewers: record({ fallback: z.array(z.string()) }),
  keeps: z.int(),
  lastsDays: z.int(),
  remindDays: z.array(z.int()),
  silence: record({ escalateDays: z.int(), means: z.enum(['revoke', 'not-done']) }),
  repeatDays: z.int().optional(),
})

/** The last run of a review. `review-results/<review>/run.json`. */
export const reviewRun = record({
  v: z.literal(1),
  phase: z.enum(['open', 'escalated', 'settling', 'done']),
  /** When it began, by S3's clock. Its folder has this name. */
  run: z.iso.datetime(),
  terms,
  /** The version of the file under `reviews/`. */
  etag: z.string(),
  /** The frozen population: how many items, and a hash of their digests. */
  items: z.int().min(0),
  hash: z.string(),
  /** The reminders that were sent, in days before the end. */
  reminded: z.array(z.int()).default([]),
  endedAt: z.iso.datetime().optional(),
  /** Somebody deleted the file of the review, which ended the run. `by`: S3's name of that person, if it is known. */
  closed: record({ by: z.string().optional() }).optional(),
})
export type ReviewRun = z.infer<typeof reviewRun>

/** Decisions count. */
export function isRunning(phase: ReviewRun['phase'] | 'none' | undefined): boolean {
  return phase === 'open' || phase === 'escalated'
}
