import { find } from '../element.ts'
import type { Card } from './card.ts'
import type { ConfirmDialog } from './confirm-dialog.ts'
import { describeAttention, describeContents, describeList } from './describe-held.ts'
import type { ToldOperations } from './told-request.ts'

type Send = (path: '/release' | '/pause' | '/resume', body: object, done: string) => void

/** The operators' view and acts: the brake, pauses, and inputs that need attention. */
export class OperationsView {
  readonly #confirm: ConfirmDialog
  readonly #send: Send
  #pause: ToldOperations['pause'] = null

  constructor(confirm: ConfirmDialog, send: Send) {
    this.#confirm = confirm
    this.#send = (path, body, done) => {
      // If the act needs a new sign-in, the person returns to this view.
      history.replaceState(null, '', '#brake')
      send(path, body, done)
    }
    find('pause', HTMLButtonElement).addEventListener('click', () => this.#askToPause())
    find('resume', HTMLButtonElement).addEventListener('click', () => this.#askToResume())
  }

  /** Answers the cards of both lists; shows the pause itself. */
  show({ pause, lists, contents, attention, accounts }: ToldOperations) {
    this.#pause = pause
    find('pause-state', HTMLElement).textContent = pause
      ? `All changes are ${pause.told}.`
      : 'Changes are carried out: there is no pause.'
    find('pause', HTMLButtonElement).hidden = pause !== null
    find('resume', HTMLButtonElement).hidden = pause === null || pause.isLoss
    const brake = [
      ...lists.map((one) => this.#releasable(one.digest, describeList(one, accounts))),
      ...contents.map((one) => this.#releasable(one.digest, describeContents(one))),
    ]
    const wanting = attention.inputs.map((one) => ({
      id: `${one.state} ${one.input}`,
      ...describeAttention(one),
      actions: [],
    }))
    return { brake, wanting }
  }

  #releasable(digest: string, described: ReturnType<typeof describeList>): Card {
    const act = () =>
      this.#confirm.open({
        title: `Release: ${described.title}`,
        hint: 'You release exactly this list, for one hour. If it has grown meanwhile, nothing is released.',
        facts: [['Why held', described.stateText], ...described.facts],
        label: 'Release',
        act: () => this.#send('/release', { digest }, 'Released; it is carried out within about a minute.'),
      })
    return { id: digest, ...described, actions: [{ name: 'release', label: 'Release…', act }] }
  }

  #askToPause(): void {
    this.#confirm.open({
      title: 'Pause all changes',
      hint: 'From now on nothing is granted or revoked, until somebody resumes. Uploads and requests are kept, and carried out then.',
      facts: [],
      label: 'Pause',
      text: { label: 'Reason, shown to everybody who asks', isNeeded: true },
      act: (reason) => this.#send('/pause', { reason }, 'Paused.'),
    })
  }

  #askToResume(): void {
    const pause = this.#pause
    if (pause === null) return
    this.#confirm.open({
      title: 'Resume changes',
      hint: 'Within a minute everything is compared again, and what changed in the meantime is carried out.',
      facts: [['Now', pause.told]],
      label: 'Resume',
      act: () => this.#send('/resume', { since: pause.since }, 'Resumed.'),
    })
  }
}
