/** ssofile's own texts in one place: the comments of a pull request, or the issues of a repository. */
export interface Discussion {
  /** Only texts by this integration's own account, the oldest first. Others may quote our marker. */
  listOwn(): AsyncIterable<{ readonly id: number; readonly body: string }>
  create(body: string): Promise<void>
  update(id: number, body: string): Promise<void>
}

/** GitHub: "body is too long (maximum is 65536 characters)". A plan leaves room for the rest: `markdownMost`. */
export const bodyMost = 65_536

/** `subject`: the topic of a text, such as `plan`. `commit`: the commit whose files it describes. */
export type Mark = { readonly subject: string; readonly commit: string }

const marks = /\n<!-- ssofile ([a-z]+) ([0-9a-f]{40,64}) -->$/

/** Adds our mark at the very end of the text, so that no name from outside follows it. */
export function addMark(text: string, { subject, commit }: Mark): string {
  return `${text.trimEnd()}\n\n<!-- ssofile ${subject} ${commit} -->`
}

export function markOf(body: string): Mark | undefined {
  // GitLab and GitHub may keep the line ends of Windows, and add one at the end.
  const [, subject, commit] = marks.exec(body.replaceAll('\r\n', '\n').trimEnd()) ?? []
  return subject === undefined || commit === undefined ? undefined : { subject, commit }
}

/** Our text on this subject. `undefined`: there is none. */
export async function findOwn(discussion: Discussion, subject: string) {
  for await (const one of discussion.listOwn()) if (markOf(one.body)?.subject === subject) return one
  return undefined
}

/** Overwrites our previous text, so that there is only one. `isFirst`: whether to write a first one. */
export async function publish(discussion: Discussion, text: string, mark: Mark, isFirst = true): Promise<void> {
  const body = addMark(text, mark)
  if (body.length > bodyMost)
    throw new Error(
      `received a text of ${body.length} characters, expected at most ${bodyMost}; write it with ssofile plan --markdown`,
    )
  const before = await findOwn(discussion, mark.subject)
  if (before === undefined) return isFirst ? discussion.create(body) : undefined
  if (before.body !== body) await discussion.update(before.id, body)
}

/** The digest of the plan in a comment. Throws if the comment is about another commit than the merged one. */
export function digestIn(body: string, commit: string): string | undefined {
  const mark = markOf(body)
  if (mark?.commit !== commit)
    throw new Error(
      `the plan shown is of commit ${mark?.commit ?? 'none'}, but ${commit} was merged: nobody saw its plan; push by hand`,
    )
  // The last line before the mark: names from outside are in code spans, and never begin a line.
  return [...body.matchAll(/^Plan `([0-9a-f]{32})`: /gm)].at(-1)?.[1]
}
