import { renderInstant } from '../domain/instant.ts'
import { areSameUploads, type GrantingLink } from '../domain/ledger-entry.ts'
import type { Account } from '../domain/organization-view.ts'
import type { StoredEntry } from './ledger.ts'
import {
  closeTwin,
  confirm,
  defer,
  inProgress,
  isOurs,
  leaveToOthers,
  observe,
  release,
  save,
  unanswered,
  union,
} from './ledger-transitions.ts'
import { openWorkKey } from './open-work.ts'
import { lackOfAll } from './resolve-target.ts'
import { isRenamed, revoke, revokePresent } from './revoke-assignment.ts'
import type { Lack, Settlement, Subject } from './settlement.ts'

/** By then a status says what was settled: they are written every 5 seconds. */
const toldByMs = 30_000

type Waiting = {
  readonly lack: Lack
  /** Those that grant it now, as they are; none where each is bound to another user than the ledger's. */
  readonly granting: readonly GrantingLink[]
  /** The links whose status is to be told. */
  readonly links: readonly string[]
  readonly account: Account | undefined
}

/**
 * Links grant it, but what they name is lacking, so nothing can be granted. What is in the ledger is brought to rest: access
 * of somebody who has another name now goes at once, that of somebody who is gone after `orphanGraceMinutes`; any other
 * that works is not taken away for a lack.
 */
export async function waitFor(
  subject: Subject,
  stored: StoredEntry | undefined,
  waiting: Waiting,
): Promise<Settlement> {
  const { links, account } = waiting
  const rest = withLack({ result: 'waiting', links }, waiting)
  if (!stored) return rest
  const { context, assignment } = subject
  const whereabouts = () => context.principals.whereabouts(assignment.type, stored.entry.principalId, context.pulledMs)
  const seen = await whereabouts()
  if (seen !== 'gone' && seen.name !== assignment.principal && (await isRenamed(subject, stored))) {
    const revoked = await revokePresent(subject, stored, account)
    if (revoked.result !== 'absent') return withLack(revoked, waiting)
    await lookAgainLater(subject)
    return (await waitForFormer(subject, stored, waiting)) ?? rest
  }
  // As it was asked last.
  const found = await whereabouts()
  if (found !== 'gone' && waiting.granting.length === 0) {
    const revoked = await revokePresent(subject, stored, account)
    if (revoked.result !== 'absent') return withLack(revoked, waiting)
    return (await waitForFormer(subject, stored, waiting)) ?? rest
  }
  // What the brake holds of a principal that is gone stays on its list once its grace is over. Until then links ask for
  // it again: it was held for want of them, and is held no more.
  const now = context.clock.now()
  const isOver = found === 'gone' && now >= graceEnd(subject, stored.entry.orphanedAt ?? renderInstant(now))
  const isAtRest = stored.entry.state === 'granted' || (stored.entry.state === 'held' && isOver)
  const settled = isAtRest ? stored : await bringToRest(subject, stored, links)
  if (settled === undefined) return rest
  if ('result' in settled) return withLack(settled, waiting)
  // What it recorded of a former id is all that is left: that id is judged by itself.
  if (settled.entry.principalId !== stored.entry.principalId) return waitFor(subject, settled, waiting)
  const kept = await keepLinks(subject, settled, waiting.granting)
  return found === 'gone' ? keepOrphan(subject, kept, waiting) : rest
}

/** The present access is gone. What is left of a former id is judged by itself: it may have its grace still. */
async function waitForFormer(
  subject: Subject,
  { entry }: StoredEntry,
  waiting: Waiting,
): Promise<Settlement | undefined> {
  const left = entry.former && (await subject.context.standings.ledger.read(subject.key))
  return left && waitFor(subject, left, waiting)
}

/** Whatever is still to be done about its access: a link waits for what it lacks, also one that the entry does not name yet. */
function withLack(settlement: Settlement, { granting, links, lack }: Omit<Waiting, 'account'>): Settlement {
  return { ...settlement, links: union(settlement.links, links), lacks: lackOfAll(granting, lack) }
}

/** A link that is gone, or expired, while others still ask for the access, has nothing to do with it any more. */
async function keepLinks(
  subject: Subject,
  stored: StoredEntry,
  granting: readonly GrantingLink[],
): Promise<StoredEntry> {
  return granting.length === 0 || areSameUploads(stored.entry.links, granting)
    ? stored
    : save(subject, stored, { links: [...granting] })
}

/**
 * Whoever was told meanwhile that the principal has its old name again found everything as before, and sent no hint: the
 * link does not say yet that it waits. So it is looked at once more when it does.
 */
async function lookAgainLater({ context, key }: Subject): Promise<void> {
  const at = renderInstant(new Date(context.clock.now().getTime() + toldByMs))
  await context.objects.put(openWorkKey(at, key), new Uint8Array())
}

/** What is on its way, or failed, is granted or gone (`undefined`) in the end. */
async function bringToRest(
  subject: Subject,
  stored: StoredEntry,
  links: readonly string[],
): Promise<StoredEntry | Settlement | undefined> {
  const seen = await observe(subject, stored)
  if (seen === 'pending') return defer(subject, stored, inProgress, links)
  if (seen === 'present' && (await isOurs(subject, stored))) await confirm(subject, stored, stored.entry.links)
  else if (seen === 'present') await leaveToOthers(subject, stored, stored.entry.links)
  else if (!(await release(subject, stored))) return defer(subject, stored, unanswered, links)
  return subject.context.standings.ledger.read(subject.key)
}

/** When the grace of a principal ends that was first seen gone at `orphanedAt`. */
function graceEnd({ context }: Subject, orphanedAt: string): Date {
  return new Date(Date.parse(orphanedAt) + context.configuration.orphanGraceMinutes * 60_000)
}

/**
 * Nobody has the access of a principal that is gone, and a directory sync may be about to make it again; taking away the
 * last assignment of a permission set in an account destroys its role. So it is kept for a while, from when it was first
 * seen gone; its twin under `state/open/` stands for the end of that.
 */
async function keepOrphan(
  subject: Subject,
  stored: StoredEntry,
  { lack, granting, links, account }: Waiting,
): Promise<Settlement> {
  const { context, key } = subject
  const now = context.clock.now()
  const orphanedAt = stored.entry.orphanedAt ?? renderInstant(now)
  const until = graceEnd(subject, orphanedAt)
  if (now >= until) {
    const revoked = await revoke(subject, stored, account)
    return withLack(revoked.result === 'absent' ? { result: 'waiting', links } : revoked, { granting, links, lack })
  }
  const openUntil = renderInstant(until)
  await context.objects.put(openWorkKey(openUntil, key), new Uint8Array())
  if (stored.entry.orphanedAt === undefined || stored.entry.openUntil !== openUntil) {
    await save(subject, stored, { orphanedAt, openUntil })
    if (stored.entry.openUntil !== openUntil) await closeTwin(subject, stored.entry.openUntil)
    context.log.info('the principal is gone; its access is revoked when it does not come back', { until: openUntil })
  }
  const kept: Lack = { ...lack, reason: `${lack.reason}; the access of the former one is revoked at ${openUntil}` }
  return withLack({ result: 'waiting', links }, { granting, links, lack: kept })
}
