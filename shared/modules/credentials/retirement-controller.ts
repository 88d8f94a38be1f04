import { retirementAct } from '../../domain/brake/act.ts'
import { exempt } from '../../domain/brake/admission.ts'
import {
  type Credential,
  canBeInactive,
  type IamUserName,
  type RetireFile,
  renderCredential,
} from '../../domain/files/retire-file.ts'
import { kinds } from '../../domain/inputs/kinds.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import type { Complaint } from '../../domain/statuses/complaint.ts'
import { rejection } from '../../domain/statuses/status.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import { listAll } from '../../ports/page.ts'
import type { RetiringAccount } from '../../ports/retirer.ts'
import { isServiceError, unlessCode } from '../../ports/service-error.ts'
import type { Brake } from '../../reconcile/brake/brake.ts'
import { deleteCredential, makeKeyInactive } from '../../reconcile/calls/taking-calls.ts'
import type {
  Controller,
  Description,
  Effect,
  Input,
  KindTypes,
  ReadingContext,
  ReconcileContext,
} from '../../reconcile/inputs/controller.ts'
import { defineRecords } from '../../reconcile/records/define-record.ts'
import { readNow } from '../../reconcile/records/owner.ts'
import { tellEvent } from '../../reconcile/records/tell-event.ts'
import {
  decideRetirement,
  type LiveCredential,
  type LookedCredential,
  needsLook,
  type RetirementAction,
  type RetirementEnd,
  type RetirementFacts,
} from './rules/decide-retirement.ts'
import { describeRetirement, describeUnknownRules, describeWaiting } from './rules/describe-retirement.ts'
import type { RefusedRetireFile } from './rules/judge-retire-file.ts'
import {
  type Retirement,
  type RetirementEntry,
  refusedUploadKey,
  retirementEntry,
  retirementPrefix,
} from './rules/retirement.ts'

/** Whether a file may ask. `unknown`: start nothing and undo nothing. */
export type RetireVerdict = 'asks' | 'unknown' | RefusedRetireFile

/** `why`: for a person, if nothing can be called in the account. */
export type AccountOfRetirement = { readonly state: RetirementFacts['account']; readonly why?: string }

export type RetirementContext = ReconcileContext & {
  readonly retireAfterDays: number
  /** Why nobody knows which files may ask: then start nothing and undo nothing. Absent: `judge` knows. */
  readonly whyUnknown: string | undefined
  readonly judge: (file: RetireFile) => Promise<RetireVerdict>
  /** The uploads that ssofile saw while their account was somebody else's, by `refusedUploadKey`. */
  readonly refused: Set<string>
  readonly accountOf: (account: AccountId) => Promise<AccountOfRetirement>
  /** The other files for the same credential. */
  readonly listOthers: (file: RetireFile) => readonly RetireFile[]
  /** Why the brake holds this act, by its lists at the beginning of the run: so nobody asks IAM about it again and again. */
  readonly whyHeld: (item: string) => string | undefined
  /** IAM's present state of it. Throws ServiceError. */
  readonly look: (credential: Credential) => Promise<LookedCredential>
  /** Opens the role in an account. */
  readonly retirer: { enter(account: AccountId): Promise<RetiringAccount> }
  readonly brake: Pick<Brake, 'admit'>
}

interface RetirementTypes extends KindTypes {
  readonly name: RetireFile
  readonly body: undefined
  readonly entry: RetirementEntry
  readonly facts: RetirementFacts &
    Pick<RetirementContext, 'whyUnknown'> & {
      readonly complaint: Complaint | undefined
      readonly whyNoAccount: string | undefined
    }
  readonly action: RetirementAction
  readonly end: RetirementEnd
  readonly context: RetirementContext
}
type RetirementInput = Input<RetirementTypes>
type Facts = RetirementTypes['facts']
type Outcome = Effect<RetirementEntry> | Description

/** How often to look at a watched credential. */
const lookEveryMs = 60 * 60_000

export const retirementRecords = defineRecords({
  at: retirementPrefix,
  meaning: 'one credential that is being, or was, retired',
  source: { is: 'primary' },
  key: (credential: Credential) => `${renderCredential(credential)}.json`,
  value: retirementEntry,
})

/**
 * The file of a credential to retire: makes a key inactive, watches for some days whether somebody uses it, and deletes it. If
 * the file is deleted, undoes what it can. After a crash, the next process continues by the entry and IAM's state.
 */
