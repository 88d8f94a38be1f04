import type { promises } from './checker.ts'
import { brakeSabotages } from './sabotages-brake.ts'
import { changeSabotages } from './sabotages-changes.ts'
import { permissionSetSabotages } from './sabotages-permission-sets.ts'
import { unreadableSabotages } from './sabotages-unreadable.ts'

/** One deliberate defect: `find` stands exactly once in `file` and is replaced. */
export type Sabotage = {
  readonly name: string
  /** It counts as found only by one of these. */
  readonly breaks: readonly (keyof typeof promises)[]
  readonly file: string
  readonly find: string
  readonly replace: string
}

/** Defects that the simulation must find, or it proves nothing. */
export const sabotages: readonly Sabotage[] = [
  {
    name: 'the ledger is written after the call',
    breaks: ['record'],
    file: 'shared/reconcile/ledger-transitions.ts',
    find: '  const result = await callAssignment({ kind, target: targetOf(subject, before) }, context, answer)',
    replace:
      "  if (kind === 'creation') await subject.context.standings.ledger.remove(before)\n  const result = await callAssignment({ kind, target: targetOf(subject, before) }, context, async () => {})\n  if (kind === 'creation') entry = await subject.context.standings.ledger.write(before.key, before.entry, undefined)",
  },
  {
    name: 'FAILED is taken for success',
    breaks: ['convergence'],
    file: 'shared/reconcile/call-assignment.ts',
    find: "    if (request?.state === 'FAILED')",
    replace:
      "    if (request?.state === 'FAILED') return { outcome: 'confirmed' }\n    if (request?.state === 'FAILED')",
  },
  {
    name: 'hints are deduplicated by their content',
    breaks: ['convergence'],
    file: 'shared/reconcile/lanes.ts',
    find: 'deduplicationId: deduplicationId(event.id, body)',
    replace: "deduplicationId: deduplicationId('', body)",
  },
  {
    name: 'wakes have a constant deduplication id',
    breaks: ['convergence'],
    file: 'shared/reconcile/lanes.ts',
    find: "groupId: 'dispatcher', deduplicationId: randomness.id()",
    replace: "groupId: 'dispatcher', deduplicationId: randomness.id().slice(0, 0) + 'wake'",
  },
  {
    name: 'the dispatcher is woken before the hints are sent',
    breaks: ['convergence'],
    file: 'shared/reconcile/lanes.ts',
    find: '    if (messages.length > 0) await queues.send(lane, messages)\n  }\n  if (event.hints.length > 0) await wakeDispatcher(queues, randomness)\n',
    replace:
      '    if (messages.length > 0) await wakeDispatcher(queues, randomness)\n    if (messages.length > 0) await queues.send(lane, messages)\n  }\n',
  },
  {
    name: 'the first error ends the batch silently',
    breaks: ['convergence', 'status'],
    file: 'handlers/run-batch.ts',
    find: '  if (queue === ',
    replace:
      '  try {\n    for (const record of event.Records) await work(record)\n    return { batchItemFailures: [] }\n  } catch {\n    return { batchItemFailures: [] }\n  }\n  if (queue === ',
  },
  {
    name: 'the overlap of links is not checked before a revoke',
    breaks: ['foreign'],
    file: 'shared/reconcile/settle-assignment.ts',
    find: '  if (evaluation.links.length > 0) return grant(subject, stored, evaluation)',
    replace:
      '  if (evaluation.links.length > 0 && (!stored || evaluation.links.length === stored.entry.links.length)) return grant(subject, stored, evaluation)\n  if (stored && evaluation.links.length > 0) return revokePresent(subject, stored, evaluation.account)',
  },
  {
    name: 'the place of an account in the view is trusted for a revoke',
    breaks: ['foreign'],
    file: 'shared/reconcile/settle-assignment.ts',
    find: "place: 'live' })",
    replace: "place: 'view' })",
  },
  {
    name: 'any error while reading a link is taken for its absence',
    breaks: ['foreign'],
    file: 'shared/reconcile/read-link.ts',
    find: 'await objects.get(key, { mostBytes: linkBodyMostBytes })',
    replace: 'await objects.get(key, { mostBytes: linkBodyMostBytes }).catch(() => undefined)',
  },
  {
    name: 'absence from the list of requests in progress is taken for success',
    breaks: ['convergence', 'record'],
    file: 'shared/reconcile/call-assignment.ts',
    find: 'if (assigned === (kind === ',
    replace: "if (Math.abs(1) === 1) return { outcome: 'confirmed' }\n    if (assigned === (kind === ",
  },
  {
    name: 'access that was there before is taken for ours',
    breaks: ['foreign'],
    file: 'shared/reconcile/grant-assignment.ts',
    find: '  if (!(await isAssigned(context.ssoAdmin, target))) {',
    replace: '  if (Math.abs(1) === 1 || !(await isAssigned(context.ssoAdmin, target))) {',
  },
  {
    name: 'a link is granted although its deletion came before the ledger entry',
    breaks: ['convergence'],
    file: 'shared/reconcile/grant-assignment.ts',
    find: '    findLasting(subject, links),\n    bearsName',
    replace: '    links,\n    bearsName',
  },
  {
    name: 'nothing in progress is looked for on start',
    breaks: ['quotas'],
    file: 'shared/reconcile/slice.ts',
    find: '      await this.#requests.recover()\n',
    replace: '',
  },
  {
    name: 'the lease is not asked for',
    breaks: ['quotas'],
    file: 'shared/reconcile/lease.ts',
    find: 'if (current && ',
    replace: 'if (Math.abs(1) === 2 && current && ',
  },
  {
    name: 'a dispatcher starts things after its lease ran out',
    breaks: ['quotas', 'record', 'foreign'],
    file: 'shared/reconcile/lease.ts',
    find: '  mayStart(): boolean {',
    replace: '  mayStart(): boolean {\n    if (Math.abs(1) === 1) return true',
  },
  {
    name: 'a hint that could not be evaluated is deleted',
    breaks: ['convergence', 'status'],
    file: 'shared/reconcile/hint-work.ts',
    find: '      await objects.put(openWorkKey(at, subjectKey(hint)), new Uint8Array())\n',
    replace: '',
  },
  {
    name: 'what could not be finished gets no twin under state/open',
    breaks: ['convergence', 'status'],
    file: 'shared/reconcile/ledger-transitions.ts',
    find: 'if (openUntil !== undefined) await context.objects.put(openWorkKey(openUntil, key), new Uint8Array())',
    replace: '',
  },
  {
    name: 'statuses are written without a condition',
    breaks: ['status'],
    file: 'shared/reconcile/status-store.ts',
    find: 'renderJson(next), condition)',
    replace: 'renderJson(next))',
  },
  {
    name: 'only the first cause of an evaluation is told',
    breaks: ['status'],
    file: 'shared/reconcile/hint-work.ts',
    find: 'this.#board.touch(items.map(',
    replace: 'this.#board.touch(items.slice(0, 1).map(',
  },
  {
    name: 'sixteen calls more than allowed leave in a second',
    breaks: ['quotas'],
    file: 'shared/reconcile/rate-limiter.ts',
    find: 'this.#most = Math.max(1, Math.floor(perSecond))',
    replace: 'this.#most = Math.max(1, Math.floor(perSecond) + 16)',
  },
  {
    name: 'one assignment request more than allowed is outstanding',
    breaks: ['quotas'],
    file: 'shared/reconcile/slice.ts',
    find: 'limits.outstanding - this.#assignmentsRunning',
    replace: 'limits.outstanding + 1 - this.#assignmentsRunning',
  },
  {
    name: 'links that wait are not woken when their permission set appears',
    breaks: ['convergence', 'status'],
    file: 'shared/reconcile/permission-set-work.ts',
    find: '    if (exists) await this.#wakeWaitingLinksOf(name, context)\n',
    replace: '',
  },
  {
    name: 'a deletion whose answer is "missing" ends the entry without reading back',
    breaks: ['record'],
    file: 'shared/reconcile/revoke-assignment.ts',
    find: "  const { result, entry } = await makeCall(subject, revoking, 'deletion')",
    replace:
      "  const { result: answered, entry } = await makeCall(subject, revoking, 'deletion')\n  const result = answered.outcome === 'failed' ? ({ outcome: 'confirmed' } as const) : answered",
  },
  {
    name: 'expiry is ignored',
    breaks: ['convergence'],
    file: 'shared/domain/link-body.ts',
    find: "if (expiresAt !== undefined && at >= expiresAt) return 'expired'",
    replace: '',
  },
  {
    name: 'a revocation is carried out because its hint is in the lane of revocations',
    breaks: ['foreign'],
    file: 'shared/reconcile/hint-work.ts',
    find: '    const settlement = await settleAssignment(renderAssignmentKey(assignment), assignment, context)',
    replace:
      "    const key = renderAssignmentKey(assignment)\n    const owned = item.lane === 'work-urgent' ? await context.standings.ledger.read(key) : undefined\n    const { revoke } = await import('./revoke-assignment.ts')\n    const settlement = owned ? await revoke({ key, assignment, context }, owned, undefined) : await settleAssignment(key, assignment, context)",
  },
  {
    name: 'an incomplete listing of the organization is trusted',
    breaks: ['convergence', 'status'],
    file: 'shared/reconcile/list-all-accounts.ts',
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
    file: 'shared/reconcile/organization-cache.ts',
    find: 'await this.#organizations.describeAccount(accountId)',
    replace: 'await this.#organizations.describeAccount(accountId).catch(() => undefined)',
  },
  {
    name: 'what is there is ours because an entry is',
    breaks: ['foreign'],
    file: 'shared/reconcile/ledger-transitions.ts',
    find: '  const { grantedAt, lastCreation, call } = entry\n',
    replace: '  if (Math.abs(1) === 1) return true\n  const { grantedAt, lastCreation, call } = entry\n',
  },
  {
    name: 'a creation that was never answered is forgotten at once',
    breaks: ['record'],
    file: 'shared/reconcile/ledger-transitions.ts',
    find: 'return calledAt !== undefined && clock.now()',
    replace: 'return Math.abs(1) === 2 && calledAt !== undefined && clock.now()',
  },
  {
    name: 'access in accounts that close is kept',
    breaks: ['convergence'],
    file: 'shared/domain/expand-scope.ts',
    find: "  if (account.state !== 'ACTIVE') return false",
    replace: "  if (account.state !== 'ACTIVE' && account.state !== 'PENDING_CLOSURE') return false",
  },
  {
    name: 'what is stuck stays so when its account takes changes again',
    breaks: ['convergence', 'status'],
    file: 'shared/reconcile/find-unfinished.ts',
    find: "if (state === 'stuck' && refuses(byId.get(assignment.accountId))) return",
    replace: "if (state === 'stuck') return",
  },
  {
    name: 'a status is told from what was read before the last write',
    breaks: ['status'],
    file: 'shared/reconcile/ledger.ts',
    find: 'if (this.#changes.get(key) === changes) this.#onKnown',
    replace: 'this.#onKnown',
  },
  ...permissionSetSabotages,
  ...brakeSabotages,
  ...changeSabotages,
  ...unreadableSabotages,
]
