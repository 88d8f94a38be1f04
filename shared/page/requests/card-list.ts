import { find } from '../element.ts'
import { type Card, makeCard } from './card.ts'

/** A browser and a reader cannot handle more at once. */
const step = 50

/** One of the lists of the page: the first cards, and a button for more. */
export class CardList {
  readonly #name: string
  #most = step
  #cards: readonly Card[] = []

  constructor(name: string) {
    this.#name = name
    find(`${name}-more`, HTMLButtonElement).addEventListener('click', () => {
      this.#most += step
      this.#show()
    })
  }

  /** `all`: how many there are without the search. */
  show(cards: readonly Card[], all: number): void {
    this.#cards = cards
    const title = find(`${this.#name}-title`, HTMLElement)
    title.dataset.label ??= title.textContent ?? ''
    const number = cards.length === all ? `${all}` : `${cards.length} of ${all}`
    title.textContent = `${title.dataset.label} (${number})`
    title.closest('section')?.removeAttribute('hidden')
    find(`${this.#name}-none`, HTMLElement).hidden = all > 0
    this.#show()
  }

  #show(): void {
    const place = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.place : undefined
    const list = find(this.#name, HTMLElement)
    list.replaceChildren(...this.#cards.slice(0, this.#most).map(makeCard))
    const more = find(`${this.#name}-more`, HTMLButtonElement)
    more.hidden = this.#cards.length <= this.#most
    if (!more.hidden) more.textContent = `Show ${Math.min(step, this.#cards.length - this.#most)} more`
    if (place === undefined) return
    for (const button of list.querySelectorAll<HTMLElement>('button'))
      if (button.dataset.place === place) button.focus()
  }
}
