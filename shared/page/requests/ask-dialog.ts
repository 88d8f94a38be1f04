import { saysSomething } from '../../domain/text/says-something.ts'
import { find } from '../element.ts'
import { type AskFields, askFor } from './ask-for.ts'
import { makeFacts } from './card.ts'
import { describeEligibility } from './describe-eligibility.ts'
import { listOptions } from './list-options.ts'
import type { ToldEligibility } from './told-request.ts'

const fields = ['where', 'permissionSet', 'hours', 'reason', 'ticket', 'incident', 'startsAt'] as const
const needs = ['reason', 'ticket', 'incident'] as const

/** The form in which somebody asks by one eligibility. */
export class AskDialog {
  readonly #dialog = find('ask', HTMLDialogElement)
  readonly #onAsk: (body: object) => void
  #user = ''

  constructor(onAsk: (body: object) => void) {
    this.#onAsk = onAsk
    find('ask-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault()
      this.#ask()
    })
  }

  open(eligibility: ToldEligibility, user: string): void {
    this.#user = user
    find('ask-title', HTMLElement).textContent = `Ask by ${eligibility.name}`
    find('ask-facts', HTMLElement).replaceChildren(makeFacts(describeEligibility(eligibility)))
    find('ask-fault', HTMLElement).hidden = true
    for (const name of fields) input(name).value = ''
    const sets = eligibility.permissionSets.filter((set) => !/[*?]/.test(set))
    listOptions('ask-sets', sets)
    listOptions('ask-scopes', eligibility.scopes)
    // One only: nothing to choose.
    if (sets.length === 1 && eligibility.permissionSets.length === 1) input('permissionSet').value = sets[0] ?? ''
    const [scope = '', ...others] = eligibility.scopes
    if (others.length === 0 && scope.startsWith('account%')) input('where').value = scope
    for (const need of needs) input(need).required = eligibility.needs.includes(need)
    find('ask-startsAt-label', HTMLElement).hidden = eligibility.mayStartLater === undefined
    this.#dialog.showModal()
    const first = fields.map(input).find((field) => field.value === '')
    first?.focus()
  }

  #ask(): void {
    const typed = Object.fromEntries(fields.map((name) => [name, input(name).value.trim()])) as AskFields
    const missing = needs.find((need) => input(need).required && !saysSomething(typed[need]))
    const asked = missing
      ? ({ ok: false, field: missing, message: `This eligibility needs the ${missing}.` } as const)
      : askFor(typed, this.#user)
    if (!asked.ok) {
      this.#complain(asked.field, asked.message)
      return
    }
    this.#dialog.close()
    this.#onAsk(asked.body)
  }

  #complain(field: keyof AskFields, message: string): void {
    const fault = find('ask-fault', HTMLElement)
    fault.textContent = message
    fault.hidden = false
    input(field).focus()
  }
}

function input(name: (typeof fields)[number]): HTMLInputElement {
  return find(`ask-${name}`, HTMLInputElement)
}