export const retirementController: Controller<RetirementTypes> = {
  noun: 'retirement',
  format: kinds.retirement,
  describesInvalid: true,
  entryOf: retirementRecords.of,
  gather,
  decide: decideRetirement,
  underPause: [
    'note other owner',
    'note absence',
    'watch',
    'stop',
    'tell gone',
    'note missing user',
    'note missing account',
    'leave account',
    'forget',
  ],
  perform,
  describe,
}

async function gather(
  { name, head, entry, now }: RetirementInput,
  context: ReadingContext<RetirementContext>,
): Promise<Facts> {
  const { judge, accountOf, listOthers, whyHeld, look, retireAfterDays, whyUnknown, refused } = context
  const verdict = head && (await judge(name))
  const isOfOther = typeof verdict === 'object' && verdict.isOfOther === true
  const named = listOthers(name)
  const others = await Promise.all(named.map(judge))
  const kept = begunIn(entry)
  const account = head || kept ? await accountOf(name.account) : undefined
  const facts = {
    now,
    isKnown: whyUnknown === undefined && verdict !== 'unknown' && !others.includes('unknown'),
    isNewOfOther: isOfOther && head !== undefined && !refused.has(refusedUploadKey(name, head.lastModified)),
    askedAt: verdict === 'asks' ? head?.lastModified : undefined,
    isAskedElsewhere: others.includes('asks'),
    isNamed: head !== undefined || named.length > 0,
    kept,
    absence: entry?.state === 'absent' ? entry : undefined,
    held: whyHeld(itemOf(name, kept ? 'deleted' : 'inactive')),
    canBeInactive: canBeInactive(name),
    retireAfterDays,
    whyUnknown,
    account: account?.state ?? ('active' as const),
    whyNoAccount: account?.why,
    complaint: typeof verdict === 'object' ? verdict.complaint : undefined,
  }
  return { ...facts, live: needsLook(facts) ? await look(name) : undefined }
}

async function perform(
  action: RetirementAction,
  input: RetirementInput,
  facts: Facts,
  context: RetirementContext,
): Promise<Outcome> {
  const { key, name } = input
  const begun = begunIn(input.entry)
  const entry = begun && asFound(begun)
  const now = renderInstant(input.now)
  if (action.do === 'note off') return begin(action.live, input, facts, context)
  if (action.do === 'stop') {
    const { live, why, isOn } = action
    const known = entry ?? firstEntry(input, live)
    const stopped = { state: 'used since', at: now, lookAt: nextLook(input.now), lastUsedAt: lastUseOf(live) } as const
    const staysAsItIs = known.staysAsItIs || isOn
    return end('used', { ...known, ...stopped, why, staysAsItIs }, name, context)
  }
  if (action.do === 'forget') return { entry: 'none' }
  if (action.do === 'note other owner') {
    const noted = refusedUploadKey(name, input.head?.lastModified ?? input.now)
    await context.objects.put(noted, '')
    context.refused.add(noted)
    return {}
  }
  if (action.do === 'note absence')
    return { entry: { v: 1, state: 'absent', at: now, lookAt: nextLook(input.now), files: [key] } }
  // The steps below need an entry.
  if (entry === undefined) return {}
  switch (action.do) {
    case 'switch off':
      return switchOff(action.live, entry, input, context)
    case 'watch': {
      const lastUsedAt = lastUseOf(facts.live)
      const state = entry.state === 'used since' ? entry.state : 'watched'
      return { entry: { ...entry, state, files: [key], lastUsedAt, lookAt: nextLook(input.now) } }
    }
    case 'note deletion': {
      const held = await askBrake('deleted', input, facts, context)
      return held ?? { entry: { ...entry, state: 'deleting', at: now } }
    }
    case 'delete':
      return remove(entry, input, facts, context)
    case 'tell gone':
      if (!action.byOthers) return end('deleted', { ...entry, state: 'gone' }, name, context)
      return end('gone', { ...entry, state: 'gone', at: now, byOthers: true }, name, context)
    case 'note missing user':
      return { entry: withoutUser(entry, input) }
    case 'note missing account':
      return { entry: { ...entry, accountMissingSince: now } }
    case 'leave account':
      await tell('gone', { ...entry, at: now, why: facts.whyNoAccount }, name, context)
      return { entry: 'none' }
    case 'note on':
      return { entry: { ...entry, state: 'switching on', at: now } }
    case 'switch on':
      return switchOn(entry, input, context)
  }
}

