import pLimit from 'p-limit'
import { retirementAct } from '../../domain/brake/act.ts'
import { describeList } from '../../domain/brake/describe-list.ts'
import { dropAct, type Judged, judgeAct } from '../../domain/brake/judge-act.ts'
import { listRetirements } from '../../domain/brake/lists.ts'
import { emergencyUser, noPrincipals } from '../../domain/break-glass/emergency-principals.ts'
import type { ToldRetirement } from '../../domain/credentials/describe-retirement.ts'
import type { Hygiene } from '../../domain/credentials/hygiene-file.ts'
import { judgeRetireFile } from '../../domain/credentials/judge-retire-file.ts'
import {
  type Credential,
  type CredentialKey,
  parseCredential,
  parseRetireKey,
  type RetireFile,
  renderCredential,
  retirePrefix,
} from '../../domain/credentials/retire-file.ts'
import { retirementPrefix } from '../../domain/credentials/retirement.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import { type Account, isUnplaced } from '../../domain/organization/organization-view.ts'
import { type Complaint, renderComplaint } from '../../domain/statuses/complaint.ts'
import { rejection } from '../../domain/statuses/status.ts'
import { renderInstant } from '../../domain/text/instant.ts'
import type { ObjectHead } from '../../ports/object-store.ts'
import type { Ports } from '../../ports/ports.ts'
import type { RetiringAccount } from '../../ports/retirer.ts'
import { isServiceError } from '../../ports/service-error.ts'
import { BrakeStore } from '../brake/brake-store.ts'
import { tellHeld } from '../brake/tell-held.ts'
import { enterToRetire } from '../calls/enter-account.ts'
import { OrganizationCache } from '../organization/organization-cache.ts'
import { listHeads } from '../records/list-heads.ts'
import { describePause, readPause } from '../records/pause.ts'
import { inputOfStatus, StatusStore, statusPrefix } from '../records/status-store.ts'
import { isSpoiled, unlessSpoiled } from '../records/stored-json.ts'
import { openAccountOwners } from './account-owners.ts'
import { readHygieneFile } from './read-hygiene-file.ts'
import { retirementRecord, settleRetirement } from './settle-retirement.ts'

type RetirePorts = Pick<
  Ports,
  'objects' | 'organizations' | 'retirer' | 'clock' | 'randomness' | 'log' | 'metrics' | 'emergency'
>

/** Of all accounts together; in each, calls have their own rate. */
const credentialsAtOnce = 8

/** A credential that files ask for, or that the ledger has. `files`: those that may. */
type Asked = { readonly credential: Credential; readonly files: readonly RetireFile[] }
type JudgedFile = { readonly file: RetireFile; readonly may: 'asks' | 'is refused' | 'not known' }

/** `stopped`: `why` is for a person. */
export type RetireResult =
  | { readonly outcome: 'not configured' }
  | { readonly outcome: 'stopped'; readonly why: string }
  | ({ readonly outcome: 'looked' } & Readonly<Record<'files' | 'refused' | 'credentials' | 'failed', number>>)

/**
 * Looks at every file under `retire/` and at every credential that the ledger has, and takes each as far as it may be now. What the
 * bucket says counts, and what IAM says; no event. Run again at any moment, it goes on. Under a pause, and while `hygiene.json`
 * cannot be read, nothing is changed at all.
 */
export async function retireCredentials(ports: RetirePorts, configuration: Configuration): Promise<RetireResult> {
  const { objects } = ports
  if (configuration.hygieneRole === '') return { outcome: 'not configured' }
  const pause = await readPause(objects)
  if (pause !== undefined) return { outcome: 'stopped', why: describePause(pause) }
  const read = await readHygieneFile(objects)
  if (!read.ok) return { outcome: 'stopped', why: renderComplaint(read.complaint) }
  const heads = await listHeads(objects, retirePrefix)
  return new RetireRun(ports, configuration, { hygiene: read.value, heads }).run()
}

