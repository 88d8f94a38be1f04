import { parseLooseJson } from '../../../domain/json/loose-json.ts'

/** One condition of a filter. Without a property it is about any text of a row. */
export type FilterToken = { readonly propertyKey?: string; readonly operator: string; readonly value: string }
export type FilterQuery = { readonly operation: 'and' | 'or'; readonly tokens: readonly FilterToken[] }

/** The filter that an address holds: `[operation, [property, operator, value]…]`. What nobody here wrote is no filter. */
export function parseFilter(text: string | null | undefined): FilterQuery {
  const told = parseLooseJson(text ?? '')
  const [operation, ...rest] = Array.isArray(told) ? told : []
  const tokens = rest.filter(Array.isArray).map(([property, operator, value]): FilterToken => {
    const condition = { operator: String(operator), value: String(value) }
    return typeof property === 'string' ? { propertyKey: property, ...condition } : condition
  })
  return { operation: operation === 'or' ? 'or' : 'and', tokens }
}

export function renderFilter({ operation, tokens }: FilterQuery): string {
  return JSON.stringify([operation, ...tokens.map((one) => [one.propertyKey ?? null, one.operator, one.value])])
}

/** All of these properties have exactly these values, and what a filter asks for already. */
export function filterOf(
  values: Readonly<Record<string, string>>,
  { operation, tokens }: FilterQuery = noFilter,
): string {
  const own = Object.entries(values).map(([propertyKey, value]) => ({ propertyKey, operator: '=', value }))
  return filterBy(operation === 'and' ? [...tokens, ...own] : own)
}

const noFilter: FilterQuery = { operation: 'and', tokens: [] }

export function filterBy(tokens: readonly FilterToken[]): string {
  return renderFilter({ operation: 'and', tokens })
}
