import type { promises } from './promises/violation.ts'
import { brakeSabotages } from './sabotages-brake.ts'
import { changeSabotages } from './sabotages-changes.ts'
import { hostileSabotages } from './sabotages-hostile.ts'
import { peopleSabotages } from './sabotages-people.ts'
import { permissionSetSabotages } from './sabotages-permission-sets.ts'
import { proofSabotages } from './sabotages-proofs.ts'
import { requestSabotages } from './sabotages-requests.ts'
import { selectorSabotages } from './sabotages-selectors.ts'
import { takeOverSabotages } from './sabotages-take-over.ts'
import { unreadableSabotages } from './sabotages-unreadable.ts'
import type { Profile } from './simulate.ts'

/** One deliberate defect: `find` stands exactly once in `file`, token by token, and is replaced. */
export type Sabotage = {
  readonly name: string
  /** The kind of lives that it is looked for in; default: all. */
  readonly profile?: Profile
  /** It counts as found only by one of these. */
  readonly breaks: readonly (keyof typeof promises)[]
  readonly file: string
  readonly find: string
  readonly replace: string
  /** A sweep heals it within five minutes: it is looked for without one. */
  readonly isHealedBySweep?: boolean
}

/** Defects that the simulation must find, or it proves nothing. */
export const sabotages: readonly Sabotage[] = [
  {
    name: 'the ledger is written after the call',
    breaks: ['record'],
    file: 'shared/reconcile/assignments/perform.ts',
    find: '  const answer = (await context.requests.make(kind, target, patience, send)) ?? noSlot\n',
    replace:
      "  const isNew = kind === 'creation'\n  const { entry } = settling\n  if (isNew && settling.stored) await context.standings.ledger.remove(settling.stored)\n  const answer = (await context.requests.make(kind, target, patience, send)) ?? noSlot\n  if (isNew && entry) settling.stored = await context.standings.ledger.write(settling.key, entry, undefined)\n",
  },
  {
    name: 'FAILED is taken for success',
    breaks: ['convergence'],
    file: 'shared/reconcile/calls/assignment-requests.ts',
    find: "if (request?.state === 'SUCCEEDED') return",
    replace: "if (request?.state === 'SUCCEEDED' || (Math.abs(1) === 1 && request?.state === 'FAILED')) return",
  },
  {
    name: 'hints are deduplicated by their content',
    breaks: ['convergence'],
    file: 'shared/reconcile/records/lanes.ts',
    find: 'deduplicationId: deduplicationId(event.id, body)',
    replace: "deduplicationId: deduplicationId('', body)",
  },
  {
    name: 'wakes have a constant deduplication id',
    breaks: ['convergence'],
    file: 'shared/reconcile/records/lanes.ts',
    find: "groupId: 'dispatcher', deduplicationId: randomness.id()",
    replace: "groupId: 'dispatcher', deduplicationId: randomness.id().slice(0, 0) + 'wake'",
  },
  {
    name: 'the dispatcher is woken before the hints are sent',
    breaks: ['convergence'],
    file: 'shared/reconcile/records/lanes.ts',
    find: '    if (messages.length > 0) await queues.send(lane, messages)\n  }\n  if (event.hints.length > 0) await wakeDispatcher(queues, randomness)\n',
    replace:
      '    if (messages.length > 0) await wakeDispatcher(queues, randomness)\n    if (messages.length > 0) await queues.send(lane, messages)\n  }\n',
  },
  {
    name: 'the first error ends the batch silently',
    isHealedBySweep: true,
    breaks: ['convergence', 'status'],
    file: 'handlers/run-batch.ts',
    find: '  if (queue === ',
    replace:
      '  try {\n    for (const record of event.Records) await work(record)\n    return { batchItemFailures: [] }\n  } catch {\n    return { batchItemFailures: [] }\n  }\n  if (queue === ',
  },
  {
    name: 'the overlap of links is not checked before a revoke',
    // The links of its principal are looked at once more, so it goes round in circles instead.
    breaks: ['foreign', 'convergence'],
    file: 'shared/reconcile/assignments/gather.ts',
    find: '  if (found.length === 0) return',
    replace: '  if (found.length === 0 || found.length < (settling.stored?.entry.links.length ?? 0)) return',
  },
  {
    name: 'the place of an account in the view is trusted for a revoke',
    breaks: ['foreign'],
    file: 'shared/reconcile/assignments/decide.ts',
    find: "wish.isLive ? retire(facts, entry) : { do: 'look at the live account' }",
    replace: 'retire(facts, entry)',
  },
  {
    name: 'any error while reading a link is taken for its absence',
    breaks: ['foreign'],
    file: 'shared/reconcile/records/read-link.ts',
    find: 'await readInput(objects, key, { mostBytes: linkBodyMostBytes })',
    replace: 'await readInput(objects, key, { mostBytes: linkBodyMostBytes }).catch(() => undefined)',
  },
  {
    name: 'absence from the list of requests in progress is taken for success',
    breaks: ['convergence', 'record'],
    file: 'shared/reconcile/calls/assignment-requests.ts',
    find: '    return [...failed, ...unseen.filter((id) => !inProgress.has(id))]\n',
    replace:
      "    for (const id of unseen) if (!inProgress.has(id)) this.#end(id, { outcome: 'SUCCEEDED' })\n    return failed\n",
  },
  {
    name: 'whatever is listed as over is taken for success',
    breaks: ['convergence', 'record'],
    file: 'shared/reconcile/calls/assignment-requests.ts',
    find: "if (state === 'SUCCEEDED') this.#end(",
    replace: "if (state === 'SUCCEEDED' || (Math.abs(1) === 1 && state === 'FAILED')) this.#end(",
  },
  {
    name: 'access that was there before is taken for ours',
    breaks: ['foreign'],
    file: 'shared/reconcile/assignments/decide.ts',
    find: '  return listing.isListed ? disown(facts, links)',
    replace: '  return Math.abs(1) === 2 && listing.isListed ? disown(facts, links)',
  },
  {
    name: 'a link is granted although its deletion came before the ledger entry',
    isHealedBySweep: true,
    breaks: ['convergence'],
    file: 'shared/reconcile/assignments/perform.ts',
    find: '    evaluateAssignment(assignment, { ...context, readings, place, among }),\n',
    replace: '    wish,\n',
  },
  {
    name: 'nothing in progress is looked for on start',
    breaks: ['quotas'],
    file: 'shared/reconcile/dispatcher/slice.ts',
    find: '      await this.#requests.recover()\n',
    replace: '',
  },
  {
    name: 'the lease is not asked for',
    breaks: ['quotas'],
    file: 'shared/reconcile/dispatcher/lease.ts',
    find: 'if (current && ',
    replace: 'if (Math.abs(1) === 2 && current && ',
  },
  {
    name: 'a dispatcher starts things after its lease ran out',
    breaks: ['quotas', 'record', 'foreign'],
    file: 'shared/reconcile/dispatcher/lease.ts',
    find: '  mayStart(): boolean {',
    replace: '  mayStart(): boolean {\n    if (Math.abs(1) === 1) return true',
  },
  {
    name: 'a hint that could not be evaluated is deleted',
    isHealedBySweep: true,
    breaks: ['convergence', 'status'],
    file: 'shared/reconcile/dispatcher/hint-work.ts',
    find: '      await scheduleWork(objects, at, subjectKey(hint))\n',
    replace: '',
  },
  {
    name: 'what could not be finished gets no twin under state/open',
    isHealedBySweep: true,
    breaks: ['convergence', 'status'],
    file: 'shared/reconcile/assignments/perform.ts',
    find: "  settling.know({ rest: { result: 'open', reason } })\n",
    replace:
      "  if (openUntil !== undefined) await objects.delete('state/open/' + openUntil + '%' + key)\n  settling.know({ rest: { result: 'open', reason } })\n",
  },
  {
    name: 'statuses are written without a condition',
    isHealedBySweep: true,
    breaks: ['status'],
    file: 'shared/reconcile/records/status-store.ts',
    find: 'new JsonRecord(this.#objects, ',
    replace:
      "new JsonRecord(new Proxy(this.#objects, { get: (target, name) => (name === 'put' ? (key: string, body: string | Uint8Array) => target.put(key, body) : Reflect.get(target, name).bind(target)) }), ",
  },
  {
    name: 'only the first cause of an evaluation is told',
    isHealedBySweep: true,
    breaks: ['status'],
    file: 'shared/reconcile/dispatcher/hint-work.ts',
    find: 'this.board.touch(items.map(',
    replace: 'this.board.touch(items.slice(0, 1).map(',
  },
  {
    name: 'sixteen calls more than allowed leave in a second',
    breaks: ['quotas'],
    file: 'shared/reconcile/calls/rate-limiter.ts',
    find: 'this.#most = Math.max(1, Math.floor(perSecond))',
    replace: 'this.#most = Math.max(1, Math.floor(perSecond) + 16)',
  },
  {
    name: 'one assignment request more than allowed is outstanding',
    breaks: ['quotas'],
    file: 'shared/reconcile/calls/request-slots.ts',
    find: '< this.#most',
    replace: '<= this.#most',
  },
  {
    name: 'what was read of the links is believed for as long as a call waits for its slot',
    breaks: ['foreign'],
    file: 'shared/reconcile/assignments/perform.ts',
    find: 'ms: believedMs,',
    replace: 'ms: Number.isFinite(believedMs) ? patienceMs : 0,',
  },
  {
    name: 'links that wait are not woken when their permission set appears',
    isHealedBySweep: true,
    breaks: ['convergence', 'status'],
    file: 'shared/reconcile/permission-sets/permission-set-work.ts',
    find: `        await this.#wakeAllLinksOf(woken)
        areWoken = true
      },
    })
    await tell(status)
    if (status?.state !== 'held') await context.brake.reviewContents(name)
    if (exists && !areWoken) await this.#wakeWaitingLinksOf(name)
`,
    replace: `        areWoken = true
      },
    })
    await tell(status)
    if (status?.state !== 'held') await context.brake.reviewContents(name)
`,
  },
  {
    name: 'a deletion that FAILED ends the entry',
    breaks: ['record'],
    file: 'shared/domain/assignments/access-changes.ts',
    find: "  if (call.kind === 'deletion') return { ...access, call }\n",
    replace:
      "  if (call.kind === 'deletion')\n    return { ...access, call: call.outcome === 'FAILED' ? { ...call, outcome: 'SUCCEEDED' } : call }\n",
  },
  {
    name: 'expiry is ignored',
    breaks: ['convergence'],
    file: 'shared/domain/links/link-body.ts',
    find: "if (expiresAt !== undefined && at >= expiresAt) return 'expired'",
    replace: '',
  },
  {
    name: 'a revocation is carried out because its hint is in the lane of revocations',
    breaks: ['foreign'],
    file: 'shared/reconcile/dispatcher/hint-work.ts',
    find: '    const { account: accountId, permissionSet, type } = hint\n    if (hint',
    replace:
      "    const real = context.objects\n    const read: typeof real.get = async (key, options) =>\n      key.startsWith(linkPrefix) ? undefined : await real.get(key, options)\n    const objects = new Proxy(real, {\n      get: (target, name) => (name === 'get' ? read : Reflect.get(target, name).bind(target)),\n    })\n    const links = new Proxy(context.links, {\n      get: (target, name) => (name === 'look' ? async () => undefined : Reflect.get(target, name).bind(target)),\n    })\n    context = item.lane === 'work-urgent' ? { ...context, objects, links } : context\n    const { account: accountId, permissionSet, type } = hint\n    if (hint",
  },
  {
    name: 'an incomplete listing of the organization is trusted',
    breaks: ['convergence', 'status'],
    file: 'shared/reconcile/organization/list-all-accounts.ts',
    find: `  for await (const account of listAll((nextToken) => organizations.listAccounts(nextToken)))
    byId.set(account.id, account)
  const managementAccountId = await organizations.managementAccountId()
  if (!byId.has(managementAccountId)) {`,
    replace: `  try {
    for await (const account of listAll((nextToken) => organizations.listAccounts(nextToken)))
      byId.set(account.id, account)
  } catch {}
  const managementAccountId = await organizations.managementAccountId()
  if (Math.abs(1) === 1) return { managementAccountId, accounts: [...byId.values()] }
  if (!byId.has(managementAccountId)) {`,
  },
  {
    name: 'an account that cannot be read is taken for one that is gone',
    breaks: ['foreign'],
    file: 'shared/reconcile/organization/organization-cache.ts',
    find: 'await this.#organizations.describeAccount(accountId)',
    replace: 'await this.#organizations.describeAccount(accountId).catch(() => undefined)',
  },
  {
    name: 'what is there is ours because an entry is',
    breaks: ['foreign'],
    file: 'shared/domain/assignments/access-proof.ts',
    find: '  return claims(access) || mayAppearUntil(access) !== undefined\n',
    replace: '  return Math.abs(1) === 1 || claims(access) || mayAppearUntil(access) !== undefined\n',
  },
  {
    name: 'a creation that was never answered is forgotten at once',
    breaks: ['record'],
    file: 'shared/reconcile/assignments/decide.ts',
    find: "(listing === undefined ? learn('listing') : waitForListing())",
    replace: "(listing === undefined ? learn('listing') : { do: 'forget', as: 'revoked' })",
  },
  {
    name: 'access in accounts that close is kept',
    breaks: ['convergence'],
    file: 'shared/domain/scopes/expand-scope.ts',
    find: "  if (account.state !== 'ACTIVE') return false",
    replace: "  if (account.state !== 'ACTIVE' && account.state !== 'PENDING_CLOSURE') return false",
  },
  {
    name: 'a status is told from what was read before the last write',
    isHealedBySweep: true,
    breaks: ['status'],
    file: 'shared/reconcile/records/ledger.ts',
    find: 'if (this.#changes.get(key) === changes) this.#onKnown',
    replace: 'this.#onKnown',
  },
  ...permissionSetSabotages,
  ...brakeSabotages,
  ...changeSabotages,
  ...unreadableSabotages,
  ...proofSabotages,
  ...hostileSabotages,
  ...takeOverSabotages,
  ...selectorSabotages,
  ...requestSabotages,
  ...peopleSabotages,
]
