import * as z from 'zod'
import { record } from '../json/record.ts'
import { principalId } from '../principals/identity-center-ids.ts'
import { verdicts } from './decision-file.ts'
import { itemDigest } from './review-item.ts'

/** Populations, outcomes and evidence. Only ssofile writes here, and deletes nothing. */
export const reviewResultsPrefix = 'review-results/'

/** The terms of a run: the file as it was at the beginning. Later edits are for the next run. */
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
})
export type ReviewRun = z.infer<typeof reviewRun>

const givenDecision = record({
  user: principalId,
  name: z.string().optional(),
  verdict: z.enum(verdicts),
  comment: z.string().optional(),
  /** The upload of the decision. `at`: by S3's clock. */
  key: z.string(),
  etag: z.string(),
  versionId: z.string().optional(),
  at: z.iso.datetime(),
})
export type GivenDecision = z.infer<typeof givenDecision>

/** What became of one item: `…/outcomes/<digest>.json`. Absent: nobody decided yet. */
export const reviewOutcome = record({
  v: z.literal(1),
  decisions: z.array(givenDecision),
  /** Nobody decided until the end, and silence revokes. Written before the deletion. */
  silentAt: z.iso.datetime().optional(),
  /**
   * - `deleted`: the files are gone. `gone`: others deleted them.
   * - `task`: a person must carry it out.
   * - `changed`: the item was edited, and `next` asks again.
   * - `kept`, `not done`: at the end of the run.
   */
  end: record({
    is: z.enum(['deleted', 'gone', 'task', 'changed', 'kept', 'not done']),
    at: z.iso.datetime(),
    /** The reviewer whose decision it carries out. Absent: nobody decided, and silence revokes. */
    by: principalId.optional(),
    next: itemDigest.optional(),
    task: z.string().optional(),
    /** The owners of a task, by name. */
    owners: z.array(z.string()).optional(),
    dueAt: z.iso.datetime().optional(),
  }).optional(),
  /** The keys under `changes/` that prove that the access ended; for a task, when ssofile saw it done. */
  proof: z.array(z.string()).optional(),
  provenAt: z.iso.datetime().optional(),
})
export type ReviewOutcome = z.infer<typeof reviewOutcome>
