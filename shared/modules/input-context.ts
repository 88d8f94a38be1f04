import type { Configuration } from '../domain/deployment/configuration.ts'
import type { PrincipalId } from '../domain/principals/identity-center-ids.ts'
import type { Ports } from '../ports/ports.ts'
import { Brake } from '../reconcile/brake/brake.ts'
import { patientIdentityStore } from '../reconcile/calls/patient-identity-store.ts'
import { DirectoryListing } from '../reconcile/directory/directory-listing.ts'
import { Memberships } from '../reconcile/directory/memberships.ts'
import { refusePeople } from '../reconcile/directory/refuse-people.ts'
import { Minimums } from '../reconcile/guardrails/minimums.ts'
import { OrganizationCache } from '../reconcile/organization/organization-cache.ts'
import { Policies } from '../reconcile/records/policies.ts'
import { StatusStore } from '../reconcile/records/status-store.ts'
import { Suspensions } from '../reconcile/records/suspensions.ts'
import { LeaverCensus } from './people/leaver-census.ts'
import { RuleFiles } from './people/rule-files.ts'
import { EligibilityFiles } from './requests/eligibility-files.ts'
import { People } from './requests/people.ts'

/** The controllers' context for one message. `sentMs`: its sending time by the clock of SQS; `undefined`: unknown. */
export type InputContext = ReturnType<typeof openInputs> & { readonly sentMs: number | undefined }

/** Shared by all messages of one process: caches, and one pace at the directory. */
export function openInputs(ports: Ports, configuration: Configuration) {
  const { objects, clock } = ports
  // Many messages ask at once, and the directory answers few calls a second.
  const identityStore = patientIdentityStore(ports)
  const people = new People(identityStore, clock, configuration.principalSuffix)
  const policies = new Policies(ports)
  const listing = new DirectoryListing({ ...ports, identityStore }, configuration.principalSuffix)
  const suspensions = new Suspensions({ objects, policies })
  const memberships = new Memberships(identityStore, clock)
  const statuses = new StatusStore(objects, clock)
  const minimums = new Minimums({ objects, policies, memberships, suspensions, statuses })
  const brake = new Brake(ports, configuration, minimums)
  return {
    ...ports,
    identityStore,
    configuration,
    organization: new OrganizationCache(ports, configuration.folders),
    eligibilityFiles: new EligibilityFiles(ports),
    people,
    actorOf: (user: PrincipalId) => people.actorOf(user, suspensions),
    policies,
    suspensions,
    findSuspension: suspensions.find.bind(suspensions),
    brake,
    listing,
    refusePeople: (now: Date) => refusePeople({ objects, identityStore, configuration }, now),
    census: new LeaverCensus({ ...ports, brake, listing }),
    rules: new RuleFiles(objects),
  }
}
