import { find, make } from '../element.ts'
import { ApiCalls, ApiFault, isHosted, type PostPath } from './api-calls.ts'
import { AskDialog } from './ask-dialog.ts'
import { type Card, makeFacts } from './card.ts'
import { CardList } from './card-list.ts'
import { ConfirmDialog } from './confirm-dialog.ts'
import { describeAccess } from './describe-access.ts'
import { describeEligibility } from './describe-eligibility.ts'
import { type DescribedRequest, describeRequest, type RequestAction } from './describe-request.ts'
import { OperationsView } from './operations-view.ts'
import { pageClock } from './page-clock.ts'
import type { PageContents, ToldAbout, ToldOperations, ToldRequest } from './told-request.ts'

/** All requests share the API's limit: 20 a second. A hosted page has a limit of its own, and each read costs money. */
const restMs = isHosted ? 20_000 : 60_000
const aboutsMost = 20
/** Pauses after sending, until the result appears. */
const soonMs = [500, 1000, 1500, 2500, 4000, 6000]

const questions: Readonly<Record<RequestAction, string>> = {
  approve: 'You approve exactly this request. If it is edited, it needs approvals again.',
  deny: 'One denial is enough, and for good.',
  withdraw: 'The access that runs goes on until its end.',
  finish: 'It can be asked for again, and then needs approvals again.',
  extend: '',
}

