import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { Refusal } from './refusal.ts'

/** Fewer letters are probably a typing error. */
const lettersLeast = 4
/** A plan's digest is a consent: two plans do not share their first eight letters by chance. */
export const lettersOfPlanLeast = 8

/**
 * The known digest that begins with the typed text. Without a match, or with too few letters, it answers the typed text. Throws Refusal if
 * several match.
 */
export function wholeDigest(typed: string, known: readonly string[], least = lettersLeast): string {
  if (typed.length < least || known.includes(typed)) return typed
  const meant = [...new Set(known.filter((digest) => digest.startsWith(typed)))]
  if (meant.length > 1)
    throw new Refusal(
      `received the beginning '${quote(typed)}' of ${meant.length} digests, expected the beginning of one: ${meant.slice(0, 5).join(', ')}`,
    )
  return meant[0] ?? typed
}
