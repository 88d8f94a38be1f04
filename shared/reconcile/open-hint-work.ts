import type { Status } from '../domain/status.ts'
import { assessLink } from './assess-link.ts'
import { DriftCheck, type DriftCheckContext } from './check-drift.ts'
import { HintWork } from './hint-work.ts'
import { sendInputs } from './inputs.ts'
import { PermissionSetWork } from './permission-set-work.ts'
import { Provisionings } from './provisionings.ts'
import type { OpenSettleContext } from './settle-context.ts'
import { StatusBoard } from './status-board.ts'
import type { NewStatus } from './status-store.ts'

/** What hints are worked on with in one slice, and the board that its statuses are told from. */
export function openHintWork(
  settling: OpenSettleContext,
  openBackground: DriftCheckContext['openBackground'],
): { readonly board: StatusBoard; readonly work: HintWork } {
  const { objects, ssoAdmin, clock, log, configuration, statuses, standings, organization, brake, ending } = settling
  const board: StatusBoard = new StatusBoard({
    statuses,
    clock,
    log,
    assess: async (input, current) => {
      const progress = {
        lackOf: board.lackOf.bind(board),
        of: standings.of.bind(standings),
        accountsOf: standings.accountsOf.bind(standings),
        heldAccountsOf: brake.heldAccountsOf.bind(brake),
      }
      const { status } = await assessLink(input, current, { objects, organization, configuration, progress })
      if (isFreed(current, status)) await sendInputs(settling, [input], 'what it waited for is there')
      return status
    },
  })
  const provisionings = new Provisionings({ ssoAdmin, clock, most: configuration.limits.provisionings, ending })
  const work = new HintWork({
    board,
    context: { ...settling, provisionings },
    permissionSetWork: new PermissionSetWork(settling, configuration, board),
    drift: new DriftCheck({ ...settling, openBackground }),
  })
  return { board, work }
}

/**
 * One account of a link was looked at again and lacks nothing: the link waits no more, and whoever made what was lacking
 * does not find it waiting when it wakes such links. Its other accounts were last looked at when it did. One that was held
 * did not say whether it lacks something: of what is open nobody knows that now.
 */
function isFreed(current: Status | undefined, found: NewStatus | undefined): boolean {
  const waited = current?.state === 'waiting' && (current.accounts?.desired ?? 0) > 0
  return (waited || current?.state === 'held') && found?.state === 'applying'
}
