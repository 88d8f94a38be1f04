import { sayAge, sayDuration, sayInstant, sayScope } from './say.ts'
import type { ToldAbout, ToldRequest } from './told-request.ts'

export type RequestAction = 'approve' | 'deny' | 'finish' | 'extend' | 'withdraw'

export type DescribedRequest = {
  readonly title: string
  /** One word for the state, which also sets the colour. */
  readonly state: 'new' | 'waiting' | 'granted' | 'refused' | 'over' | 'ending'
  readonly stateText: string
  readonly facts: readonly (readonly [string, string])[]
  readonly actions: readonly { readonly does: RequestAction; readonly label: string }[]
  /** An approval covers exactly the displayed request, by this digest. */
  readonly digest: string | undefined
}

/** The facts about a request and the possible acts, for a person. `of`: their own request, or one that waits for their approval. */
export function describeRequest(
  told: ToldRequest,
  of: 'mine' | 'waiting',
  nowMs: number,
  besides: Partial<ToldAbout> & { readonly mayExtend?: boolean } = {},
): DescribedRequest {
  const { scope, permissionSet, user } = partsOf(told.linkData)
  const { file, requestDetails: asked, status } = told
  const state = stateOf(told)
  // The state gives the number of missing approvals in fewer words.
  const isTelling = state === 'refused' || state === 'over' || (state === 'waiting' && !status?.request?.approvals)
  const isJudged = state !== 'new' && state !== 'ending'
  const until = status?.request?.runsUntil
  const runsUntil = until !== undefined && Date.parse(until) > nowMs ? until : undefined
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['Who', user],
    ['What it allows', besides.about],
    ['Has there now', sayOthers(besides)],
    ['For how long', asked ? sayDuration(asked.duration) : undefined],
    ['Granted before', isJudged && runsUntil ? `goes on until ${sayInstant(runsUntil)}` : undefined],
    ['Asked', file ? `${sayInstant(file.lastModified)}, ${sayAge(Date.parse(file.lastModified), nowMs)}` : undefined],
    ['To begin', asked?.startsAt && sayInstant(asked.startsAt)],
    ['Reason', asked?.reason],
    ['Ticket', asked?.ticket],
    ['Incident', asked?.incident],
    ['Eligibility', isJudged ? status?.request?.eligibility : undefined],
    ['Why', isTelling ? status?.reason : undefined],
    ['What to do', isJudged && of === 'mine' ? status?.remedy : undefined],
    ['Digest', isJudged ? status?.request?.digest : undefined],
  ]
  return {
    title: `${permissionSet} in ${sayScope(scope, besides.accountName)}`,
    state,
    stateText: sayState(told, state),
    facts: facts.flatMap(([label, text]) => (text ? [[label, text] as const] : [])),
    actions:
      of === 'mine'
        ? ownActions(state, { mayExtend: besides.mayExtend === true, runs: runsUntil !== undefined })
        : approverActions(told, state),
    digest: isJudged ? status?.request?.digest : undefined,
  }
}

/**
 * | file    | status                         | state                                |
 * | ------- | ------------------------------ | ------------------------------------ |
 * | deleted | any                            | ending                               |
 * | there   | none, or of an earlier upload  | new: nothing of the status holds     |
 * | there   | waiting                        | waiting                              |
 * | there   | applied                        | granted                              |
 * | there   | expired                        | over                                 |
 * | there   | rejected, or any other         | refused                              |
 */
function stateOf({ file, status }: ToldRequest): DescribedRequest['state'] {
  if (file === null) return 'ending'
  if (status === null || status.etag !== file.etag) return 'new'
  if (status.state === 'waiting') return 'waiting'
  if (status.state === 'applied') return 'granted'
  return status.state === 'expired' ? 'over' : 'refused'
}

function sayState({ status }: ToldRequest, state: DescribedRequest['state']): string {
  const { approvals, expiresAt, lapsesAt } = status?.request ?? {}
  switch (state) {
    case 'new':
      return 'Just asked: ssofile has not looked at it yet'
    case 'ending':
      return 'Ending: it is withdrawn, and its access is taken away'
    case 'waiting': {
      const given = approvals ? `: ${approvals.given.length} of ${approvals.needed} approvals` : ''
      return `Waiting${given}${lapsesAt ? `, until ${sayInstant(lapsesAt)}` : ''}`
    }
    case 'granted':
      return `Granted${expiresAt ? `, until ${sayInstant(expiresAt)}` : ''}`
    case 'refused':
      return 'Refused'
    case 'over':
      return 'Over'
    default:
      return state satisfies never
  }
}

/** The person's other access in the requested place. */
function sayOthers({ rows, isCut }: Partial<ToldAbout>): string | undefined {
  if (rows === undefined) return undefined
  if (rows.length === 0) return 'nothing'
  const told = rows.map(({ permissionSet, type, principal, giver }) => {
    const through = type === 'GROUP' ? ` by group ${principal}` : ''
    return `${permissionSet}${through}${giver === 'temporary' ? ' (temporary)' : ''}`
  })
  return [...told, ...(isCut ? ['and more'] : [])].join(', ')
}

/** `runs`: earlier granted access continues. */
function ownActions(
  state: DescribedRequest['state'],
  { mayExtend, runs }: { readonly mayExtend: boolean; readonly runs: boolean },
): DescribedRequest['actions'] {
  if (state === 'ending') return []
  if (runs && state !== 'new')
    return [
      { does: 'withdraw', label: 'Withdraw the extension' },
      { does: 'finish', label: 'End now, with the extension' },
    ]
  const end = { does: 'finish', label: 'End now' } as const
  if (state === 'granted') return mayExtend ? [{ does: 'extend', label: 'Extend' }, end] : [end]
  return [{ does: 'finish', label: state === 'waiting' || state === 'new' ? 'Withdraw' : 'Remove' }]
}

/** Only an evaluated request can be approved: otherwise the digest would cover another text than the displayed one. */
function approverActions({ status }: ToldRequest, state: DescribedRequest['state']): DescribedRequest['actions'] {
  if (state !== 'waiting' || status?.request === undefined) return []
  return [
    { does: 'approve', label: 'Approve' },
    { does: 'deny', label: 'Deny' },
  ]
}

/** A name may contain percent signs. */
function partsOf(linkData: string) {
  const [kind = '', value = '', permissionSet = '', ...rest] = linkData.split('%')
  return { scope: `${kind}%${value}`, permissionSet, user: rest.slice(0, -2).join('%') }
}
