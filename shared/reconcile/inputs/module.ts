import type { Kind, queuesOfPeople } from '../../domain/inputs/kind.ts'
import type { InputMessage } from '../../domain/links/input-message.ts'
import type { Controller, KindTypes } from './controller.ts'
import { reconcileInput } from './reconcile-input.ts'

/** The function `requests` handles the messages of such a kind. */
export type ReconciledKind = Kind & { readonly queue: (typeof queuesOfPeople)[number] }

/** Reconciles one input in its present state. Throws if a read or write fails. */
export type Reconcile<Context> = (message: InputMessage, context: Context) => Promise<unknown>

/**
 * A module lists its kinds of inputs, each with the function that reconciles it. The core knows this type, but no module. `handlers/` lists
 * jobs and commands, so that the bundle of a function contains no code of other modules.
 */
export type Module<Context> = {
  readonly controllers: readonly (readonly [kind: ReconciledKind, reconcile: Reconcile<Context>])[]
}

/** Wraps a controller in the loop of all kinds. */
export const by =
  <T extends KindTypes>(controller: Controller<T>): Reconcile<T['context']> =>
  (message, context) =>
    reconcileInput(message, controller, context)
