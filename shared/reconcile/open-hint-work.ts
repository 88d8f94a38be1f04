import { assessLink } from './assess-link.ts'
import { DriftCheck, type DriftCheckContext } from './check-drift.ts'
import { HintWork } from './hint-work.ts'
import { PermissionSetWork } from './permission-set-work.ts'
import { Provisionings } from './provisionings.ts'
import type { OpenSettleContext } from './settle-context.ts'
import { StatusBoard } from './status-board.ts'

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
      return (await assessLink(input, current, { objects, organization, configuration, progress })).status
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
