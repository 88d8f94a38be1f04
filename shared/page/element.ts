import { quote } from '../domain/statuses/complaint.ts'

/** The longest text of one cell. */
const longest = 2000

/**
 * The only function of this page that creates elements. It takes text and never markup, since names come from strangers; invisible
 * characters and those that change the text direction appear as codes.
 */
export function make<K extends keyof HTMLElementTagNameMap>(
  name: K,
  text = '',
  attributes: Readonly<Record<string, string>> = {},
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name)
  if (text !== '') element.textContent = quote(text, longest)
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value)
  return element
}

/** An element of the page's own body. */
export function find<E extends HTMLElement>(id: string, type: new () => E): E {
  const found = document.getElementById(id)
  if (found instanceof type) return found
  throw new Error(`the page has no ${type.name} with the id '${id}'`)
}
