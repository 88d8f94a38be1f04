import { quote } from '../../../domain/statuses/complaint.ts'
import { type Digest, type DigestLine, type DigestMessage, sizeOf } from './digest.ts'

// SNS API Reference, "Publish": a subject has less than 100 characters of ASCII, a message at most 256 KB.
// Slack API, "Blocks": 50 blocks, 3,000 characters of text each. Teams takes messages of 28 KB.
const bytesMost = { mail: 100_000, slack: 60_000, teams: 20_000 }
const lineMost = 1_200

/** A mail through SNS is plain text. */
export function renderMail(message: DigestMessage): { readonly subject: string; readonly text: string } {
  const { more = 'Each outcome in full: ssofile status KEY, and the events on the bus of the deployment.' } = message
  return {
    subject: headline(message).slice(0, 99),
    text: [...renderLines(message, bytesMost.mail), '', more, ''].join('\n'),
  }
}

/** The body that a webhook of Slack or Teams takes. */
export function renderWebhook(message: DigestMessage, format: 'slack' | 'teams'): string {
  const lines = renderLines(message, bytesMost[format])
  return JSON.stringify(format === 'slack' ? slack(message, lines) : teams(message, lines))
}

/** One line for each outcome in the digest, and one that counts the others. Names from outside are escaped. */
export function renderLines(message: Digest, most: number): readonly string[] {
  const lines: string[] = []
  let bytes = 0
  for (const line of message.lines.map(renderLine)) {
    bytes += Buffer.byteLength(JSON.stringify(line))
    if (bytes > most) break
    lines.push(line)
  }
  const others = sizeOf(message) - lines.length
  return others === 0 ? lines : [...lines, `and ${others} more`]
}

/** The subject of a mail has the receiver's name, numbers and event names, but no names from outside. */
export function headline({ receiver, counts }: Pick<DigestMessage, 'receiver' | 'counts'>): string {
  const told = Object.entries(counts)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([event, count]) => `${count} ${event}`)
  return `ssofile (${receiver}): ${told.join(', ')}`
}

function renderLine({ at, event, subject, reason, remedy, by }: DigestLine): string {
  const why = reason === undefined ? '' : `: ${reason}`
  const what = remedy === undefined ? '' : `; ${remedy}`
  return quote(`${at} ${event} ${subject}${by === undefined ? '' : ` (by ${by})`}${why}${what}`, lineMost)
}

/**
 * Slack reads no markup and no mentions in plain text, but it still reads these three characters as entities. (Slack API, "Formatting
 * text".)
 */
function slack(message: DigestMessage, lines: readonly string[]): object {
  const entities = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const section = (text: string) => ({ type: 'section', text: { type: 'plain_text', text, emoji: false } })
  return {
    text: headline(message),
    blocks: [headline(message), ...lines].map((line) => section(entities(line).slice(0, 3_000))),
  }
}

/** The digest for Teams, in text runs. Teams never reads them as Markdown, unlike text blocks. (Adaptive Cards, "RichTextBlock".) */
function teams(message: DigestMessage, lines: readonly string[]): object {
  const run = (text: string, isTitle = false) => ({
    type: 'RichTextBlock',
    inlines: [{ type: 'TextRun', text, ...(isTitle ? { weight: 'Bolder' } : {}) }],
  })
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          body: [run(headline(message), true), ...lines.map((line) => run(line))],
        },
      },
    ],
  }
}
