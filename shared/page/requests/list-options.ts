import { find, make } from '../element.ts'

/** What a field suggests. */
export function listOptions(id: string, values: readonly string[]): void {
  find(id, HTMLDataListElement).replaceChildren(...values.map((value) => make('option', '', { value })))
}
