import type { Access } from '../../shared/domain/deployment/api-access.ts'
import type { ApiCaller } from '../../shared/domain/deployment/api-caller.ts'
import type { Configuration } from '../../shared/domain/deployment/configuration.ts'
import type { RequestSources } from '../../shared/modules/requests/gather-request.ts'
import type { KnownReviews } from '../../shared/modules/reviews/review-records.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import type { Actor } from '../../shared/reconcile/directory/find-actor.ts'
import type { Suspensions } from '../../shared/reconcile/records/suspensions.ts'

export type RequestCaches = Pick<RequestSources, 'organization' | 'eligibilityFiles' | 'people'> & {
  readonly suspensions: Pick<Suspensions, 'find'>
  readonly reviews: KnownReviews
}

export type RequestContext = {
  readonly ports: Ports
  readonly configuration: Configuration
  /** Absent on a local system, where sessions of every account count. */
  readonly access: Access | undefined
  readonly caller: ApiCaller
  /** The person of the calling session; absent: there is no person, or the page has checked already. */
  readonly seen?: Actor | undefined
  /** Caches for finding the approvers, kept for a minute. */
  readonly known: RequestCaches
  /** The path of a status: below the path of the request. */
  readonly statusPath: (name: string) => string
}
