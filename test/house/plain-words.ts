import type { Words } from './collect-words.ts'

/** Constructions that have to be read twice, each with a sentence that shows it. Code in backticks is left out. */
export const constructions: readonly { readonly name: string; readonly pattern: RegExp; readonly example: string }[] = [
  { name: 'so long', pattern: /\bso long\b(?! as)/i, example: 'So long the user stays, the link counts.' },
  { name: 'as far as', pattern: /\bas far as\b/i, example: 'Never, as far as IAM knows.' },
  { name: 'anew', pattern: /\banew\b/i, example: 'The list is read anew.' },
  { name: 'whom', pattern: /\bwhom(?:ever)?\b|\bwhoever\b/i, example: 'Whoever asks is told.' },
  { name: 'others than', pattern: /\bothers than\b/i, example: 'Given by others than ssofile.' },
  {
    name: 'no longer at the end',
    pattern: /\bno longer(?=[.;:,)]|$)/i,
    example: 'The rule means this user no longer.',
  },
  {
    name: 'of … first',
    pattern: /(?:^Of|[.;:] of|[.;:] Of) (?:an?|the|each|every|all|what|this|that|those|these|one|two)\b/,
    example: 'Of a rule everything is one list.',
  },
  {
    name: 'where for if',
    pattern: /(?:^|[.;:(] ?)where (?!to\b|is\b|are\b|do\b|does\b)[^,.;:?]+(?:,|$)/i,
    example: 'Where nobody knows the owner, nothing is begun.',
  },
  {
    name: 'verb before subject',
    pattern:
      /(?:^|[.;:] )(?:only|nor|never|not until|neither)(?: (?:then|so|here|there))? (?:is|are|was|does|do|did|has|have|can|may|must) (?!not\b)/i,
    example: 'Only then is it removed.',
  },
  {
    // After "says" and its like it asks; so it does in a sentence with a question mark.
    name: 'what for a noun',
    pattern:
      /(?<!\b(?:says?|sees?|shows?|asks?|knows?|finds? out|learns?|explains?) )\bwhat (?:is|was|are|were|has|had|can|cannot|may|must|goes|stands|stays|differs|remains|belongs)\b(?! to do)(?![^.;]*\?)/i,
    example: 'Reads what is held.',
  },
  {
    name: 'who for a noun',
    pattern: /\b(?:to|for|of|by|from|with|than) who\b/i,
    example: 'It is only for who is in the group.',
  },
  { name: 'is to be', pattern: /\b(?:is|are) to be [a-z]+(?:ed|en|wn|t)\b/i, example: 'The file is to be deleted.' },
]

export type Fault = Words & { readonly construction: string }

/** One fault for each construction in each text, in their order. */
export function findConstructions(words: readonly Words[]): readonly Fault[] {
  return words.flatMap((one) => {
    const text = one.text.replaceAll(/`[^`]*`/g, '`…`')
    return constructions.filter(({ pattern }) => pattern.test(text)).map(({ name }) => ({ ...one, construction: name }))
  })
}

/** How many of a hundred have a construction to avoid. */
export function percentOf(faults: readonly Fault[], words: readonly Words[]): number {
  return (100 * new Set(faults.map(({ path, line }) => `${path}:${line}`)).size) / words.length
}
