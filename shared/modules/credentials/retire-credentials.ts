import pLimit from 'p-limit'
import { emergencyUser, noPrincipals } from '../../domain/account-facts/emergency-principals.ts'
import { describeList } from '../../domain/brake/describe-list.ts'
import { listRetirements } from '../../domain/brake/lists.ts'
import type { Configuration } from '../../domain/deployment/configuration.ts'
import { defaultHygiene } from '../../domain/files/hygiene-file.ts'
import {
  parseCredential,
  parseRetireKey,
  type RetireFile,
  renderCredential,
  retirePrefix,
} from '../../domain/files/retire-file.ts'
import { findUploader } from '../../domain/links/find-uploader.ts'
import type { InputMessage } from '../../domain/links/input-message.ts'
import type { AccountId } from '../../domain/organization/account-id.ts'
import {
  type Account,
  describeInactive,
  isUnplaced,
  type OrganizationView,
} from '../../domain/organization/organization-view.ts'
import { renderComplaint } from '../../domain/statuses/complaint.ts'
import type { StatusState } from '../../domain/statuses/status.ts'
import type { Ports } from '../../ports/ports.ts'
import { isServiceError } from '../../ports/service-error.ts'
import { noMinimums } from '../../reconcile/brake/ask-minimum.ts'
import { Brake } from '../../reconcile/brake/brake.ts'
import { enterToRetire } from '../../reconcile/calls/enter-account.ts'
import { reconcileInput } from '../../reconcile/inputs/reconcile-input.ts'
import { tellInput } from '../../reconcile/inputs/tell-input.ts'
import { OrganizationCache } from '../../reconcile/organization/organization-cache.ts'
import { readBrake } from '../../reconcile/records/brake-file.ts'
import { type Heads, listHeads } from '../../reconcile/records/list-heads.ts'
import { readPauseReason } from '../../reconcile/records/pause.ts'
import { inputOfStatus, StatusStore, statusPrefix } from '../../reconcile/records/status-store.ts'
import { isSpoiled, spoiledAsAbsent, unlessSpoiled } from '../../reconcile/records/stored-json.ts'
import { sweepCrowds } from '../../reconcile/records/sweep-crowds.ts'
import { openAccountOwners } from './account-owners.ts'
import { type ReadRetirementRules, type RetirementRules, readRetirementRules } from './read-hygiene-file.ts'
import {
  type RetirementContext,
  type RetireVerdict,
  readLiveCredential,
  retirementController,
  retirementRecords,
} from './retirement-controller.ts'
import { judgeRetireFile } from './rules/judge-retire-file.ts'
import { refusedPrefix, refusedUploadKey, retirementPrefix } from './rules/retirement.ts'
import { takeTurns } from './rules/take-turns.ts'

/** For all accounts together; each account has a rate of its own. */
const credentialsAtOnce = 8

/** `stopped`: `why` is for a person. */
export type RetireResult =
  | { readonly outcome: 'not configured' }
  | { readonly outcome: 'stopped'; readonly why: string }
  | ({ readonly outcome: 'looked' } & Readonly<Record<'files' | 'refused' | 'credentials' | 'failed', number>>)

/** The status of a file after this run. */
type RetirementOutcome = { readonly key: string; readonly state: StatusState | undefined; readonly isFailed: boolean }

/**
 * Reconciles every file under `retire/`, and the rest of deleted files: S3 sends no events for them, because only the function
 * of this schedule may assume the role that retires. A repeated run continues. Without a valid `hygiene.json` that has
 * `ownerTag`, nothing changes, and the statuses say so.
 */
export async function retireCredentials(ports: Ports, configuration: Configuration): Promise<RetireResult> {
  const { objects } = ports
  if (configuration.hygieneRole === '') return { outcome: 'not configured' }
  const rules = await readRetirementRules(objects)
  const isPaused = (await readPauseReason(objects)) !== undefined
  const heads = await listHeads(objects, retirePrefix)
  const files = [...heads.keys()]
  const credentials = await listCredentials(files, ports, configuration)
  const brake = new Brake(ports, configuration, noMinimums)
  const context = await openContext(heads, rules, brake, ports, configuration)
  const inTurns = takeTurns([...credentials.values()], ownerOf)
  const told = await pLimit(credentialsAtOnce).map(inTurns, (keys) => reconcileEach(keys, context))
  if (!isPaused) await tidyBrake(brake, credentials, ports)
  if (!rules.ok) return { outcome: 'stopped', why: renderComplaint(rules.complaint) }
  return {
    outcome: 'looked',
    files: files.length,
    refused: told.flat().filter(({ state }) => state === 'rejected').length,
    credentials: credentials.size,
    failed: told.flat().filter(({ isFailed }) => isFailed).length,
  }
}

