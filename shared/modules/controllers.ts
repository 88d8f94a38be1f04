import type { Kind } from '../domain/inputs/kind.ts'
import { kindAt, kinds, registerKind } from '../domain/inputs/kinds.ts'
import type { InputMessage } from '../domain/links/input-message.ts'
import type { Controller, KindTypes } from '../reconcile/inputs/controller.ts'
import { reconcileInput } from '../reconcile/inputs/reconcile-input.ts'
import { uploadedAttributesController } from '../reconcile/permission-sets/attributes-controller.ts'
import type { queuesOfPeople } from '../reconcile/records/inputs.ts'
import type { InputContext } from './input-context.ts'
import { groupController } from './people/group-controller.ts'
import { membershipController } from './people/membership-controller.ts'
import { lookAtEnded, personController } from './people/person-controller.ts'
import { ruleController } from './people/rule-controller.ts'
import { suspensionController } from './people/suspension-controller.ts'
import { reconcileApproval } from './requests/approval-controller.ts'
import { requestController } from './requests/request-controller.ts'
import { decisionController } from './reviews/decision-controller.ts'
import { reviewController } from './reviews/review-controller.ts'

/** Reconciles one input in its present state. Throws if a read or write fails. */
export type Reconcile = (message: InputMessage, context: InputContext) => Promise<unknown>

/** A kind whose messages the function `requests` handles. */
type ReconciledKind = Kind & { readonly queue: (typeof queuesOfPeople)[number] }

const controllers = new Map<Kind, Reconcile>()

/**
 * Adds a kind of input. Its row says who writes it and where; everything else derives from the row. `reconcile` handles its files. Answers
 * a function that removes the kind, for tests.
 */
export function register(kind: ReconciledKind, reconcile: Reconcile): () => void {
  const withdraw = registerKind(kind)
  controllers.set(kind, reconcile)
  return () => {
    controllers.delete(kind)
    withdraw()
  }
}

/** Wraps a controller in the loop of all kinds. */
export const by =
  <T extends KindTypes>(controller: Controller<T>) =>
  (message: InputMessage, context: T['context']): Promise<unknown> =>
    reconcileInput(message, controller, context)

register(kinds.request, by(requestController))
register(kinds.approval, reconcileApproval)
register(kinds.decision, by(decisionController))
register(kinds.review, by(reviewController))
register(kinds.suspension, (message, context) =>
  lookAtEnded(message.key, context, () => reconcileInput(message, suspensionController, context)),
)
register(kinds.person, by(personController))
register(kinds.group, by(groupController))
register(kinds.membership, by(membershipController))
register(kinds.rule, by(ruleController))
register(kinds.attributes, by(uploadedAttributesController))

/** The controller of an input's kind. Throws if no function, or another one, handles messages of this kind. */
export function controllerOf(key: string): Reconcile {
  const kind = kindAt(key)
  const reconcile = kind && controllers.get(kind)
  if (reconcile === undefined) throw new Error(`received the key '${key}', expected one whose kind has a controller`)
  return reconcile
}
