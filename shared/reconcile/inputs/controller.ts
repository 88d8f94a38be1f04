import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { Format } from '../../domain/inputs/kind.ts'
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
  /** The parsed key. */
  readonly name: unknown
  /** The parsed body. */
  readonly body: unknown
  /** ssofile's own record of one input of this kind. */
  readonly entry: unknown
  readonly facts: object
  /** A step that changes something; afterwards everything is read again. */
  readonly action: { readonly do: string }
  /** Nothing is left to do now. */
  readonly end: { readonly tell: string }
  readonly context: ReconcileContext
  /** Facts from answers to the calls of one reconcile. They cannot be read again, or only with more calls. */
  readonly learnt?: unknown
}

export type ReconcileContext = Pick<
  Ports,
  'objects' | 'queues' | 'randomness' | 'clock' | 'identityStore' | 'ssoAdmin' | 'log'
> & {
  readonly configuration: Configuration
  /** A plan, on copies of the bucket and the directory. An upload may have no uploader yet. */
  readonly isForetelling?: boolean | undefined
}

/** The context without writers, so that a plan can gather too. */
export type ReadingContext<Context extends ReconcileContext> = Omit<
  Context,
  'objects' | 'identityStore' | 'ssoAdmin' | 'queues' | 'randomness' | 'brake' | 'suspensions' | 'census' | 'retirer'
> & {
  readonly objects: ReadingObjects
  readonly identityStore: ReadingIdentityStore
  readonly ssoAdmin: ReadingSsoAdmin
}

/** The present state of one input. */
export type Input<T extends KindTypes> = {
  readonly key: string
  readonly name: T['name']
  readonly file: FileReading<T['body']>
  readonly head: InputHead | undefined
  /** The person or role that uploaded or deleted it. `undefined`: unknown. */
  readonly by: Uploader | undefined
  /** Its status as it was before this step. */
  readonly told: Status | undefined
  readonly entry: T['entry'] | undefined
  /** From earlier steps of this reconcile with the same file, or with any (`learnsOfCalls`). */
  readonly learnt: T['learnt'] | undefined
  /** The message came only because an instant of the input has come. */
  readonly isDue: boolean
  /** An event says that somebody uploaded the applied content again. */
  readonly isRepeated: boolean
  /** The message is about this user, even if someone else has the name now. */
  readonly user: PrincipalId | undefined
  /** It failed before, or overtakes others: it is looked at outside the message group of its person. */
  readonly isAlone: boolean
  /** By S3's clock. */
  readonly now: Date
  /** When the directory was first asked for what this step knows of it, in monotonic milliseconds. */
  readonly lookedMs: number
}

export type Description = {
  /** `undefined`: the input has no status. */
  readonly told: ToldInput | undefined
  /** When the loop looks at it again without an event. `now`: right after it writes the status. */
  readonly again?: Date | readonly Date[] | 'now' | undefined
  /** Messages that the loop sends after it writes the status. */
  readonly wakes?: Wakes | undefined
  /** Work that may take long: the loop does it after it has written the status and sent the messages. */
  readonly afterwards?: (() => Promise<void>) | undefined
}

/** Messages that the loop sends. `why` goes to the log. */
export type Wakes = {
  readonly why: string
  /** Within five minutes, SQS drops hints that were sent under it before. Absent: this message's own. */
  readonly id?: string | undefined
  readonly inputs?: readonly Pick<InputMessage, 'key' | 'user'>[]
  /** Access that ssofile may have to revoke. It goes first. */
  readonly revocations?: readonly Hint[]
  readonly hints?: readonly Hint[]
}

/** The change of a step. The loop writes history first, then the entry, and then does the rest. */
export type Effect<Entry, Learnt = unknown> = {
  /** `at`: when it happened; absent: now. */
  readonly history?: (Omit<ToldOnce<string>, 'named' | 'at'> & { readonly at?: string | undefined }) | undefined
  /** The new entry. Absent: it stays as it is. */
  readonly entry?: Entry | 'none'
  /** Work that relies on the new entry. If the process dies before it, nobody does it. */
  readonly afterwards?: (() => Promise<void>) | undefined
  /** Replaces what earlier steps learned. Absent: that stays. */
  readonly learnt?: Learnt
  /** Wakes the inputs that wait for this one. */
  readonly isNews?: boolean
  /** Record and history, if only `gather` can find them. Absent: `entryOf` and `historyOf` find them by the name. */
  readonly of?: { readonly record: KnownRecord<Entry>; readonly history: EventSubject }
}

/** How one kind of input works; `reconcileInput` does what all kinds share. */
export type Controller<T extends KindTypes> = {
  readonly noun: string
  /** The row of its kind, or what differs from it. `head`: the upload. */
  readonly format: Omit<Format<T['name'], T['body']>, 'parseBody'> & {
    readonly parseBody: (...file: [...Parameters<Format['parseBody']>, head: InputHead]) => Parsed<T['body']>
  }
  /** `describe` handles an invalid file. Absent: the file is rejected. */
  readonly describesInvalid?: true
  /** Absent: the kind has no record except the status. */
  readonly entryOf?: (objects: Ports['objects'], name: T['name']) => JsonRecord<T['entry']>
  readonly historyOf?: (name: T['name']) => EventSubject
  readonly gather: (input: Input<T>, context: ReadingContext<T['context']>) => Promise<T['facts']>
  /** Pure. The table of its cases stands above it. */
  readonly decide: (facts: T['facts']) => T['action'] | T['end']
  /** The actions that a pause does not stop, because they change nothing in IAM Identity Center. */
  readonly underPause: readonly T['action']['do'][]
  /**
   * A missing file takes a protection away, or suspends somebody. While everything is stopped because records were lost, the file may be
   * lost too: its record and its status stay as they are.
   */
  readonly waitsForLost?: true
  /**
   * The actions after which the next step may rely on what the directory said before, because it takes nothing from anybody.
   * Absent: the directory is asked again after each.
   */
  readonly takesNothingAfter?: readonly T['action']['do'][]
  /** Returns the change, or a description if something prevents this step. */
  readonly perform: (
    action: T['action'],
    input: Input<T>,
    facts: T['facts'],
    context: T['context'],
  ) => Promise<Effect<T['entry'], T['learnt']> | Description>
  /** Pure. For a rejected file the status says why, and ignores what this returns. */
  readonly describe: (end: T['end'], input: Input<T>, facts: T['facts']) => Description
  /** Pure. The status while a pause stops a step. Absent: the reason of the pause. */
  readonly describePause?: (reason: string, input: Input<T>, facts: T['facts']) => Description['told']
  /** What it learns is about its own calls, so it holds after the file has changed too. */
  readonly learnsOfCalls?: true
  /** The inputs that wait for news of this one. Absent: none do. */
  readonly waiting?: (name: T['name'], context: T['context']) => AsyncIterable<string>
  /** Fields that every status of this input has. */
  readonly keep?: (input: Input<T>) => Omit<ToldInput, 'state'>
}