/**
 * The keys to look at, by credential: of existing files except those beyond the limit of invalid ones, of statuses, and of the ledger. A key without a credential is its own
 * group. Credentials without a file come first: people wait until they are active again.
 */
async function listCredentials(
  files: readonly string[],
  { objects, log, clock }: Pick<Ports, 'objects' | 'log' | 'clock'>,
  configuration: Configuration,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const told = new Set([...(await listHeads(objects, statusPrefix + retirePrefix)).keys()].map(inputOfStatus))
  const present = new Set(files)
  const untold = files.filter((key) => !told.has(key))
  const statuses = new StatusStore(objects, clock)
  const crowds = { objects, statuses, configuration, now: clock.now(), places: [retirePrefix] }
  const looked = [...files.filter((key) => told.has(key)), ...(await sweepCrowds(untold, crowds))]
  const keys = Map.groupBy([...[...told].filter((key) => !present.has(key)), ...looked], credentialOf)
  const recorded = new Map<string, readonly string[]>()
  for (const recordKey of (await listHeads(objects, retirementPrefix)).keys()) {
    const credential = parseCredential(recordKey.slice(retirementPrefix.length, -'.json'.length))
    if (credential === undefined || keys.has(renderCredential(credential))) continue
    const stored = await unlessSpoiled(retirementRecords.of(objects, credential).read())
    if (isSpoiled(stored)) log.error('ssofile could not restore a credential: its record cannot be read', { recordKey })
    else recorded.set(renderCredential(credential), [...(stored?.value.files ?? [])])
  }
  return new Map([...recorded, ...keys])
}

/** The folder of a credential's first file. */
function ownerOf([key = '']: readonly string[]): string {
  const named = parseRetireKey(key)
  return named.ok ? named.value.owner : ''
}

function credentialOf(key: string): string {
  const named = parseRetireKey(key)
  return named.ok ? renderCredential(named.value) : key
}

async function openContext(
  heads: Heads,
  rules: ReadRetirementRules,
  brake: Brake,
  ports: Ports,
  configuration: Configuration,
): Promise<RetirementContext> {
  const accounts = new Map<AccountId, ReturnType<typeof enterToRetire>>()
  const retirer = {
    enter: (account: AccountId) => {
      const entering = accounts.get(account) ?? enterToRetire(ports, account, configuration.hygieneRole)
      accounts.set(account, entering)
      return entering
    },
  }
  const parsed = [...heads.keys()].map(parseRetireKey).flatMap((named) => (named.ok ? [named.value] : []))
  const others = Map.groupBy(parsed, renderCredential)
  const organization = new OrganizationCache(ports, configuration.folders)
  const view = await organization.storedView()
  if (heads.size > 0 && view === undefined) throw new Error('the organization has not been read yet')
  const refused = await listRefused(heads, ports)
  return {
    ...ports,
    configuration,
    refused,
    retireAfterDays: (rules.ok ? rules.value : defaultHygiene).retireAfterDays,
    whyUnknown: rules.ok ? undefined : rules.why,
    judge: view && rules.ok ? openJudge(view, rules.value, { heads, refused }, ports) : async () => 'unknown',
    whyHeld: await openHeld(ports),
    accountOf: openAccounts(view, organization),
    listOthers: (file) => others.get(renderCredential(file))?.filter(({ key }) => key !== file.key) ?? [],
    look: async (credential) => readLiveCredential(credential, await retirer.enter(credential.account)),
    retirer,
    brake,
  }
}

/** Why the brake holds each act. If its record cannot be read, it is asked for each act, and holds all. */
async function openHeld({ objects }: Pick<Ports, 'objects'>): Promise<RetirementContext['whyHeld']> {
  const brake = await spoiledAsAbsent(readBrake(objects, ['retirements']))
  const reasons = new Map(brake?.lists.flatMap((list) => [...list.items].map((item) => [item, describeList(list)])))
  return (item) => reasons.get(item)
}

/** Asks Organizations once for each account that the stored view lacks: the view may be older than the account. */
function openAccounts(
  view: OrganizationView | undefined,
  organization: Pick<OrganizationCache, 'readLive'>,
): RetirementContext['accountOf'] {
  const accounts = new Map(view?.accounts.map((account) => [account.id, account]))
  const live = new Map<AccountId, Promise<Account | undefined>>()
  const readOnce = (id: AccountId) => {
    const reading = live.get(id) ?? organization.readLive(id, async () => false)
    live.set(id, reading)
    return reading
  }
  return async (id) => {
    if (view === undefined) return { state: 'active' }
    const account = accounts.get(id) ?? (await readOnce(id))
    if (account === undefined) return { state: 'missing', why: `the organization has no account ${id}` }
    if (account.state === 'ACTIVE' || isUnplaced(account)) return { state: 'active' }
    return { state: 'refusing', why: describeInactive(account) }
  }
}

