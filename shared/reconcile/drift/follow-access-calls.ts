import type { AccessCall, Look } from '../../domain/by-hand/access-call.ts'
import type { Author } from '../../domain/by-hand/author.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { type ByHandHint, byHand } from '../../domain/messages/hint.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { Ports } from '../../ports/ports.ts'
import { noteAuthors, type Touched } from '../records/authors.ts'
import { sendHints } from '../records/lanes.ts'
import { lookKey, scheduleWork } from '../records/open-work.ts'

/**
 * ssofile looks at one target at most twice in this time, however many events come: at once with the first event, and again at the end. The
 * second look sees later changes, and changes that a listing did not show yet.
 */
const slotMs = 30_000

/**
 * Sends hints about manual changes and notes their authors. Trusts only that something changed, not what the event says. Skips
 * calls of our own role. Returns the number of hints.
 */
export async function followAccessCalls(
  ports: Pick<Ports, 'objects' | 'queues' | 'clock' | 'randomness'>,
  configuration: Configuration,
  calls: readonly AccessCall[],
  ownRole: string | undefined,
): Promise<number> {
  const looks = calls
    .filter(({ callerRole }) => ownRole === undefined || callerRole !== ownRole)
    .flatMap(({ looks: at, author }) => at.map((look) => ({ look, author })))
  for (const ofOne of Map.groupBy(looks, ({ look }) => JSON.stringify(look)).values()) {
    const [first] = ofOne
    const called = ofOne.flatMap(({ author }): Author[] => (author ? [author] : []))
    const touched = first && touchedBy(first.look)
    if (touched && called.length > 0) await noteAuthors(ports.objects, touched, called)
  }
  const hints = [...new Map(looks.map(({ look }) => hintAt(look)).map((hint) => [lookKey(hint), hint])).values()]
  const slot = Math.floor(ports.clock.now().getTime() / slotMs)
  const over = renderInstant(new Date((slot + 1) * slotMs))
  // Before the hints, because a single look may miss a change.
  for (const hint of hints) await scheduleWork(ports.objects, { at: over }, lookKey(hint))
  // Within one slot SQS takes the first hint about each thing and drops the others.
  await sendHints(ports, { id: `${byHand} ${slot}`, hints, revocation: false }, configuration)
  return hints.length
}

/** The target of the call. `undefined`: the call does not name it. */
function touchedBy(look: Look): Touched | undefined {
  if (look.at === 'roles') return look.entitlement && { entitlement: look.entitlement }
  if (look.at === 'permission-set') return look.arn
  const { targetId: accountId, ...rest } = look.assignment
  return { accountId, ...rest }
}

function hintAt(look: Look): ByHandHint {
  const common = { v: 1, kind: 'by-hand', cause: byHand } as const
  if (look.at === 'roles') return { ...common, ...(look.account && { account: look.account }) }
  if (look.at === 'permission-set') return { ...common, permissionSetArn: look.arn }
  const { targetId: account, permissionSetArn } = look.assignment
  return { ...common, permissionSetArn, account }
}