class RetireRun {
  readonly #ports: RetirePorts
  readonly #configuration: Configuration
  readonly #hygiene: Hygiene
  readonly #heads: ReadonlyMap<string, ObjectHead>
  readonly #statuses: StatusStore
  readonly #brake: BrakeStore
  readonly #accounts = new Map<AccountId, Promise<RetiringAccount>>()
  readonly #owners = new Map<AccountId, Promise<string | undefined>>()
  /** The keys that have a status after this run. */
  readonly #told = new Set<string>()
  /** Acts that the brake held in this run. */
  readonly #held = new Set<string>()
  /** What could not be looked at: nobody knows what the brake would say. */
  readonly #unknown = new Set<string>()
  #refused = 0
  #failed = 0

  constructor(
    ports: RetirePorts,
    configuration: Configuration,
    { hygiene, heads }: { readonly hygiene: Hygiene; readonly heads: ReadonlyMap<string, ObjectHead> },
  ) {
    this.#ports = ports
    this.#configuration = configuration
    this.#hygiene = hygiene
    this.#heads = heads
    this.#statuses = new StatusStore(ports.objects, ports.clock)
    this.#brake = new BrakeStore(ports, configuration.brake, (held) => tellHeld(ports, held, this.#brake.record))
  }

  async run(): Promise<RetireResult> {
    const asked = await this.#listAsked()
    await pLimit(credentialsAtOnce).map(asked, (one) => this.#retire(one))
    await this.#forgetStatuses()
    await this.#brake.refresh()
    if (listRetirements(this.#brake.record).some((item) => !this.#isStillHeld(item)))
      await this.#brake.change((record) =>
        listRetirements(record)
          .filter((item) => !this.#isStillHeld(item))
          .reduce((left, item) => dropAct(left, { rule: 'retirements', item }), record),
      )
    const counts = { files: this.#heads.size, refused: this.#refused, credentials: asked.length, failed: this.#failed }
    return { outcome: 'looked', ...counts }
  }

  /** What files may ask for, with what the ledger has: what nobody asks for any more is undone. */
  async #listAsked(): Promise<readonly Asked[]> {
    const asked = new Map<CredentialKey, Asked>()
    const ledger = await listHeads(this.#ports.objects, retirementPrefix)
    for (const key of ledger.keys()) {
      const credential = parseCredential(key.slice(retirementPrefix.length, -'.json'.length))
      if (credential !== undefined) asked.set(renderCredential(credential), { credential, files: [] })
    }
    for (const { file, may } of await this.#judgeFiles()) {
      const key = renderCredential(file)
      const known = asked.get(key) ?? { credential: file, files: [] }
      // Where nobody knows whether a file may ask, nothing is begun and nothing undone.
      if (may === 'not known') {
        asked.delete(key)
        this.#unknown.add(key)
      } else if (may === 'asks') asked.set(key, { ...known, files: [...known.files, file] })
    }
    return [...asked.values()]
  }

  /** Whether each file may ask. Those that may not are told why. */
  async #judgeFiles(): Promise<readonly JudgedFile[]> {
    if (this.#heads.size === 0) return []
    const view = await new OrganizationCache(this.#ports, this.#configuration.folders).storedView()
    if (view === undefined) throw new Error('the organization has not been read yet')
    const ownerOf = openAccountOwners(this.#ports, this.#hygiene, view)
    const accounts = new Map(view.accounts.map((account) => [account.id, account]))
    const judged: JudgedFile[] = []
    for (const key of this.#heads.keys()) {
      const parsed = parseRetireKey(key)
      if (!parsed.ok) await this.#refuse(parsed.complaint)
      else judged.push({ file: parsed.value, may: await this.#judge(parsed.value, accounts, ownerOf) })
    }
    return judged
  }

  async #judge(
    file: RetireFile,
    accounts: ReadonlyMap<AccountId, Account>,
    ownerOf: ReturnType<typeof openAccountOwners>,
  ): Promise<JudgedFile['may']> {
    const account = accounts.get(file.account)
    if (isUnplaced(account)) return 'not known'
    try {
      const owning = this.#owners.get(file.account) ?? (account === undefined ? undefined : ownerOf(account))
      if (owning !== undefined) this.#owners.set(file.account, owning)
      const complaint = judgeRetireFile(
        file,
        { account, owner: await owning, isBreakGlass: this.#isBreakGlass(file) },
        this.#hygiene,
      )
      if (complaint === undefined) return 'asks'
      await this.#refuse(complaint)
      return 'is refused'
    } catch (error) {
      if (!isServiceError(error)) throw error
      this.#ports.log.warn('the owner of an account is not known now: nothing is retired there, and nothing undone', {
        account: file.account,
        error,
      })
      return 'not known'
    }
  }

  #isBreakGlass({ account, user }: RetireFile): boolean {
    return emergencyUser(this.#ports.emergency?.() ?? noPrincipals, account, user) === 'of break-glass'
  }

  #isStillHeld(item: string): boolean {
    return this.#held.has(item) || this.#unknown.has(item.slice(0, item.lastIndexOf(' ')))
  }

  async #refuse(complaint: Complaint): Promise<void> {
    this.#refused++
    await this.#tell(complaint.object, rejection(complaint))
  }

  async #retire({ credential, files }: Asked): Promise<void> {
    const { retireAfterDays } = this.#hygiene
    const enter = () => this.#enter(credential.account)
    const findHold = (owner: string, item: string) => this.#findHold(owner, item)
    const context = { ports: this.#ports, retireAfterDays, enter, findHold }
    try {
      const told = await settleRetirement(credential, files, context)
      if (told !== undefined) for (const { key } of files) await this.#tell(key, told)
    } catch (error) {
      await this.#tellFailure(credential, files, error)
    }
  }

  /** One credential that cannot be settled holds up no other: it is tried again in the next run. */
  async #tellFailure(credential: Credential, files: readonly RetireFile[], error: unknown): Promise<void> {
    this.#failed++
    this.#unknown.add(renderCredential(credential))
    this.#ports.log.error('a credential could not be retired, or kept; the next run tries again', {
      credential: renderCredential(credential),
      error,
    })
    const stored = await unlessSpoiled(retirementRecord(this.#ports.objects, credential).read())
    const known = isSpoiled(stored) ? [] : (stored?.value.files ?? [])
    const { hygieneRole } = this.#configuration
    const isDenied = isServiceError(error, 'AccessDenied')
    const failed: ToldRetirement = {
      state: 'failed',
      reason: error instanceof Error ? error.message : String(error),
      remedy: isDenied
        ? `deploy the role ${hygieneRole} into the account (docs/credentials.md); it is tried again every five minutes`
        : 'wait: it is tried again every five minutes',
    }
    for (const key of files.length > 0 ? files.map((file) => file.key) : known) await this.#tell(key, failed)
  }

  #enter(account: AccountId): Promise<RetiringAccount> {
    const entering = this.#accounts.get(account) ?? enterToRetire(this.#ports, account, this.#configuration.hygieneRole)
    this.#accounts.set(account, entering)
    return entering
  }

  async #findHold(owner: string, item: string): Promise<string | undefined> {
    const judged: { answer?: Judged } = {}
    await this.#brake.change((record, terms) => {
      judged.answer = judgeAct(record, retirementAct({ owner, item }), terms)
      return judged.answer.brake
    })
    const { answer } = judged
    if (answer?.is === 'passes') return undefined
    this.#held.add(item)
    return answer?.is === 'held' && answer.list ? describeList(answer.list) : 'held by the brake'
  }

  async #tell(key: string, told: ToldRetirement): Promise<void> {
    this.#told.add(key)
    const head = this.#heads.get(key)
    const upload = head && {
      etag: head.etag,
      versionId: head.versionId,
      lastModified: renderInstant(head.lastModified),
    }
    await this.#statuses.revise(key, async () => ({ ...told, ...upload }))
  }

  /** Of files that are gone, and of which nothing is left. */
  async #forgetStatuses(): Promise<void> {
    for (const key of (await listHeads(this.#ports.objects, statusPrefix + retirePrefix)).keys()) {
      const told = inputOfStatus(key)
      if (!this.#told.has(told) && !this.#heads.has(told)) await this.#statuses.revise(told, async () => undefined)
    }
  }
}