/** Removes the notes of uploads that are gone: their files were deleted, or uploaded again. */
async function listRefused(heads: Heads, { objects }: Pick<Ports, 'objects'>): Promise<Set<string>> {
  const present = new Set([...heads].map(([key, { lastModified }]) => refusedUploadKey({ key }, lastModified)))
  const noted = [...(await listHeads(objects, refusedPrefix)).keys()]
  for (const key of noted) if (!present.has(key)) await objects.delete(key)
  return new Set(noted.filter((key) => present.has(key)))
}

/** Asks for the owner of each account once. `heads`: the files at the beginning of the run. */
function openJudge(
  view: OrganizationView,
  rules: RetirementRules,
  { heads, refused }: { readonly heads: Heads; readonly refused: ReadonlySet<string> },
  ports: Ports,
) {
  const ownerOf = openAccountOwners(ports, rules, view)
  const accounts = new Map(view.accounts.map((account) => [account.id, account]))
  const owners = new Map<AccountId, Promise<string | undefined>>()
  const emergency = ports.emergency?.() ?? noPrincipals
  return async (file: RetireFile): Promise<RetireVerdict> => {
    const account = accounts.get(file.account)
    if (isUnplaced(account)) return 'unknown'
    try {
      const owning = owners.get(file.account) ?? (account && ownerOf(account))
      if (owning) owners.set(file.account, owning)
      const isBreakGlass = emergencyUser(emergency, file.account, file.user) === 'of break-glass'
      const uploadedAt = heads.get(file.key)?.lastModified
      const wasOfOther = uploadedAt !== undefined && refused.has(refusedUploadKey(file, uploadedAt))
      return judgeRetireFile(file, { account, owner: await owning, isBreakGlass, wasOfOther }, rules) ?? 'asks'
    } catch (error) {
      if (!isServiceError(error)) throw error
      const told = 'the owner of an account is unknown now: ssofile retires and restores nothing there'
      ports.log.warn(told, { account: file.account, error })
      return 'unknown'
    }
  }
}

/** One after the other, because they share a record. A failed one delays no other; the next run retries it. */
async function reconcileEach(
  keys: readonly string[],
  context: RetirementContext,
): Promise<readonly RetirementOutcome[]> {
  const told: RetirementOutcome[] = []
  for (const key of keys) {
    const message = { v: 1, id: context.randomness.id(), event: 'schedule', key } as const
    try {
      const { status } = await reconcileInput(message, retirementController, context)
      told.push({ key, state: status?.state, isFailed: false })
    } catch (error) {
      await tellFailure(message, error, context)
      told.push({ key, state: 'failed', isFailed: true })
    }
  }
  return told
}

async function tellFailure(message: InputMessage, error: unknown, context: RetirementContext): Promise<void> {
  const { key } = message
  const { objects, log, configuration } = context
  log.error('ssofile could not retire or restore a credential; the next run tries again', { input: key, error })
  const remedy = isServiceError(error, 'AccessDenied')
    ? `deploy the role ${configuration.hygieneRole} into the account (docs/credentials.md); ssofile tries again every five minutes`
    : 'wait: ssofile tries again every five minutes'
  const reason = error instanceof Error ? error.message : String(error)
  const head = await objects.head(key)
  await tellInput(context, { key, head }, (current) => {
    return { by: findUploader(head, message, current), state: 'failed', reason, remedy }
  })
}

/** Removes an act from its list when no file waits for it. If a file could not be looked at, the brake's answer is unknown. */
async function tidyBrake(
  brake: Brake,
  credentials: ReadonlyMap<string, readonly string[]>,
  { objects, clock }: Pick<Ports, 'objects' | 'clock'>,
): Promise<void> {
  const record = await readBrake(objects, ['retirements'])
  if (record === undefined || (await readPauseReason(objects)) !== undefined) return
  const statuses = new StatusStore(objects, clock)
  for (const item of listRetirements(record)) {
    const keys = credentials.get(item.slice(0, item.lastIndexOf(' '))) ?? []
    const states = await Promise.all(keys.map(async (key) => (await statuses.read(key))?.state))
    if (!states.includes('held') && !states.includes('failed'))
      await brake.drop({ rule: 'retirements', item, counts: [] })
  }
}
