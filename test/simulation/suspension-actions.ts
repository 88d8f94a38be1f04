import * as fc from 'fast-check'
import { userNames } from './directory-actions.ts'
import type { SimulatedWorld } from './simulated-world.ts'

/** HR writes and deletes the file that suspends a person. */
export type SuspensionAction = {
  readonly do: 'suspend a person' | 'restore a person'
  readonly name: (typeof userNames)[number]
}

export function isSuspensionAction(action: { readonly do: string }): action is SuspensionAction {
  return action.do === 'suspend a person' || action.do === 'restore a person'
}

const name = fc.constantFrom(...userNames)

export const suspensionActions = [
  { weight: 1, arbitrary: fc.record({ do: fc.constant('suspend a person' as const), name }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restore a person' as const), name }) },
] as const

export function performSuspensionAction({ do: what, name: user }: SuspensionAction, { objects }: SimulatedWorld): void {
  const key = `suspended/${user}`
  if (what === 'suspend a person') void objects.as('hr').put(key, '{ "reason": "left" }')
  else void objects.as('hr').delete(key)
}
