import type { FilterQuery } from './filter-query.ts'

/** The columns whose texts are in the keys of changes, so that ssofile can search them without reading. */
const inKeys: readonly string[] = ['who', 'account', 'set']
const positive: readonly string[] = [':', '=', '^']

/**
 * What to ask for, so that a filter looks at all changes and not only at those that the page has. The answer may have more than the filter
 * leaves: the page filters it again.
 */
export function askChanges(
  { operation, tokens }: FilterQuery,
  { from, words }: Readonly<Record<'from' | 'words', string>>,
) {
  const all = operation === 'and' || tokens.length === 1 ? tokens : []
  const valuesOf = (columns: readonly string[], operators: readonly string[]) =>
    all.flatMap(({ propertyKey = '', operator, value }) =>
      columns.includes(propertyKey) && operators.includes(operator) ? [value] : [],
    )
  const [to = ''] = valuesOf(['at'], ['<']).sort()
  const since = valuesOf(['at'], ['>=']).sort().at(-1)?.slice(0, 10)
  const asked = {
    from: since ?? from,
    to,
    words: [words, ...valuesOf(inKeys, positive)].join(' ').trim(),
    by: valuesOf(['author'], positive).join(' '),
  }
  return new URLSearchParams(Object.entries(asked).filter(([, text]) => text !== '')).toString()
}
