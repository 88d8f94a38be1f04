import type { Part } from '../part.ts'
import { decisionFiles, reviewFiles } from './review-files.ts'
import { longReviewLives, reviewLives } from './review-lives.ts'
import { ReviewsPromise } from './reviews-promise.ts'

/** Reviews of access, by today's rules. */
export const reviews = {
  kinds: {
    review: { files: reviewFiles, oracle: ReviewsPromise },
    decision: { files: decisionFiles, oracle: ReviewsPromise },
  },
  lives: reviewLives,
  longLives: longReviewLives,
} as const satisfies Part
