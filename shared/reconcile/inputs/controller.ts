import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { InputMessage, Uploader } from '../../domain/links/input-message.ts'
import type { Hint } from '../../domain/messages/hint.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { Parsed } from '../../domain/statuses/complaint.ts'
import type { Status } from '../../domain/statuses/status.ts'
import type { ReadingIdentityStore } from '../../ports/identity-store.ts'
import type { ReadingObjects } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import type { ReadingSsoAdmin } from '../../ports/sso-admin.ts'
import type { JsonRecord } from '../records/json-record.ts'
import type { KnownRecord } from '../records/known-record.ts'
import type { FileReading, InputHead } from '../records/read-input.ts'
import type { EventSubject, ToldOnce } from '../records/tell-event.ts'
import type { ToldInput } from './tell-input.ts'

/** The types of one kind of input. */
export type KindTypes = {
  /** What the key says. */
  readonly name: unknown
  /** What the body says. */
  readonly body: unknown
  /** ssofile's own record of one input of this kind. */
  readonly entry: unknown
  readonly facts: object
  /** A step that changes something; then everything is read again. */
  readonly action: { readonly do: string }
  /** Nothing more is to be done now. */
  readonly end: { readonly tell: string }
  readonly context: ReconcileContext
  /** What one reconcile learns from the answers to its own calls, and could not read again, or only with more calls. */
  readonly learnt?: unknown
}

export type ReconcileContext = Pick<
  Ports,
  'objects' | 'queues' | 'randomness' | 'clock' | 'identityStore' | 'ssoAdmin' | 'log'
> & { readonly configuration: Configuration }

/** The same without anything that writes: a plan can gather, too. */
export type ReadingContext<Context extends ReconcileContext> = Omit<
  Context,
  'objects' | 'identityStore' | 'ssoAdmin' | 'queues' | 'randomness' | 'brake' | 'suspensions' | 'census' | 'retirer'
> & {
  readonly objects: ReadingObjects
  readonly identityStore: ReadingIdentityStore
  readonly ssoAdmin: ReadingSsoAdmin
}

/** One input as it is now. */
export type Input<T extends KindTypes> = {
  readonly key: string
  readonly name: T['name']
  readonly file: FileReading<T['body']>
  readonly head: InputHead | undefined
  /** Who uploaded or deleted it; `undefined`: unknown. */
  readonly by: Uploader | undefined
  /** Its status as it was before this step. */
  readonly told: Status | undefined
  readonly entry: T['entry'] | undefined
  /** From the steps before, in this reconcile and with this file. */
  readonly learnt: T['learnt'] | undefined
  /** Only its instant has come: nothing is known to have changed. */
  readonly isDue: boolean
  /** An event tells that the content which is applied was uploaded again. */
  readonly isRepeated: boolean
  /** The message is about this user, whoever has the name now. */
  readonly user: PrincipalId | undefined
  /** It has failed before, and is tried again apart from the others of its message group. */
  readonly isAlone: boolean
  /** By S3's clock. */
  readonly now: Date
}

export type Description = {
  /** `undefined`: it has no status. */
  readonly told: ToldInput | undefined
  /** When the loop looks at it again without an event. `now`: right after it has written the status. */
  readonly again?: Date | readonly Date[] | 'now' | undefined
  /** What the loop sends once it has written the status. */
  readonly wakes?: Wakes | undefined
}

/** What the loop sends. `why`: for the log. */
export type Wakes = {
  readonly why: string
  readonly inputs?: readonly Pick<InputMessage, 'key' | 'user'>[]
  /** Access that ssofile may have to revoke: it goes first. */
  readonly revocations?: readonly Hint[]
  readonly hints?: readonly Hint[]
}

/** What a step has changed. The loop tells history first, then writes the entry. */
export type Effect<Entry, Learnt = unknown> = {
  /** `at`: when it happened; absent: now. */
  readonly history?: (Omit<ToldOnce<string>, 'named' | 'at'> & { readonly at?: string | undefined }) | undefined
  /** The new entry. Absent: it stays as it is. */
  readonly entry?: Entry | 'none'
  /** In place of what the steps before have learnt. Absent: that stays. */
  readonly learnt?: Learnt
  /** The inputs that wait for it are looked at again. */
  readonly isNews?: boolean
  /** Where both belong, if only `gather` finds that. Absent: as `entryOf` and `historyOf` say of the name. */
  readonly of?: { readonly record: KnownRecord<Entry>; readonly history: EventSubject }
}

/** What becomes of the inputs of one kind; `reconcileInput` does everything that holds for all kinds. */
export type Controller<T extends KindTypes> = {
  readonly noun: string
  readonly parseName: (key: string) => Parsed<T['name']>
  readonly mostBytes: number
  /** `describe` says what becomes of a file that is not valid. Absent: it is rejected. */
  readonly describesInvalid?: true
  /** `head`: which upload it is. */
  readonly parseBody: (key: string, body: Uint8Array, sizeBytes: number, head: InputHead) => Parsed<T['body']>
  /** Absent: the kind has no record but the status. */
  readonly entryOf?: (objects: Ports['objects'], name: T['name']) => JsonRecord<T['entry']>
  readonly historyOf?: (name: T['name']) => EventSubject
  readonly gather: (input: Input<T>, context: ReadingContext<T['context']>) => Promise<T['facts']>
  /** Pure. Its table of cases stands above it. */
  readonly decide: (facts: T['facts']) => T['action'] | T['end']
  /** The actions that a pause does not stop: they change nothing in IAM Identity Center. */
  readonly underPause: readonly T['action']['do'][]
  /** Answers what has changed, or what to tell if something prevents this step. */
  readonly perform: (
    action: T['action'],
    input: Input<T>,
    facts: T['facts'],
    context: T['context'],
  ) => Promise<Effect<T['entry'], T['learnt']> | Description>
  /** Pure. If a file that is not valid is rejected, the status says why, and not what this answers. */
  readonly describe: (end: T['end'], input: Input<T>, facts: T['facts']) => Description
  /** Pure. What the status says while a pause stops a step. Absent: the reason of the pause. */
  readonly describePause?: (reason: string, input: Input<T>, facts: T['facts']) => Description['told']
  /** The inputs that wait for news of this one. Absent: none do. */
  readonly waiting?: (name: T['name'], context: T['context']) => AsyncIterable<string>
  /** What every status of this input has, whatever it says. */
  readonly keep?: (input: Input<T>) => Omit<ToldInput, 'state'>
}
