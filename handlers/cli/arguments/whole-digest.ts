import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { Refusal } from './refusal.ts'

/** Fewer letters are more likely a slip. */
const lettersLeast = 4
/** A digest of a plan says what was agreed to: two plans do not begin with the same eight letters by chance. */
export const lettersOfPlanLeast = 8

/**
 * The one of these digests that begins so; where none does, or the beginning has too few letters, what was typed. Throws Refusal
 * where several do.
 */
export function wholeDigest(typed: string, known: readonly string[], least = lettersLeast): string {
  if (typed.length < least || known.includes(typed)) return typed
  const meant = [...new Set(known.filter((digest) => digest.startsWith(typed)))]
  if (meant.length > 1)
    throw new Refusal(
      `received the beginning '${quote(typed)}' of ${meant.length} digests, expected that of one: ${meant.slice(0, 5).join(', ')}`,
    )
  return meant[0] ?? typed
}