async function begin(
  live: LiveCredential,
  input: RetirementInput,
  facts: Facts,
  context: RetirementContext,
): Promise<Outcome> {
  const { canBeInactive } = facts
  const held = canBeInactive ? await askBrake('inactive', input, facts, context) : undefined
  const staysAsItIs = !canBeInactive || !live.isActive
  return held ?? { entry: { ...firstEntry(input, live), state: 'switching off', staysAsItIs } }
}

/** `staysAsItIs`: while nothing was made inactive. */
function firstEntry({ key, head, now }: RetirementInput, live: LiveCredential): Omit<Retirement, 'state'> {
  return {
    v: 1,
    at: renderInstant(now),
    askedAt: renderInstant(head?.lastModified ?? now),
    files: [key],
    madeAt: renderInstant(live.madeAt),
    lastUsedAt: lastUseOf(live),
    staysAsItIs: true,
  }
}

/** If a key was inactive before, or cannot be made inactive, only the days begin. */
async function switchOff(
  live: LiveCredential,
  entry: Retirement,
  { name, now }: RetirementInput,
  context: RetirementContext,
): Promise<Outcome> {
  if (!entry.staysAsItIs && live.isActive) {
    const iam = await context.retirer.enter(name.account)
    await unlessGone(() => makeKeyInactive(exempt('it was admitted before, as its record says'), name, iam))
  }
  await tell(entry.staysAsItIs ? 'watched' : 'inactive', entry, name, context)
  // After the answer of the call: an earlier use is known when the days are over.
  const watchedAt = renderInstant(await readNow(context))
  return { entry: { ...entry, state: 'watched', watchedAt, lookAt: nextLook(now) } }
}

async function remove(
  entry: Retirement,
  { name }: RetirementInput,
  facts: Facts,
  context: RetirementContext,
): Promise<Outcome> {
  const iam = await context.retirer.enter(name.account)
  try {
    await unlessGone(() => deleteCredential(exempt('it was admitted before, as its record says'), name, iam))
  } catch (error) {
    if (!isServiceError(error, 'DeleteConflict')) throw error
    const remedy = 'retire its password and keys with their own files, and take the user out of groups and policies'
    const reason = `AWS refuses: ${error.message}`
    return { told: { ...describeRetirement(name, entry, facts), state: 'blocked', reason, remedy } }
  }
  return end('deleted', { ...entry, state: 'gone' }, name, context)
}

async function switchOn(entry: Retirement, input: RetirementInput, context: RetirementContext): Promise<Outcome> {
  const { name } = input
  const came = entry.staysAsItIs ? 'kept' : await makeActive(name, await context.retirer.enter(name.account))
  if (came === 'unknown') return { entry: withoutUser(entry, input) }
  await tell(came, entry, name, context)
  return { entry: 'none' }
}

/**
 * Makes a key active, whatever a listing says of it: a listing may lack our own call, and a repeated call is no error. No other key ever gets
 * its id. A user keeps the keys with a new name. `unknown`: nobody has the name, and IAM does not say which user has the key.
 */
async function makeActive({ user, what }: Credential, iam: RetiringAccount): Promise<'kept' | 'gone' | 'unknown'> {
  const activate = (name: IamUserName) => isThere(iam.updateAccessKey(name, what, true))
  if (await activate(user)) return 'kept'
  const renamed = await unlessCode(iam.userOfKey(what), 'NoSuchEntity', 'AccessDenied')
  if (renamed !== undefined && renamed !== user) return (await activate(renamed)) ? 'kept' : 'unknown'
  return (await isThere(iam.user(user))) ? 'gone' : 'unknown'
}

/** Why the brake holds this act; `undefined`: it passes. It counts for the owner of the file. */
async function askBrake(
  act: 'inactive' | 'deleted',
  { name }: RetirementInput,
  facts: Facts,
  { brake }: RetirementContext,
): Promise<Description | undefined> {
  const { owner } = name
  const answer = await brake.admit(retirementAct({ owner, item: itemOf(name, act) }))
  return answer.outcome === 'passes' ? undefined : { told: describeHeld(name, answer.reason, facts) }
}

/** The name of an act on a list of the brake. */
function itemOf(name: RetireFile, act: 'inactive' | 'deleted'): string {
  return `${renderCredential(name)} ${act}`
}

function describeHeld(name: RetireFile, reason: string | undefined, facts: Facts): Description['told'] {
  const remedy = 'an operator can review and release it: ssofile brake; or delete this file'
  return { ...describeRetirement(name, facts.kept, facts), state: 'held', reason, remedy }
}