/** The page: reads all its data from the API, shows it, and sends the person's decisions. */
export class RequestsPage {
  readonly #api = new ApiCalls(() => this.#say('The API is busy; trying again…'))
  readonly #ask = new AskDialog((body) => void this.#send('/requests', body, 'Asked.'))
  readonly #confirmation = new ConfirmDialog()
  readonly #operations = new OperationsView(this.#confirmation, (...sent) => void this.#send(...sent))
  readonly #lists = {
    waiting: new CardList('waiting'),
    mine: new CardList('mine'),
    eligible: new CardList('eligible'),
    access: new CardList('access'),
    everybody: new CardList('everybody'),
    brake: new CardList('brake'),
    attention: new CardList('attention'),
  }
  /** By request: further facts for an approver, read once. */
  readonly #abouts = new Map<string, ToldAbout>()
  /** The request, or the brake, that the address named; scrolled into view once. */
  #wanted = wantedOf(location.hash)
  #told: PageContents | undefined
  /** Counts sent calls, so that only the last one reads again. */
  #turn = 0
  /** The reason of a refusal stays visible until the person sends something else. */
  #isRefused = false

  start(): void {
    find('words', HTMLInputElement).addEventListener('input', () => this.#show())
    find('reload', HTMLButtonElement).addEventListener('click', () => {
      this.#isRefused = false
      void this.#look()
    })
    for (const button of document.querySelectorAll('[data-close]'))
      button.addEventListener('click', () => button.closest('dialog')?.close())
    for (const dialog of document.querySelectorAll('dialog')) dialog.addEventListener('close', () => this.#show())
    find('sign-out', HTMLButtonElement).hidden = !isHosted
    find('sign-out', HTMLButtonElement).addEventListener('click', () => void this.#signOut())
    find('everybody-words', HTMLInputElement).addEventListener('input', () => void this.#lookForEverybody())
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden && this.#told !== undefined) void this.#look()
    })
    window.addEventListener('hashchange', () => {
      this.#wanted = wantedOf(location.hash)
      this.#show()
    })
    void this.#run()
  }

  async #run(): Promise<void> {
    try {
      await this.#api.open()
    } catch (error) {
      this.#complain(error)
      return
    }
    for (;;) {
      if (!document.hidden) await this.#look()
      await pageClock.sleep(restMs)
    }
  }

  async #look(): Promise<void> {
    try {
      this.#told = await this.#api.readAll()
      if (isHosted) await this.#learnAbouts(this.#told.waiting)
      this.#say(`As of ${new Date(pageClock.nowMs()).toLocaleTimeString('en-GB')}`)
      if (!this.#isRefused) this.#complain()
      this.#show()
    } catch (error) {
      this.#complain(error)
    }
  }

  async #send(path: PostPath, body: object, done: string): Promise<void> {
    const turn = ++this.#turn
    this.#say('Sending…')
    this.#isRefused = false
    try {
      await this.#api.post(path, body)
    } catch (error) {
      this.#isRefused = true
      this.#complain(error)
      return
    }
    for (const ms of soonMs) {
      this.#say(`${done} Looking what becomes of it…`)
      await pageClock.sleep(ms)
      if (turn !== this.#turn) return
      await this.#look()
    }
  }

  #show(): void {
    // While a dialog is open the view behind it stays, with the button to which the keyboard returns.
    if (this.#told === undefined || document.querySelector('dialog[open]') !== null) return
    const { name, waiting, mine, eligible, unusable, unreadGroups, isCut } = this.#told
    find('me', HTMLElement).replaceChildren(make('bdi', `You are ${name}`))
    const requests = (of: 'waiting' | 'mine') =>
      this.#told?.[of].map((one) => this.#cardOf(one, of)).toSorted((a, b) => rank(a) - rank(b)) ?? []
    this.#list('waiting', requests('waiting'), waiting.length)
    this.#list('mine', requests('mine'), mine.length)
    const offers = eligible.map((one) => ({
      id: one.name,
      title: one.name,
      facts: describeEligibility(one),
      actions: [{ name: 'ask', label: 'Ask…', act: () => this.#ask.open(one, name, { besides: this.#told?.besides }) }],
    }))
    this.#list('eligible', offers, eligible.length)
    this.#showBesides()
    const notes = [
      ...(isCut ? ['There are more requests than this page shows: ssofile requests.'] : []),
      ...(unusable.length > 0 ? [`Not valid, so nobody can ask by them now: ${unusable.join(', ')}.`] : []),
      ...(unreadGroups === undefined
        ? []
        : [`Your groups could not be read, so what is for groups is missing: ${unreadGroups}.`]),
    ]
    find('notes', HTMLElement).hidden = notes.length === 0
    find('notes', HTMLElement).replaceChildren(make('span', notes.join(' ')))
  }

  /** Shows the parts of a hosted page. */
  #showBesides(): void {
    const { besides } = this.#told ?? {}
    if (besides === undefined) return
    const { rows, accounts } = besides.access
    this.#list(
      'access',
      rows.map((row) => describeAccess(row, accounts, besides.abouts)),
      rows.length,
    )
    this.#showOperations(besides.operations)
    const part = find('everybody-part', HTMLElement)
    if (besides.isAuditor && part.hidden) {
      part.hidden = false
      void this.#lookForEverybody()
    }
    if (this.#wanted !== undefined) this.#bringIntoView(this.#wanted)
  }

  #showOperations(told: ToldOperations | undefined): void {
    for (const id of ['brake-part', 'attention-part']) find(id, HTMLElement).hidden = told === undefined
    if (told === undefined) return
    const { brake, wanting } = this.#operations.show(told)
    this.#list('brake', brake, brake.length)
    this.#list('attention', wanting, told.attention.all)
  }

  #bringIntoView(wanted: string): void {
    const isMeant = (one: Element) => (wanted === 'brake' ? one.id === 'brake-part' : one.textContent?.includes(wanted))
    const item = [...document.querySelectorAll('main li, #brake-part:not([hidden])')].find(isMeant)
    if (item === undefined) return
    this.#wanted = undefined
    item.scrollIntoView({ block: wanted === 'brake' ? 'start' : 'center' })
    item.querySelector<HTMLElement>('button:not([hidden])')?.focus({ preventScroll: true })
  }

  async #lookForEverybody(): Promise<void> {
    try {
      const { rows, all, accounts } = await this.#api.everybody(find('everybody-words', HTMLInputElement).value)
      const cards = rows.map((row) => describeAccess(row, accounts, this.#told?.besides?.abouts ?? {}, 'of everybody'))
      this.#lists.everybody.show(cards, all)
    } catch (error) {
      this.#complain(error)
    }
  }

  async #learnAbouts(waiting: readonly ToldRequest[]): Promise<void> {
    const unknown = waiting.slice(0, aboutsMost).filter((one) => !this.#abouts.has(idOf(one)))
    const learn = async (one: ToldRequest) => void this.#abouts.set(idOf(one), await this.#api.about(one))
    await Promise.all(unknown.map(learn))
  }

  #list(name: ListName, cards: readonly Card[], all: number): void {
    const words = find('words', HTMLInputElement).value.toLowerCase().split(/\s+/)
    const fitting = cards.filter(({ title, stateText, facts }) => {
      const text = [title, stateText, ...facts.map(([, one]) => one)].join(' ').toLowerCase()
      return words.every((word) => text.includes(word))
    })
    this.#lists[name].show(fitting, all)
  }

  #cardOf(told: ToldRequest, of: 'waiting' | 'mine'): Card {
    const eligibility = this.#told?.eligible.find(({ name }) => name === told.status?.request?.eligibility)
    const { actions, ...described } = describeRequest(told, of, pageClock.nowMs(), {
      ...(this.#abouts.get(idOf(told)) ?? this.#namesOf(told)),
      mayExtend: isHosted && eligibility !== undefined,
    })
    const act = ({ does, label }: DescribedRequest['actions'][number]) => ({
      name: does,
      label: `${label}…`,
      act: () => {
        if (does === 'extend' && eligibility) this.#extend(eligibility, told)
        else this.#confirm({ does, label, described, told })
      },
    })
    return { id: told.key, ...described, actions: actions.map(act) }
  }

  #extend(eligibility: PageContents['eligible'][number], { linkData }: ToldRequest): void {
    const [kind = '', value = '', permissionSet = ''] = linkData.split('%')
    const extended = { scope: `${kind}%${value}`, permissionSet }
    this.#ask.open(eligibility, this.#told?.name ?? '', { extended, besides: this.#told?.besides })
  }

  #namesOf({ linkData }: ToldRequest): { accountName?: string; about?: string } {
    const [, value = '', permissionSet = ''] = linkData.split('%')
    const { besides } = this.#told ?? {}
    const accountName = besides?.accounts[value] ?? besides?.access.accounts[value]
    const about = besides?.abouts[permissionSet]
    return { ...(accountName ? { accountName } : {}), ...(about ? { about } : {}) }
  }

  #confirm({ does, label, described, told }: Confirmed): void {
    const isOwn = does === 'finish' || does === 'withdraw'
    const finish = () => this.#send('/requests', { action: does, linkData: told.linkData }, 'Sent.')
    const decide = (comment: string) => {
      // If the act needs a new sign-in, the person returns to this request.
      if (isHosted) history.replaceState(null, '', `#request=${described.digest}`)
      const decision = { digest: described.digest, decision: does, ...(comment === '' ? {} : { comment }) }
      return this.#send('/approvals', decision, does === 'approve' ? 'Approved.' : 'Denied.')
    }
    this.#confirmation.open({
      title: `${label}: ${described.title}`,
      hint: questions[does],
      facts: described.facts,
      label,
      ...(isOwn ? {} : { text: { label: 'Comment, if you like', isNeeded: false } }),
      act: (comment) => void (isOwn ? finish() : decide(comment)),
    })
  }

  async #signOut(): Promise<void> {
    await this.#api.signOut().catch((error: unknown) => {
      this.#isRefused = true
      this.#complain(error)
    })
  }

  #say(text: string): void {
    find('said', HTMLElement).replaceChildren(make('span', text))
  }

  /** Without an error it clears the earlier faults. */
  #complain(error?: unknown): void {
    const box = find('faults', HTMLElement)
    box.hidden = error === undefined
    box.replaceChildren()
    if (error === undefined) return
    if (!(error instanceof ApiFault)) throw error
    this.#say('')
    const lines = error.faults.flatMap(({ received, expected, remedy }) => [
      ['Received', received] as const,
      ...(expected ? [['Expected', expected] as const] : []),
      ['What to do', remedy] as const,
    ])
    box.replaceChildren(make('strong', 'That did not work'), makeFacts(lines))
  }
}

type ListName = 'waiting' | 'mine' | 'eligible' | 'access' | 'brake' | 'attention'
type Confirmed = DescribedRequest['actions'][number] & {
  readonly described: Omit<DescribedRequest, 'actions'>
  readonly told: ToldRequest
}

function wantedOf(hash: string): string | undefined {
  return /^#(?:request=([0-9a-f]{32})|(brake))$/.exec(hash)?.slice(1).find(Boolean)
}

/** Open requests first, then the finished ones. */
function rank({ state }: Card): number {
  return state === 'over' || state === 'refused' ? 1 : 0
}

/** For one upload: an edited request gets another id. */
function idOf({ key, file }: ToldRequest): string {
  return `${key} ${file?.etag ?? ''}`
}
