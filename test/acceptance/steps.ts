import type { Step } from './acceptance.ts'
import type { AcceptanceContext } from './acceptance-context.ts'
import { applications } from './step-of-applications.ts'
import { attributes } from './step-of-attributes.ts'
import { brake } from './step-of-brake.ts'
import { entitlement } from './step-of-entitlement.ts'
import { redrive } from './step-of-redrive.ts'
import { stepsOfAccess } from './steps-of-access.ts'
import { stepsOfAddresses } from './steps-of-addresses.ts'
import { rawEvents, ringing, upgrade } from './steps-of-deployment.ts'
import { stepsOfEvents } from './steps-of-events.ts'
import { stepsOfIdentityCenter } from './steps-of-identity-center.ts'
import { stepsOfPeople } from './steps-of-people.ts'
import { stepsOfRequests } from './steps-of-requests.ts'
import { stepsOfRoles } from './steps-of-roles.ts'
import { stepsOfS3 } from './steps-of-s3.ts'

/** Every step, in order. Each has a sabotage in sabotages.ts, which it must not survive. */
export const steps: readonly Step<AcceptanceContext>[] = [
  ...stepsOfAccess,
  ...stepsOfS3,
  ...stepsOfIdentityCenter,
  ...stepsOfEvents,
  ...stepsOfRoles,
  ...stepsOfPeople,
  attributes,
  ...stepsOfRequests,
  ...stepsOfAddresses,
  entitlement,
  applications,
  redrive,
  upgrade,
  ringing,
  rawEvents,
  // The brake counts deletions for a quarter of an hour: whatever was to be deleted after a flood would be held, too.
  { name: 'what was made is removed', run: (context) => context.undoSince(0) },
  brake,
]
