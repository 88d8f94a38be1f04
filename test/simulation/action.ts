import { brakeActions } from './brake-actions.ts'
import { directoryActions } from './directory-actions.ts'
import { type ActionIn, performIn } from './doing.ts'
import { driftActions } from './drift-actions.ts'
import { hostileActions } from './hostile-actions.ts'
import { attributeActions } from './kinds/attributes/attribute-actions.ts'
import { credentialActions } from './kinds/credentials/credential-actions.ts'
import { fileActions } from './kinds/file-actions.ts'
import { linkActions } from './link-actions.ts'
import { membershipActions } from './membership-actions.ts'
import { misfortuneActions } from './misfortune-actions.ts'
import { operatorActions } from './operator-actions.ts'
import { organizationActions } from './organization-actions.ts'
import { permissionSetActions } from './permission-set-actions.ts'
import { requestActions } from './request-actions.ts'
import { sessionActions } from './session-actions.ts'
import type { SimulatedWorld } from './simulated-world.ts'
import { spoilActions } from './spoil-actions.ts'
import { timeActions } from './time-actions.ts'

/** All actions of people and of the organization, and all misfortunes. */
const actions = {
  ...fileActions,
  ...attributeActions,
  ...credentialActions,
  ...linkActions,
  ...misfortuneActions,
  ...timeActions,
  ...driftActions,
  ...directoryActions,
  ...organizationActions,
  ...permissionSetActions,
  ...brakeActions,
  ...spoilActions,
  ...requestActions,
  ...hostileActions,
  ...operatorActions,
  ...sessionActions,
  ...membershipActions,
}
export type Action = ActionIn<typeof actions>

export async function perform(what: Action, world: SimulatedWorld): Promise<void> {
  await performIn(actions, what, world)
}

export function isDisturbing(what: Action): boolean {
  return 'isDisturbing' in actions[what.do]
}

/** An action in words, for the output of a failure. */
export function describeAction({ do: what, ...rest }: Action): string {
  const details = Object.entries(rest).map(([name, value]) => `${name} ${JSON.stringify(value)}`)
  return details.length === 0 ? what : `${what}: ${details.join(', ')}`
}
