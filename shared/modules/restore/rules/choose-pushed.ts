import { sayActor } from '../../../domain/links/say-actor.ts'
import { uploaderWithoutSession } from '../../../domain/links/uploader-without-session.ts'
import { parsePersonSession } from '../../../domain/principals/person-session.ts'

/** Who uploaded or deleted each file last, as S3 or a review names them. `undefined`: nothing says it. */
export type Authors = ReadonlyMap<string, string | undefined>

/** The person who undoes: the ARN of the session, and how S3 names it. */
export type Undoer = { readonly arn: string; readonly principalId: string }

export type Chosen = {
  readonly keys: ReadonlySet<string>
  /** Files that stay as they are, by the names of their authors, most files first. */
  readonly left: readonly (readonly [author: string, files: number])[]
  /** The files to undo, in the same form. */
  readonly undone: readonly (readonly [author: string, files: number])[]
}

export const authorUnknown = 'not known'

/**
 * The files of a push that this person may undo:
 *
 * | the file's author | nothing given | `of` this name | `everybody` |
 * | ----------------- | ------------- | -------------- | ----------- |
 * | the person        | yes           | if it is theirs| yes         |
 * | somebody else     | no            | yes            | yes         |
 * | a review          | no            | no             | no          |
 * | not known         | no            | no             | yes         |
 */
export function choosePushed(
  authors: Authors,
  undoer: Undoer,
  { of, everybody = false }: { readonly of?: string | undefined; readonly everybody?: boolean | undefined },
): Chosen {
  const nameOf = (author: string | undefined) => (author === undefined ? authorUnknown : sayActor(author))
  const isChosen = (author: string | undefined) => {
    if (author?.startsWith('review:')) return false
    if (everybody) return true
    if (author === undefined) return false
    return of === undefined ? isSamePerson(author, undoer) : of === author || of === sayActor(author)
  }
  const chosen = [...authors].filter(([, author]) => isChosen(author))
  const left = [...authors].filter(([, author]) => !isChosen(author))
  const tally = (files: readonly (readonly [string, string | undefined])[]) => {
    const counts = Map.groupBy(files, ([, author]) => nameOf(author))
    return [...counts].map(([name, some]) => [name, some.length] as const).sort(([, a], [, b]) => b - a)
  }
  return { keys: new Set(chosen.map(([key]) => key)), left: tally(left), undone: tally(chosen) }
}

/**
 * A role of IAM Identity Center is shared, and its sessions have the names of their users. The name of any other session is chosen by the
 * one who assumes the role: the role counts.
 */
function isSamePerson(author: string, { arn, principalId }: Undoer): boolean {
  if (author === arn || author === principalId) return true
  if (parsePersonSession(arn) !== undefined) return false
  const role = uploaderWithoutSession({ principalId: author })
  return [arn, principalId].some((own) => uploaderWithoutSession({ principalId: own }) === role)
}
