import { find, make } from '../element.ts'

/** What a field suggests; the label, where there is one, says what the value means. */
export function listOptions(id: string, values: readonly (string | readonly [value: string, label: string])[]): void {
  const options = values.map((one) => {
    const [value, label] = typeof one === 'string' ? [one, ''] : one
    return make('option', '', label === '' ? { value } : { value, label })
  })
  find(id, HTMLElement).replaceChildren(...options)
}
