import { listProjectFiles, readText } from './source-files.ts'
import { literalText, type Visitor, visitSyntax } from './visit-syntax.ts'

/** A message, a comment or a paragraph; its text is in one line, with `…` for each expression of a template. */
export type Words = { readonly path: string; readonly line: number; readonly text: string }

/** Of the product, and written by people: page scripts are generated. */
export const isProductFile = (path: string): boolean =>
  /^(handlers|shared|infra)\/.*\.tsx?$/.test(path) && !path.endsWith('-script.ts')

const productFiles = ['handlers', 'shared', 'infra'].flatMap((folder) => listProjectFiles(folder)).filter(isProductFile)

/** Every string and template of the product that reads as a sentence or a part of one. */
export function collectMessages(): readonly Words[] {
  return productFiles.flatMap((path) => messagesOf(path, readText(path)))
}

export function collectComments(): readonly Words[] {
  return productFiles.flatMap((path) => commentsOf(path, readText(path)))
}

/** The paragraphs of all pages, without code blocks and headings. A row of a table and an item of a list count alone. */
export function collectParagraphs(): readonly Words[] {
  return listProjectFiles()
    .filter((path) => path.endsWith('.md'))
    .flatMap((path) => paragraphsOf(path, readText(path)))
}

export function messagesOf(path: string, text: string): readonly Words[] {
  const found: Words[] = []
  const visit: Visitor = (node, line) => {
    const message = oneLine(literalText(node) ?? '')
    if (isProse(message)) found.push({ path, line, text: message })
    return undefined
  }
  visitSyntax(text, visit, { tsx: path.endsWith('.tsx') })
  return found
}

/** Comment lines that follow each other are one comment. */
export function commentsOf(path: string, text: string): readonly Words[] {
  return joinLines(path, text, (line) => {
    const [, whole] = /^\s*(?:\/\/|\/?\*+)(?!\/)(.*)$/.exec(line) ?? []
    if (whole !== undefined) return { text: whole.replace(/\*\/$/, ''), alone: /^\s*\/\*/.test(line) }
    const [, trailing] = /^(?:[^'"`]|'[^']*'|"[^"]*"|`[^`]*`)*?(?<=\S)\s+\/\/(.*)$/.exec(line) ?? []
    return trailing === undefined ? undefined : { text: trailing, alone: true }
  }).filter(({ text }) => isProse(text) && !text.startsWith('biome-ignore'))
}

export function paragraphsOf(path: string, text: string): readonly Words[] {
  const withoutCode = text.replaceAll(/^```[\s\S]*?^```$/gm, (block) => block.replaceAll(/.+/g, ''))
  return joinLines(path, withoutCode, (line) =>
    line.trim() === '' || line.startsWith('#')
      ? undefined
      : { text: line, alone: /^\s*(?:\||[-*] |\d+\. )/.test(line) },
  ).filter(({ text }) => isProse(text))
}

type Piece = { readonly text: string; readonly alone: boolean }

/** Lines with a piece, each joined to the line before unless it begins something of its own. */
function joinLines(path: string, text: string, pieceOf: (line: string) => Piece | undefined): readonly Words[] {
  const joined: Words[] = []
  const pieces = text.split('\n').map(pieceOf)
  for (const [index, piece] of pieces.entries()) {
    if (piece === undefined) continue
    const last = pieces[index - 1] === undefined || piece.alone ? undefined : joined.pop()
    joined.push({ path, line: last?.line ?? index + 1, text: oneLine(`${last?.text ?? ''} ${piece.text}`) })
  }
  return joined
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}

/** At least three words in a row: no key, selector or class. */
function isProse(text: string): boolean {
  return /[a-z…]['’)]?[,;:]? (?:[a-zA-Z][a-z'’-]*|…)[,;:]? ['‘(]?(?:[a-z]+|…)/.test(text) && /[a-z]{3}/.test(text)
}
