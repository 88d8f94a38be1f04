import { type Call, lateKinds } from '../chaos.ts'
import { isContestedSet } from '../contested.ts'
import { ownedNames } from '../permission-set-actions.ts'
import type { SimulatedProcess } from '../simulated-process.ts'
import type { SimulatedWorld } from '../simulated-world.ts'
import type { ContentsPromise } from './contents.ts'
import { asDefined, type PlainFile, parsePlainFile, plainOf } from './plain-permission-set.ts'
import type { SessionsPromise } from './sessions.ts'
import { type Fail, promises } from './violation.ts'

const linkGrammar =
  /^links_data\/(?:(?:folder-[ab]|temporary)\/)?(?:root%all|ou_id%ou-[^%]+|account_tag%team\^[^%]*|account%\d{12}|select%\w+)%([\w-]+)%.+%(?:GROUP|USER)%ssofile$/
const ledgerGrammar = /^assignments\/account%\d{12}%([\w-]+)%[^%]+%(?:GROUP|USER)$/
/** The listing of references comes before the last look at the file; with calls that travel for seconds. */
const listedBeforeMs = 30_000
const heldUpMs = 300_000

/** Permission sets: equal to their files, up to date in their accounts, and deleted when, and only when, nothing refers to them. */
export class PermissionSetChecks {
  readonly #world: SimulatedWorld
  readonly #contents: ContentsPromise
  readonly #sessions: SessionsPromise
  readonly #fail: Fail
  /** Since when each object that refers to a permission set, or is its file, has been there without a break. */
  readonly #sinceMs = new Map<string, number>()
  /** When a process last looked whether a file is there. */
  readonly #lookedMs = new Map<string, number>()

