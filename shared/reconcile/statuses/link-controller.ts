import { kinds } from '../../domain/inputs/kinds.ts'
import { decideLink, type LinkEnd, type LinkStepFacts } from '../../domain/links/decide-link.ts'
import { describeLink } from '../../domain/links/describe-link.ts'
import type { LinkBody } from '../../domain/links/link-body.ts'
import type { Hint } from '../../domain/messages/hint.ts'
import { parsed } from '../../domain/statuses/complaint.ts'
import type {
  Controller,
  Description,
  Input,
  KindTypes,
  ReadingContext,
  ReconcileContext,
  Wakes,
} from '../inputs/controller.ts'
import { lastReadsMs } from '../organization/organization-cache.ts'
import { instantsToCome } from '../records/expiry-index.ts'
import { listAccountsOf } from '../records/ledger.ts'
import { findBlockedDeletion } from '../records/owned-permission-sets.ts'
import { toLinkReading } from '../records/read-link.ts'
import { type GatherContext, type GatheredLink, gatherLink } from './gather-link.ts'

/** A link waits this long for tags that no look reads. */
const tagsAgainMs = 60_000

type LinkContext = ReconcileContext & Pick<GatherContext, 'organization' | 'policies' | 'tagsUntilMs'>

interface LinkTypes extends KindTypes {
  /** The key. The configuration decides which folders count, and the status explains an invalid name. */
  readonly name: string
  readonly body: LinkBody
  readonly entry: never
  readonly facts: LinkStepFacts & GatheredLink & { readonly blocked: Hint | undefined }
  /** Only the dispatcher grants and revokes. */
  readonly action: never
  readonly end: LinkEnd
  readonly context: LinkContext
}
type Facts = LinkTypes['facts']

/** The file of a link: writes the status that is known without the dispatcher, and sends hints for its accounts. */
export const linkController: Controller<LinkTypes> = {
  noun: 'link',
  format: { ...kinds.link, parseName: (key) => parsed(key) },
  // The access of a link that becomes invalid goes, as if the link were deleted.
  describesInvalid: true,
  gather,
  decide: decideLink,
  underPause: [],
  perform: async () => ({}),
  describe,
}

async function gather(input: Input<LinkTypes>, context: ReadingContext<LinkContext>): Promise<Facts> {
  const { key, told, by, isRepeated, lookedMs } = input
  const { objects, configuration, clock, tagsUntilMs = Number.POSITIVE_INFINITY } = context
  const reading = toLinkReading(key, input, configuration)
  const gathered = await gatherLink(reading, told, {
    ...context,
    findUploader: () => by,
    accountsOf: (grant) => listAccountsOf(objects, grant),
  })
  const { state, link } = reading
  const isOver = link !== undefined && state !== 'in-force'
  return {
    ...gathered,
    file: state,
    isNamed: link !== undefined,
    isRepeated,
    lacksTags: gathered.facts.state === 'in-force' && gathered.facts.expansion.found === 'unread-tags',
    isTimeOver: clock.monotonicMs() >= Math.min(tagsUntilMs - lastReadsMs, lookedMs + lastReadsMs),
    // It may have been the last link that blocked the deletion of its permission set.
    blocked: isOver ? await findBlockedDeletion(link.permissionSet, objects) : undefined,
  }
}

function describe({ tell }: LinkEnd, { key, by, now }: Input<LinkTypes>, gathered: Facts): Description {
  const { reading, facts } = gathered
  const instants = 'body' in reading ? instantsToCome(reading.body, now) : []
  const again = tell === 'wait for tags' ? [...instants, new Date(now.getTime() + tagsAgainMs)] : instants
  const told = describeLink(facts)
  return { told: told && { ...told, by }, again, wakes: wakesOf(tell, key, gathered) }
}

function wakesOf(tell: LinkEnd['tell'], key: string, { reading, accounts, blocked }: Facts): Wakes | undefined {
  const { link } = reading
  if (link === undefined) return undefined
  const { permissionSet, principal, type } = link
  const hints = accounts.map(
    (account): Hint => ({ v: 1, kind: 'assignment', account, permissionSet, principal, type, cause: key }),
  )
  switch (tell) {
    case 'nothing':
    case 'wait for tags':
      return undefined
    case 'read tags':
      // Send a new message instead of failing, because SQS delivers a failed message only a few times.
      return { why: 'tags of accounts are being read', inputs: [{ key }], hints }
    case 'grant':
      return { why: 'its link is in force', hints }
    case 'revoke':
      return { why: 'its link is over', revocations: hints, hints: blocked ? [blocked] : [] }
  }
}
