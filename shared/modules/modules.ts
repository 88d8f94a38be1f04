import type { Kind } from '../domain/inputs/kind.ts'
import { kindAt, kinds, registerKind } from '../domain/inputs/kinds.ts'
import { by, type Module, type Reconcile, type ReconciledKind } from '../reconcile/inputs/module.ts'
import { uploadedAttributesController } from '../reconcile/permission-sets/attributes-controller.ts'
import type { InputContext } from './input-context.ts'
import { people } from './people/module.ts'
import { requests } from './requests/module.ts'
import { reviews } from './reviews/module.ts'

/** The one kind of the core that the function `requests` handles. */
const core = { controllers: [[kinds.attributes, by(uploadedAttributesController)]] } as const

/** All modules with inputs for the function `requests`. */
const modules: readonly Module<InputContext>[] = [core, requests, people, reviews]

const controllers = new Map<Kind, Reconcile<InputContext>>(modules.flatMap((module) => module.controllers))

/**
 * Adds a kind of input. Its row says who writes it and where; everything else derives from the row. `reconcile` handles its files. Answers
 * a function that removes the kind, for tests.
 */
export function register(kind: ReconciledKind, reconcile: Reconcile<InputContext>): () => void {
  const withdraw = registerKind(kind)
  controllers.set(kind, reconcile)
  return () => {
    controllers.delete(kind)
    withdraw()
  }
}

/** The controller of an input's kind. Throws if no function, or another one, handles messages of this kind. */
export function controllerOf(key: string): Reconcile<InputContext> {
  const kind = kindAt(key)
  const reconcile = kind && controllers.get(kind)
  if (reconcile === undefined) throw new Error(`received the key '${key}', expected one whose kind has a controller`)
  return reconcile
}