  constructor(
    world: SimulatedWorld,
    { contents, sessions }: { readonly contents: ContentsPromise; readonly sessions: SessionsPromise },
    fail: Fail,
  ) {
    this.#world = world
    this.#contents = contents
    this.#sessions = sessions
    this.#fail = fail
    world.objects.onChange(({ key, eventName }) => {
      if (!/^(links_data|assignments|permission_sets)\//.test(key)) return
      if (eventName.startsWith('ObjectRemoved') || !this.#refers(key)) this.#sinceMs.delete(key)
      else if (!this.#sinceMs.has(key)) this.#sinceMs.set(key, world.clock.monotonicMs())
    })
  }

  noteCall(process: SimulatedProcess, { operation, key, service }: Call, args: readonly unknown[]): void {
    if (service === 's3' && operation === 'head' && key?.startsWith('permission_sets/'))
      this.#lookedMs.set(`${process.name} ${key}`, this.#world.clock.monotonicMs())
    if (operation === 'provisionPermissionSet') this.#checkProvisioning()
    if (operation === 'deletePermissionSet' && typeof args[0] === 'string') this.#checkDeletion(process, args[0])
  }

  #checkProvisioning(): void {
    const { ssoAdmin, configuration } = this.#world
    const running = ssoAdmin.provisioningsInProgress()
    const most = configuration.limits.provisionings
    // Two dispatchers' requests, one of which was long on its way, are AWS's to refuse.
    if (running >= most && !this.#isHeldUp())
      this.#fail(promises.quotas, `${running} provisionings are in progress and one is sent, expected at most ${most}`)
  }

  #checkDeletion(process: SimulatedProcess, arn: string): void {
    const { names, clock } = this.#world
    const name = names.permissionSet(arn)
    const file = `permission_sets/${name}.json`
    const lookedMs = this.#lookedMs.get(`${process.name} ${file}`) ?? clock.monotonicMs()
    const fileSinceMs = this.#sinceMs.get(file)
    // What came in the same millisecond may have come after the look.
    if (fileSinceMs !== undefined && fileSinceMs < lookedMs)
      this.#fail(promises.foreign, `deletes the permission set ${name}, whose file was there when it was looked for`)
    const beforeMs = lookedMs - (this.#isHeldUp() ? heldUpMs : listedBeforeMs)
    for (const [key, sinceMs] of this.#sinceMs) {
      if (this.#referredBy(key) === name && sinceMs <= beforeMs)
        this.#fail(promises.foreign, `deletes the permission set ${name}, although ${key} refers to it`)
    }
  }

  /** Calls stood still somewhere: nobody can say from outside when what was evaluated. */
  #isHeldUp(): boolean {
    return ['freeze', 'slow', ...lateKinds].some((kind) =>
      [...this.#world.chaos.struck.keys()].some((one) => one === kind),
    )
  }

  #referredBy(key: string): string | undefined {
    return (linkGrammar.exec(key) ?? ledgerGrammar.exec(key))?.[1]
  }

  /** A link that is malformed, or ends, may refer to nothing by now; at rest the time of every link that ends is over. */
  #refers(key: string): boolean {
    return !key.startsWith('links_data/') || this.#bodyOf(key)?.includes('"expiresAt"') === false
  }

  #bodyOf(key: string): string | undefined {
    const found = this.#world.objects.model.find(key)
    return found && Buffer.from(found.body).toString()
  }

  /** At the end, when nothing is under way. `isReconciled`: also what others changed has been looked for. */
  checkAtRest({ isReconciled }: { readonly isReconciled: boolean }): void {
    for (const name of ownedNames.filter((one) => !this.#world.unreadable.concernsSet(one))) {
      const body = this.#bodyOf(`permission_sets/${name}.json`)
      const file = body === undefined ? undefined : parsePlainFile(body)
      if (body === undefined) this.#checkGone(name)
      else if (file) this.#checkEqual(name, file, isReconciled)
    }
  }

  #checkEqual(name: string, file: PlainFile, isReconciled: boolean): void {
    const { ssoAdmin, organizations } = this.#world
    const status = this.#world.readJson(`status/permission_sets/${name}.json.json`)
    // It stays as it was until a person decides.
    if (status?.state === 'held' && this.#contents.isHeld(name)) return
    if (status?.state === 'failed' && isContestedSet(name, this.#world)) return
    const isUnmet = this.#sessions.isUnmet(name)
    const states = [...(isUnmet === true ? [] : ['applied']), ...(isUnmet === false ? [] : ['failed'])]
    if (!states.includes(String(status?.state)))
      this.#fail(
        promises.status,
        `the file of ${name} is valid, but its status is '${String(status?.state)}', expected ${states.join(' or ')}`,
      )
    const actual = ssoAdmin.definitionNow(name)
    if (!actual) {
      this.#fail(promises.convergence, `the permission set ${name} has a file, but is not there`)
      return
    }
    const [is, asked] = [JSON.stringify(plainOf(actual)), JSON.stringify(asDefined(file))]
    if (is !== asked)
      this.#fail(promises.convergence, `the permission set ${name} is ${is}, its file asks for ${asked}`)
    const accountStates = new Map<string, string>(organizations.accountsNow().map(({ id, state }) => [id, state]))
    // One that took no changes when the others got theirs is looked at by the next drift check.
    const stale = ssoAdmin
      .staleAccountsNow(actual.arn)
      .filter((id) => isReconciled && accountStates.get(id) === 'ACTIVE')
    if (stale.length > 0 && !this.#world.wasSuspended)
      this.#fail(promises.convergence, `${stale.join(', ')} have an old version of the permission set ${name}`)
  }

  /** `status/` says of a file that is gone that its permission set is still used. */
  isKept(input: string): boolean {
    const name = /^permission_sets\/([\w-]+)\.json$/.exec(input)?.[1]
    const state = this.#world.readJson(`status/${input}.json`)?.state
    return name !== undefined && state === 'blocked' && (this.#isReferred(name) || this.#world.isAssigned(name))
  }

  #isReferred(name: string): boolean {
    return [...this.#sinceMs.keys()].some((key) => this.#referredBy(key) === name)
  }

  #checkGone(name: string): void {
    const { ssoAdmin } = this.#world
    const isReferred = this.#isReferred(name)
    const arn = ssoAdmin.permissionSetArnOf(name)
    // What others assigned keeps it.
    if (arn && !isReferred && !this.#world.isAssigned(name))
      this.#fail(
        promises.convergence,
        `the permission set ${name} is there, and neither a file nor anything refers to it`,
      )
    if (!arn && !isReferred && this.#world.keys(`owned_permission_sets/${name}`).length > 0)
      this.#fail(promises.convergence, `the permission set ${name} is gone, but is recorded as ours`)
  }
}