/** Ends the retirement. */
async function end(
  event: Event,
  entry: Retirement,
  name: RetireFile,
  context: RetirementContext,
): Promise<Effect<RetirementEntry>> {
  await tell(event, entry, name, context)
  return { entry }
}

type Event = 'inactive' | 'watched' | 'used' | 'deleted' | 'gone' | 'kept'

/** Uses the instant of the entry, so that a replay records it once. */
function tell(
  event: Event,
  { at, files, madeAt, lastUsedAt, why }: Retirement,
  { account, user, what }: RetireFile,
  { objects }: RetirementContext,
): Promise<void> {
  const name = renderCredential({ account, user, what })
  const body = { account, user, what, files, madeAt, lastUsedAt, why }
  return tellEvent(objects, { folder: `history/retire/${name}/`, name }, { event: `credential-${event}`, at, body })
}

function describe(
  { tell: what }: RetirementEnd,
  { name, head, entry, told }: RetirementInput,
  facts: Facts,
): Description {
  switch (what) {
    case 'unknown':
      return { told: describeUnknown(facts, { head, entry, told }) }
    case 'withdrawn':
      return { told: head && facts.complaint && rejection(facts.complaint) }
    case 'wait for account':
      return { told: head && facts.complaint ? rejection(facts.complaint) : describeWaiting(facts.whyNoAccount) }
    case 'held':
      return { told: describeHeld(name, facts.held, facts) }
    case 'stay':
    case 'absent':
      return { told: describeRetirement(name, facts.kept, facts) }
  }
}

/** A deleted credential stays as its status says. Nothing is left of a deleted file for which nothing began. */
function describeUnknown(
  { whyUnknown }: Facts,
  { head, entry, told }: Pick<RetirementInput, 'head' | 'entry' | 'told'>,
): Description['told'] {
  if (entry?.state === 'gone' || (whyUnknown === undefined && (told || head === undefined))) return told
  if (whyUnknown === undefined)
    return {
      state: 'waiting',
      reason: 'ssofile cannot read now who owns the account',
      remedy: 'nothing to do: ssofile looks again every five minutes',
    }
  return head || entry ? describeUnknownRules(whyUnknown, told) : undefined
}

function begunIn(entry: RetirementEntry | undefined): Retirement | undefined {
  return entry?.state === 'absent' ? undefined : entry
}

/** Without what an earlier look lacked. */
function asFound({ isUserMissing: _, accountMissingSince: __, ...entry }: Retirement): Retirement {
  return entry
}

function withoutUser(entry: Retirement, { now }: Pick<RetirementInput, 'now'>): Retirement {
  return { ...entry, isUserMissing: true, lookAt: nextLook(now) }
}

function nextLook(now: Date): string {
  return renderInstant(new Date(now.getTime() + lookEveryMs))
}

function lastUseOf(live: LookedCredential): string | undefined {
  return typeof live === 'object' && live.lastUsedAt ? renderInstant(live.lastUsedAt) : undefined
}

/** IAM's state of one credential. */
export async function readLiveCredential(
  { user, what }: Credential,
  iam: Omit<RetiringAccount, 'updateAccessKey' | 'deleteAccessKey' | 'deletePassword' | 'deleteUser'>,
): Promise<LookedCredential> {
  if (what === 'user') return unlessGone(async () => ({ isActive: true, madeAt: (await iam.user(user)).madeAt }))
  if (what === 'password') {
    const password = await unlessGone(() => iam.password(user))
    const found = await unlessGone(() => iam.user(user))
    if (found === undefined) return 'no user'
    return password && { isActive: true, madeAt: password.madeAt, lastUsedAt: found.passwordLastUsedAt }
  }
  const keys = await unlessGone(() => Array.fromAsync(listAll((token) => iam.listAccessKeys(user, token))))
  if (keys === undefined) return 'no user'
  const key = keys.find(({ id }) => id === what)
  if (key === undefined) return undefined
  const { lastUsedAt } = await iam.accessKeyLastUsed(what)
  return { isActive: key.isActive, madeAt: key.madeAt, lastUsedAt }
}

/** IAM answers NoSuchEntity for a missing thing, and for a missing user of it. */
async function isThere(call: Promise<unknown>): Promise<boolean> {
  return (await unlessGone(() => call.then(() => true))) ?? false
}

function unlessGone<T>(call: () => Promise<T>): Promise<T | undefined> {
  return unlessCode(call(), 'NoSuchEntity')
}
