import type { RequestDigest } from '../../../domain/files/access-request.ts'
import type { Outcome, RequestAction, RequestNeed, RequestStep } from './decide-request.ts'

/** One file under `requests/`. */
export type RequestInputFacts =
  /** It has no status yet, and gets none now. */
  | { readonly is: 'left'; readonly why: 'one of too many' | 'until its turn' }
  | { readonly is: 'misnamed' }
  /** `step`: from `decideRequest`. `unnoted`: a digest of its status by which an approval does not find the request. */
  | {
      readonly is: 'read'
      readonly step: Exclude<RequestStep, RequestNeed>
      readonly unnoted: RequestDigest | undefined
    }

export const requestActions = [
  'tell the crowd',
  'note the digest',
  'record',
  'show the accounts',
  'grant',
  'write the link',
  'delete the link',
] as const satisfies readonly RequestInputAction['do'][]
export type RequestInputAction =
  | RequestAction
  | { readonly do: 'tell the crowd' }
  | { readonly do: 'note the digest'; readonly digest: RequestDigest }
export type RequestInputEnd =
  | { readonly tell: 'nothing' }
  | { readonly tell: 'misnamed' }
  | { readonly tell: 'outcome'; readonly outcome: Outcome }

/**
 * The next step for the file of a request. `decideRequest` decides about the request itself, and has all its facts before this is called.
 *
 * | the file                          | the request           | its digest   | step            |
 * | --------------------------------- | --------------------- | ------------ | --------------- |
 * | is beyond its author's limit      |                       |              | tell the crowd  |
 * | must wait for its turn            |                       |              | nothing         |
 * | has no valid name                 |                       |              | misnamed        |
 * | any other                         | needs a change        |              | that change     |
 * | any other                         | has a status          | is not noted | note the digest |
 * | any other                         | any other             |              | outcome         |
 */
export function decideRequestInput(facts: RequestInputFacts): RequestInputAction | RequestInputEnd {
  if (facts.is === 'left') return facts.why === 'one of too many' ? { do: 'tell the crowd' } : { tell: 'nothing' }
  if (facts.is === 'misnamed') return { tell: 'misnamed' }
  const { step, unnoted } = facts
  if (step.do !== 'tell') return step
  const { do: _, ...outcome } = step
  return unnoted === undefined ? { tell: 'outcome', outcome } : { do: 'note the digest', digest: unnoted }
}
