import type { Access } from '../../shared/domain/deployment/api-access.ts'
import type { ApiCaller } from '../../shared/domain/deployment/api-caller.ts'
import type { Configuration } from '../../shared/domain/deployment/configuration.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import type { Suspensions } from '../../shared/reconcile/records/suspensions.ts'
import type { Actor } from '../../shared/reconcile/requests/find-actor.ts'
import type { RequestSources } from '../../shared/reconcile/requests/gather-request.ts'

export type RequestCaches = Pick<RequestSources, 'organization' | 'eligibilityFiles' | 'people'> & {
  readonly suspensions: Pick<Suspensions, 'find'>
}

export type RequestContext = {
  readonly ports: Ports
  readonly configuration: Configuration
  /** Absent: a local system's, where sessions of every account count. */
  readonly access: Access | undefined
  readonly caller: ApiCaller
  /** Whose session calls; absent: nobody's, or the page has looked. */
  readonly seen?: Actor | undefined
  /** What tells who may approve, remembered for a minute. */
  readonly known: RequestCaches
  /** Where the API says what became of something: below the path of the request. */
  readonly statusPath: (name: string) => string
}
