/**
 * Who did something, for people. Leaves other text as it is, so it may stand in a list.
 *
 * | received                                | said                           |
 * | --------------------------------------- | ------------------------------ |
 * | `AWS:AROAEXAMPLE1234567890:kenji`       | kenji                          |
 * | `review:everything/maria@acme.example`  | maria@acme.example (review everything) |
 * | `review:everything`: nobody decided     | the review everything          |
 *
 * A reviewer's name may have a comma, but never one with a space behind it: `arnOfReview` encodes spaces.
 * S3 names a session as `AWS:<id of the role>:<name>`. (S3 User Guide, "Event message structure".)
 */
export function sayActor(by: string): string {
  return by
    .replaceAll(/AWS:(?:A[A-Z0-9]{15,}:)?/g, '')
    .replaceAll(/\breview:([^/\s,]+)(?:\/(\S+?)(?=,?(?:\s|$)))?/g, (_, review: string, reviewer?: string) =>
      reviewer === undefined ? `the review ${review}` : `${decodeReviewer(reviewer)} (review ${review})`,
    )
}

function decodeReviewer(text: string): string {
  try {
    return decodeURI(text)
  } catch {
    return text
  }
}
