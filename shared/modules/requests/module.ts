import { kinds } from '../../domain/inputs/kinds.ts'
import { by } from '../../reconcile/inputs/module.ts'
import { reconcileApproval } from './approval-controller.ts'
import { requestController } from './request-controller.ts'

export const requests = {
  controllers: [
    [kinds.request, by(requestController)],
    [kinds.approval, reconcileApproval],
  ],
} as const
