import type { AccessNames } from '../../../domain/assignments/access-changes.ts'
import { mayAppearUntil, settlesAt } from '../../../domain/assignments/access-proof.ts'
import type { Access, GrantingLink } from '../../../domain/assignments/ledger-entry.ts'

/** An access whose record is gone or unreadable. */
export type LostAccess = {
  readonly names: AccessNames
  /** The access in the last readable version. Absent: there is none. */
  readonly saved: Access | undefined
  /** The last statement of history about it. */
  readonly history:
    | { readonly says: 'nothing' }
    | { readonly says: 'ours'; readonly at: string; readonly links: readonly GrantingLink[] }
    | { readonly says: 'ended'; readonly at: string }
  /** Whether Identity Center lists it now. */
  readonly isListed: boolean
  readonly now: Date
}

export type LostVerdict =
  | { readonly is: 'ours'; readonly access: Access }
  | { readonly is: 'over' }
  | { readonly is: 'undecided'; readonly why: string }

/**
 * The fate of one access whose record was lost.
 *
 * | history says      | the saved version                         | listed | then                                                  |
 * | ----------------- | ----------------------------------------- | ------ | ----------------------------------------------------- |
 * | ours              | any                                       | yes    | as saved; without a version, as history says          |
 * | ours              | a call of it may not be over              | no     | as saved: the dispatcher finds out                    |
 * | ours              | any other, or none                        | no     | the same, and missing: somebody removed it            |
 * | ended, or nothing | a later creation, which was accepted      | any    | as saved                                              |
 * | ended, or nothing | a later creation, without an answer       | no     | as saved, while it may still take effect              |
 * | ended, or nothing | a later creation, without an answer       | yes    | undecided: others may have given it                   |
 * | nothing           | granted                                   | yes    | undecided: it may have ended since                    |
 * | ended, or nothing | any other, or none                        | any    | over                                                  |
 */
export function judgeLostAccess({ names, saved, history, isListed, now }: LostAccess): LostVerdict {
  if (history.says === 'ours') {
    const { at, links } = history
    const access: Access = saved ?? { state: 'granted', ...names, links: [...links], grantedAt: at }
    return {
      is: 'ours',
      access: isListed || isOpen(access, now) ? access : { ...access, missingSince: now.toISOString() },
    }
  }
  const creation = saved?.lastCreation
  const isSince = creation !== undefined && (history.says === 'nothing' || creation.calledAt > history.at)
  if (saved?.grantedAt !== undefined && history.says === 'nothing')
    return isListed ? { is: 'undecided', why: 'its history is gone: it may have ended since' } : { is: 'over' }
  if (saved === undefined || !isSince || creation.outcome === 'FAILED') return { is: 'over' }
  if (creation.id !== undefined) return { is: 'ours', access: saved }
  if (isListed)
    return { is: 'undecided', why: 'ssofile was about to grant it, and somebody else may have granted it too' }
  const until = mayAppearUntil(saved)
  return until && now < until ? { is: 'ours', access: saved } : { is: 'over' }
}

/** A call of ours may not be over, or its effect may not be listed yet. */
function isOpen(access: Access, now: Date): boolean {
  const { call } = access
  return call?.kind === 'deletion' || (call !== undefined && call.outcome === undefined) || now < settlesAt(access)
}
