import * as z from 'zod'
import type { Receiver } from '../../../domain/deployment/notification-settings.ts'
import { record } from '../../../domain/json/record.ts'
import { compareText } from '../../../domain/text/compare-keys.ts'
import type { Notification, RequestOutcome } from './notification.ts'

/** A digest has lines for this many outcomes. It only counts the others. */
export const digestLinesMost = 20
const textMost = 500
/** S3 User Guide, "Naming Amazon S3 objects". */
const keyMost = 1_024

const digestLine = record({
  id: z.string(),
  at: z.string(),
  event: z.string(),
  subject: z.string(),
  reason: z.string().optional(),
  remedy: z.string().optional(),
  by: z.string().optional(),
})
export type DigestLine = z.infer<typeof digestLine>

/** The content of one message for a receiver: the number of each event, and the first ones in full. */
export const digest = record({ counts: z.record(z.string(), z.int().min(1)), lines: z.array(digestLine) })
export type Digest = z.infer<typeof digest>

export const emptyDigest: Digest = { counts: {}, lines: [] }

/** A message of the queue `digests`: one digest for one receiver by one way. */
export const digestMessage = record({
  v: z.literal(1),
  /** Stays the same when the message is sent again. */
  id: z.string(),
  receiver: z.string(),
  way: z.enum(['mail', 'webhook']),
  /** Where to find the rest. Absent: in statuses and events. */
  more: z.string().optional(),
  ...digest.shape,
})
export type DigestMessage = z.infer<typeof digestMessage>

/** Keeps the lines of the oldest outcomes, in whatever order they come. `page`: the page where people decide on requests and held lists. */
export function addToDigest({ counts, lines }: Digest, told: readonly Notification[], page?: string): Digest {
  const sum = { ...counts }
  for (const { event } of told) sum[event] = (sum[event] ?? 0) + 1
  const all = [...lines, ...told.map((one) => toLine(one, page))].sort(
    (a, b) => compareText(a.at, b.at) || compareText(a.id, b.id),
  )
  return { counts: sum, lines: all.slice(0, digestLinesMost) }
}

export function sizeOf({ counts }: Pick<Digest, 'counts'>): number {
  return Object.values(counts).reduce((sum, one) => sum + one, 0)
}

export function waysOf({ mail, webhook }: Receiver): readonly DigestMessage['way'][] {
  return [...(mail.length > 0 ? (['mail'] as const) : []), ...(webhook === undefined ? [] : (['webhook'] as const))]
}

function toLine(told: Notification, page: string | undefined): DigestLine {
  const { id, at, event } = told
  const { subject, ...others } = describe(told, page)
  const texts = Object.entries(others).filter(([, text]) => text !== undefined)
  const cut = texts.map(([name, text = '']) => [name, text.slice(0, textMost)])
  return { id, at, event, subject: subject.slice(0, keyMost), ...Object.fromEntries(cut) }
}

function describe(
  told: Notification,
  page: string | undefined,
): Pick<DigestLine, 'subject' | 'reason' | 'remedy' | 'by'> {
  switch (told.kind) {
    case 'input':
      return { subject: told.input, reason: told.reason, remedy: told.remedy, by: told.by }
    case 'change':
      return { subject: told.subject, reason: told.reason, by: told.by, remedy: remedyOfHeld(told.event, page) }
    case 'request':
      return describeRequest(told, page)
    case 'drift':
      return { subject: `${told.missing} removed by someone else, ${told.foreign} given by someone else` }
    case 'reach':
      return {
        subject: `full access was granted in ${told.accounts} accounts on ${told.date}`,
        reason: `more than ${told.most} in one day, by ${told.permissionSets.join(', ')}`,
        remedy: `ssofile who --changes ${told.date}`,
      }
    default:
      return told satisfies never
  }
}

function describeRequest(
  told: RequestOutcome,
  page: string | undefined,
): Pick<DigestLine, 'subject' | 'reason' | 'remedy' | 'by'> {
  const { requester, permissionSet, scope, digest, expiresAt, approvers, by, reason, ticket, incident } = told
  const who = requester.name ?? requester.id
  const texts = [reason, ticket, incident].filter((text) => text !== undefined && text !== '')
  return {
    subject: permissionSet === undefined ? told.request : `${who}: ${permissionSet} in ${scope ?? ''}`,
    reason: [...texts, ...(expiresAt === undefined ? [] : [`until ${expiresAt}`])].join(', ') || undefined,
    remedy: digest === undefined ? undefined : remedyOf(digest, approvers !== undefined, page),
    by: by && (by.name ?? by.id),
  }
}

/** A link to the request if there is a page, else the command for approvers. */
function remedyOf(digest: string, isForApproval: boolean, page: string | undefined): string | undefined {
  if (page !== undefined) return `${page}/#/${isForApproval ? 'approvals' : 'requests'}/${digest}`
  return isForApproval ? `ssofile approve ${digest}` : undefined
}

/** Operators release held lists on this page. */
function remedyOfHeld(event: string, page: string | undefined): string | undefined {
  return event === 'held' && page !== undefined ? `${page}/#/operations` : undefined
}
