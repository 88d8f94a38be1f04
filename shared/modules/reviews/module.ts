import { kinds } from '../../domain/inputs/kinds.ts'
import { by } from '../../reconcile/inputs/module.ts'
import { decisionController } from './decision-controller.ts'
import { reviewController } from './review-controller.ts'

export const reviews = {
  controllers: [
    [kinds.decision, by(decisionController)],
    [kinds.review, by(reviewController)],
  ],
} as const
