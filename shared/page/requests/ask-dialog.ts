import { saysSomething } from '../../domain/text/says-something.ts'
import { find } from '../element.ts'
import { type AskFields, askFor } from './ask-for.ts'
import { makeFacts } from './card.ts'
import { describeEligibility } from './describe-eligibility.ts'
import { type OfferedScope, placeOfAccount, placeOfScope } from './find-place.ts'
import { listOptions } from './list-options.ts'
import { sayDuration } from './say.ts'
import type { ToldBesides, ToldEligibility } from './told-request.ts'

const fields = ['where', 'permissionSet', 'hours', 'reason', 'ticket', 'incident', 'startsAt'] as const
const needs = ['reason', 'ticket', 'incident'] as const

/** The form for a request by one eligibility. */
export class AskDialog {
  readonly #dialog = find('ask', HTMLDialogElement)
  readonly #onAsk: (body: object) => void
  #user = ''
  #places: readonly OfferedScope[] = []
  #action: 'ask' | 'extend' = 'ask'

  constructor(onAsk: (body: object) => void) {
    this.#onAsk = onAsk
    find('ask-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault()
      this.#ask()
    })
  }

  /** `extended`: the granted request to extend. */
  open(eligibility: ToldEligibility, user: string, { extended, besides }: Opening = {}): void {
    this.#user = user
    this.#action = extended ? 'extend' : 'ask'
    find('ask-title', HTMLElement).textContent = `${extended ? 'Extend' : 'Ask'} by ${eligibility.name}`
    find('ask-next', HTMLElement).textContent = sayNext(eligibility, extended !== undefined)
    find('ask-facts', HTMLElement).replaceChildren(makeFacts(describeEligibility(eligibility)))
    find('ask-fault', HTMLElement).hidden = true
    for (const name of fields) input(name).value = ''
    const choice = besides?.choices.find(({ name }) => name === eligibility.name)
    const sets = eligibility.permissionSets.filter((set) => !/[*?]/.test(set))
    const offered = [...new Set([...sets, ...(choice?.permissionSets ?? [])])]
    listOptions(
      'ask-sets',
      offered.map((set) => [set, besides?.abouts[set] ?? ''] as const),
    )
    const accounts = choice?.accounts ?? []
    const others = eligibility.scopes.filter((one) => accounts.length === 0 || !one.startsWith('account%'))
    this.#places = [
      ...accounts.map((id) => placeOfAccount(id, besides?.accounts[id])).sort((a, b) => a.text.localeCompare(b.text)),
      ...others.map(placeOfScope),
    ]
    listOptions(
      'ask-places',
      this.#places.map(({ text }) => text),
    )
    // With only one there is no choice.
    if (sets.length === 1 && eligibility.permissionSets.length === 1) input('permissionSet').value = sets[0] ?? ''
    const [place, ...more] = this.#places
    if (place?.scope.startsWith('account%') && more.length === 0) input('where').value = place.text
    if (extended) {
      input('where').value = this.#places.find((one) => one.scope === extended.scope)?.text ?? extended.scope
      input('permissionSet').value = extended.permissionSet
    }
    for (const name of ['where', 'permissionSet'] as const) input(name).readOnly = extended !== undefined
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
      : askFor(typed, { user: this.#user, places: this.#places, action: this.#action })
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

type Opening = {
  readonly extended?: { readonly scope: string; readonly permissionSet: string } | undefined
  readonly besides?: ToldBesides | undefined
}

/** The next steps after sending. */
function sayNext({ approvals, approvers, longest, approvedByItself }: ToldEligibility, isExtension: boolean): string {
  const who = [...approvers.groups, ...approvers.users, ...(approvers.ownerTag ? ['the owner of the account'] : [])]
  const needed = approvals === 0 ? 'Nobody has to approve it.' : `Next: ${approvals} of ${who.join(', ')} approve it.`
  const perhaps = approvals > 0 && approvedByItself ? ' For some people or at some times nobody has to.' : ''
  const until = isExtension ? ' What you have lasts until its end meanwhile.' : ''
  return `${needed}${perhaps} Then the access comes within seconds and ends by itself, after ${sayDuration(longest)} at most.${until}`
}

function input(name: (typeof fields)[number]): HTMLInputElement {
  return find(`ask-${name}`, HTMLInputElement)
}
