import * as z from 'zod'
import { record } from '../../../domain/json/record.ts'
import { namedPrincipal } from './reviewers.ts'

/** Populations, outcomes and evidence. Only ssofile writes here, and deletes nothing. */
export const reviewResultsPrefix = 'review-results/'

/** The terms of a run: the whole file as it was at the beginning, so that its scope is evidence. Later edits are for the next run. */
const terms = record({
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
  /** By ids, as it was at the beginning. */
  fallback: z.array(namedPrincipal).default([]),
  /** So many items have an owner who counts as none. */
  passedOver: z.int().min(0).default(0),
  /** The version of the file under `reviews/`. */
  etag: z.string(),
  /** The frozen population: how many items, and a hash of their digests. */
  items: z.int().min(0),
  hash: z.string(),
  /** The reminders that were sent, in days before the end. */
  reminded: z.array(z.int()).default([]),
  /** The fallback has its days from then. */
  escalatedAt: z.iso.datetime().optional(),
  endedAt: z.iso.datetime().optional(),
  /** Somebody deleted the file of the review, which ended the run. `by`: S3's name of that person, if it is known. */
  closed: record({ by: z.string().optional() }).optional(),
})
export type ReviewRun = z.infer<typeof reviewRun>

/** Decisions count. */
export function isRunning(phase: ReviewRun['phase'] | 'none' | undefined): boolean {
  return phase === 'open' || phase === 'escalated'
}
