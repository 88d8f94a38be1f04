import { find, make } from '../element.ts'
import { type Card, makeFacts } from './card.ts'

/** The question before the page sends something. */
export type Question = {
  readonly title: string
  readonly hint: string
  readonly facts: Card['facts']
  /** On the button that sends. */
  readonly label: string
  /** A text to send with it. Absent: none. */
  readonly text?: { readonly label: string; readonly isNeeded: boolean }
  readonly act: (text: string) => void
}

/** Shows the act once more, and carries it out when the person confirms. */
export class ConfirmDialog {
  #act: Question['act'] = () => {}

  constructor() {
    find('confirm-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault()
      find('confirm', HTMLDialogElement).close()
      this.#act(find('comment', HTMLInputElement).value.trim())
    })
  }

  open({ title, hint, facts, label, text, act }: Question): void {
    this.#act = act
    const input = find('comment', HTMLInputElement)
    input.value = ''
    input.required = text?.isNeeded ?? false
    find('comment-label', HTMLElement).hidden = text === undefined
    find('comment-name', HTMLElement).textContent = text?.label ?? ''
    find('confirm-title', HTMLElement).replaceChildren(make('bdi', title))
    find('confirm-hint', HTMLElement).textContent = hint
    find('confirm-facts', HTMLElement).replaceChildren(makeFacts(facts))
    find('confirm-do', HTMLButtonElement).textContent = label
    find('confirm', HTMLDialogElement).showModal()
  }
}
