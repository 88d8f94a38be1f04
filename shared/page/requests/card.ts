import { make } from '../element.ts'

export type Card = {
  /** Restores the keyboard focus after the list was redrawn. */
  readonly id: string
  readonly title: string
  readonly state?: string | undefined
  readonly stateText?: string | undefined
  readonly facts: readonly (readonly [string, string])[]
  readonly actions: readonly { readonly name: string; readonly label: string; readonly act: () => void }[]
}

export function makeCard({ id, title, state = '', stateText = '', facts, actions }: Card): HTMLLIElement {
  const item = make('li', '', { 'data-state': state })
  item.append(make('h3', title))
  if (stateText !== '') item.append(make('p', stateText))
  item.append(makeFacts(facts))
  const buttons = make('div', '', { class: 'actions' })
  for (const { name, label, act } of actions) {
    const button = make('button', label, { type: 'button', 'data-place': `${name} ${id}` })
    button.setAttribute('aria-label', `${label}: ${title}`)
    button.addEventListener('click', act)
    buttons.append(button)
  }
  if (actions.length > 0) item.append(buttons)
  return item
}

export function makeFacts(facts: Card['facts']): HTMLDListElement {
  const list = make('dl')
  for (const [label, text] of facts) {
    const pair = make('div')
    pair.append(make('dt', label), make('dd', text))
    list.append(pair)
  }
  return list
}
