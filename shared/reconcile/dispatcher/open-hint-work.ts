import { describeLink } from '../../domain/describe-link.ts'
import type { OpenSettleContext } from '../assignments/settle-context.ts'
import { patientIdentityStore } from '../calls/patient-identity-store.ts'
import { DriftCheck, type DriftCheckContext } from '../drift/check-drift.ts'
import { PermissionSetWork } from '../permission-sets/permission-set-work.ts'
import { Provisionings } from '../permission-sets/provisionings.ts'
import { gatherLink } from '../statuses/gather-link.ts'
import { StatusBoard } from '../statuses/status-board.ts'
import { HintWork } from './hint-work.ts'

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
        heldAccountsOf: brake.heldAccountsOf.bind(brake),
      }
      const accountsOf = standings.accountsOf.bind(standings)
      const context = { objects, organization, configuration, accountsOf, progress }
      return describeLink((await gatherLink(input, current, context)).facts)
    },
  })
  const provisionings = new Provisionings({ ssoAdmin, clock, most: configuration.limits.provisionings, ending })
  const work = new HintWork({
    board,
    context: { ...settling, provisionings },
    permissionSetWork: new PermissionSetWork(settling, configuration, board),
    drift: new DriftCheck({ ...settling, identityStore: patientIdentityStore(settling), openBackground }),
  })
  return { board, work }
}
