import type { Sabotage } from './sabotages.ts'

/**
 * The source with the defect in it. `find` is compared token by token: white space, line breaks, comments, the kind of
 * quotes and trailing commas do not matter. Throws where it does not stand there exactly once.
 */
export function buildSabotage(source: string, { name, file, find, replace }: Sabotage): string {
  const tokens = tokensOf(source)
  const wanted = tokensOf(find).map(({ text }) => text)
  const places = tokens.flatMap((_, index) =>
    wanted.every((text, offset) => tokens[index + offset]?.text === text)
      ? [{ start: tokens[index]?.start, end: tokens[index + wanted.length - 1]?.end }]
      : [],
  )
  const [place] = places
  if (place === undefined || places.length > 1)
    throw new Error(
      `sabotage '${name}': '${find}' stands ${places.length} times in ${file}, expected once; adapt the sabotage to the code`,
    )
  return `${source.slice(0, place.start)}${replace}${source.slice(place.end)}`
}

type Token = { readonly text: string; readonly start: number; readonly end: number }

/** Strings, comments, words, white space; anything else is a token of one character. */
const tokenPattern = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\/|[\w$#]+|\s+|[\s\S]/g

function tokensOf(source: string): readonly Token[] {
  const tokens = [...source.matchAll(tokenPattern)]
    .map(({ 0: text, index }) => ({ text: withSingleQuotes(text), start: index, end: index + text.length }))
    .filter(({ text }) => text.trim() !== '' && !text.startsWith('//') && !text.startsWith('/*'))
  return tokens.filter(({ text }, index) => text !== ',' || !/^[)\]}]$/.test(tokens[index + 1]?.text ?? ''))
}

function withSingleQuotes(text: string): string {
  return text.length > 1 && text.startsWith('"') ? `'${text.slice(1, -1).replaceAll("'", "\\'")}'` : text
}
