/**
 * Whether a pattern of a policy names this action, both in small letters: `*` is any number of characters, `?` is one, also in
 * the middle. Time is at most the product of the lengths, whatever the pattern: no regular expression is made of it.
 * Source: IAM User Guide, "IAM JSON policy elements: Action".
 */
export function matchesAction(pattern: string, action: string): boolean {
  let [at, star, retry] = [0, -1, 0]
  for (let index = 0; index < action.length; ) {
    if (pattern[at] === '*') {
      star = at++
      retry = index
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === action[index])) {
      at++
      index++
    } else if (star >= 0) {
      at = star + 1
      index = ++retry
    } else return false
  }
  while (pattern[at] === '*') at++
  return at === pattern.length
}
