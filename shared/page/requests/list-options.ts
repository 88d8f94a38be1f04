import { find, make } from '../element.ts'

/** The suggestions of a field; a label explains its value. */
export function listOptions(id: string, values: readonly (string | readonly [value: string, label: string])[]): void {
  const options = values.map((one) => {
    const [value, label] = typeof one === 'string' ? [one, ''] : one
    return make('option', '', label === '' ? { value } : { value, label })
  })
  find(id, HTMLElement).replaceChildren(...options)
}
