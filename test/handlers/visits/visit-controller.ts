import { removalAct } from '../../../shared/domain/brake/act.ts'
import type { PrincipalName } from '../../../shared/domain/principals/principal.ts'
import { renderInstant } from '../../../shared/domain/text/instant.ts'
import { unlessCode } from '../../../shared/ports/service-error.ts'
import type { Brake } from '../../../shared/reconcile/brake/brake.ts'
import { removeMember } from '../../../shared/reconcile/calls/taking-calls.ts'
import type {
  Controller,
  Description,
  Effect,
  Input,
  KindTypes,
  ReadingContext,
  ReconcileContext,
} from '../../../shared/reconcile/inputs/controller.ts'
import { decideVisit, type VisitAction, type VisitEnd, type VisitFacts } from './decide-visit.ts'
import { type OwnedVisit, ownedVisits, type VisitFile, visitKind } from './visit-file.ts'

type VisitContext = ReconcileContext & { readonly brake: Pick<Brake, 'admit' | 'drop'> }

interface VisitTypes extends KindTypes {
  readonly name: PrincipalName
  readonly body: VisitFile
  readonly entry: OwnedVisit
  readonly facts: VisitFacts & { readonly wanted: OwnedVisit | undefined; readonly membershipId: string | undefined }
  readonly action: VisitAction
  readonly end: VisitEnd
  readonly context: VisitContext
}
type VisitInput = Input<VisitTypes>

/** Lets somebody be a guest of a group while the file is there. */
export const visitController: Controller<VisitTypes> = {
  noun: 'visit',
  format: visitKind,
  entryOf: ownedVisits.of,
  historyOf: (name) => ({ folder: `history/visits/${name}/`, name }),
  gather,
  decide: decideVisit,
  underPause: ['forget'],
  perform,
  describe,
}

async function gather(
  { name, file, entry }: VisitInput,
  { identityStore }: ReadingContext<VisitContext>,
): Promise<VisitTypes['facts']> {
  const groupName = file.is === 'valid' ? file.body.group : undefined
  const user = await identityStore.findPrincipalId('USER', name)
  const group = groupName && (await identityStore.findPrincipalId('GROUP', groupName))
  const membershipId = entry && (await identityStore.getGroupMembershipId(entry.group, entry.user))
  return {
    file: file.is,
    areKnown: user !== undefined && group !== undefined,
    entry: entry === undefined ? 'none' : entry.group === group && entry.user === user ? 'same' : 'other',
    isIn: membershipId !== undefined,
    wanted: user && group && groupName && { v: 1, user, group, groupName },
    membershipId,
  }
}

async function perform(
  { do: action }: VisitAction,
  { name, entry, now }: VisitInput,
  { wanted, membershipId }: VisitTypes['facts'],
  context: VisitContext,
): Promise<Effect<OwnedVisit> | Description> {
  if (action === 'claim') return wanted ? { entry: wanted } : {}
  if (entry === undefined) return {}
  const told = (event: string) => ({ event, at: renderInstant(now), body: { user: name, group: entry.groupName } })
  const act = removalAct({ item: `${entry.groupName}%${name}`, folders: [undefined] }, entry)
  switch (action) {
    case 'put in':
      await unlessCode(context.identityStore.createGroupMembership(entry.group, entry.user), 'ConflictException')
      return { history: told('began') }
    case 'take out': {
      const answer = await context.brake.admit(act)
      if (answer.outcome === 'held') {
        const again = new Date(now.getTime() + 60_000)
        return { told: { state: 'held', reason: answer.reason, remedy: 'ssofile brake' }, again }
      }
      if (membershipId === undefined) return {}
      await unlessCode(removeMember(answer, membershipId, context), 'ResourceNotFoundException')
      return { history: told('ended'), entry: 'none' }
    }
    case 'forget':
      await context.brake.drop(act)
      return { entry: 'none' }
  }
}

function describe({ tell }: VisitEnd, { name, file, now }: VisitInput): Description {
  if (tell === 'nothing') return { told: undefined }
  if (tell === 'applied') return { told: { state: 'applied' } }
  const group = file.is === 'valid' ? file.body.group : ''
  return {
    told: { state: 'waiting', reason: `there is no user '${name}', or no group '${group}'`, remedy: 'wait for them' },
    again: new Date(now.getTime() + 60_000),
  }
}
