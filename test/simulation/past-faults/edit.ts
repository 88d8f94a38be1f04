/** One place of the product, in which the text `present` stands once, and what stood there before. */
export type Edit = { readonly file: string; readonly present: string; readonly former: string }

/** Throws if the text does not stand there once: then the table of faults is older than the product. */
export function editFile(text: string, file: string, edits: readonly Edit[]): string {
  return edits.reduce((now, edit) => (edit.file === file ? replaceOnce(now, edit) : now), text)
}

function replaceOnce(text: string, { file, present, former }: Edit): string {
  const [before, after, ...more] = text.split(present)
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error(
      `${file}: received ${more.length + (after === undefined ? 0 : 1)} places with '${present}', expected one; write the past fault for the present code`,
    )
  return before + former + after
}
