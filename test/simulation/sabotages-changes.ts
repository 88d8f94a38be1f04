import type { Sabotage } from './sabotages.ts'

/** Defects in time, the directory, the drift check and the organization. */
export const changeSabotages: readonly Sabotage[] = [
  {
    name: 'expiry is compared as text',
    breaks: ['convergence'],
    file: 'shared/domain/link-body.ts',
    find: 'new Date(said.data.expiresAt)',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: code to be put in
    replace: 'new Date(`${said.data.expiresAt.slice(0, 19)}Z`)',
  },
  {
    name: 'what is due is judged by the local clock',
    breaks: ['convergence'],
    file: 'shared/reconcile/expiry-index.ts',
    find: '  let followed = 0\n',
    replace:
      "  let followed = 0\n  const { clock, objects: real } = ports\n  const head = async (key) => {\n    const found = await real.head(key)\n    return found && { ...found, servedAt: clock.now() }\n  }\n  const get = (target, name) => (name === 'head' ? head : Reflect.get(target, name).bind(target))\n  ports = { ...ports, objects: new Proxy(real, { get }) }\n",
  },
  {
    name: 'the index of instants is emptied before the looks are sent',
    breaks: ['convergence', 'status'],
    file: 'shared/reconcile/expiry-index.ts',
    find: '    await sendInputs(ports, [',
    replace:
      '    for (const { object, etag } of due) await ports.objects.delete(object, { ifMatch: etag })\n    await sendInputs(ports, [',
  },
  {
    name: 'the id is looked up by name when revoking',
    breaks: ['foreign', 'convergence', 'record'],
    file: 'shared/reconcile/ledger-transitions.ts',
    find: '  const result = await callAssignment({ kind, target: targetOf(subject, before) }, context, answer)',
    replace:
      "  const target = targetOf(subject, before)\n  const { type, principal } = subject.assignment\n  const named = kind === 'deletion' ? await context.principals.resolve(type, principal, context.pulledMs) : undefined\n  const result = await callAssignment({ kind, target: { ...target, principalId: named ?? target.principalId } }, context, answer)",
  },
  {
    name: 'links that name a principal by its present name are not looked for',
    breaks: ['foreign'],
    file: 'shared/reconcile/revoke-assignment.ts',
    find: '  const heir = await findHeir(subject, stored)\n',
    replace: '  const heir = Math.abs(1) === 2 ? await findHeir(subject, stored) : undefined\n',
  },
  {
    name: 'former access is dropped from the entry',
    breaks: ['record'],
    file: 'shared/reconcile/grant-assignment.ts',
    find: '      ...formerOf(others),\n',
    replace: '',
  },
  {
    name: 'former access is revoked before the new grant is confirmed',
    breaks: ['foreign'],
    file: 'shared/reconcile/grant-assignment.ts',
    find: "  const { result, entry: called } = await makeCall(subject, stored, 'creation')",
    replace:
      "  await revokeFormer(subject, account)\n  const { result, entry: called } = await makeCall(subject, stored, 'creation')",
  },
  {
    name: 'the grace of a principal that is gone is ignored',
    breaks: ['foreign'],
    file: 'shared/reconcile/wait-for-principal.ts',
    find: '  if (now >= until) {',
    replace: '  if (Math.abs(1) === 1 || now >= until) {',
  },
  {
    name: 'the grace of a principal that is gone never ends',
    breaks: ['convergence'],
    file: 'shared/reconcile/wait-for-principal.ts',
    find: '  if (now >= until) {',
    replace: '  if (Math.abs(1) === 2 && now >= until) {',
  },
  {
    name: 'a link of many accounts is said to wait, although it is applied',
    breaks: ['status'],
    file: 'shared/reconcile/assess-link.ts',
    find: "  return isForeign\n    ? {\n        ...base,\n        state: 'applied',",
    replace:
      "  if (link.scope.kind !== 'account') return { ...base, state: 'waiting', reason: 'it waits', remedy: 'wait' }\n  return isForeign\n    ? {\n        ...base,\n        state: 'applied',",
  },
  {
    name: 'that a link waits no more is not noted',
    breaks: ['status'],
    file: 'shared/reconcile/hint-work.ts',
    find: '    if (settlement.lacks) this.#board.noteLacks',
    replace: "    if (settlement.lacks && settlement.result === 'waiting') this.#board.noteLacks",
  },
  {
    name: 'the user that a link is bound to is forgotten',
    breaks: ['convergence'],
    file: 'shared/reconcile/user-binding.ts',
    find: "  return type === 'USER' && status?.lastModified === lastModified ? status.principalId : undefined",
    replace: '  return undefined',
  },
  {
    name: 'a drift check believes its listing of what is missing',
    breaks: ['record'],
    file: 'shared/reconcile/compare-assignments.ts',
    find: '  if (await isAssigned(ssoAdmin, target)) return\n',
    replace: '',
  },
  {
    name: 'a drift check believes its listing of what is foreign',
    breaks: ['foreign'],
    file: 'shared/reconcile/compare-assignments.ts',
    find: '  if (!(await isAssigned(ssoAdmin, target)) || (await isInLedger(key, target, context))) return\n',
    replace: '',
  },
  {
    name: 'what is missing is marked without a condition',
    breaks: ['record', 'convergence', 'status'],
    file: 'shared/reconcile/compare-assignments.ts',
    find: '        stored,\n      )\n',
    replace: '        await standings.ledger.read(key),\n      )\n',
  },
  {
    name: 'a part of a drift check is closed before its hints are sent',
    breaks: ['convergence', 'status'],
    file: 'shared/reconcile/check-drift.ts',
    find: '    await sendHints(this.#context, { id: event, hints: [...units, ...hints], revocation: false }, configuration)',
    replace:
      '    await closeUnit(objects, hint, { checked: 0, missing: 0, foreign: 0, gone: 0, calls: 0 }, units.map(({ unit }) => unit))\n    await sendHints(this.#context, { id: event, hints: [...units, ...hints], revocation: false }, configuration)',
  },
  {
    name: 'a listing that lacks an account which exists is trusted',
    breaks: ['convergence', 'status'],
    file: 'shared/reconcile/list-all-accounts.ts',
    find: 'const soughtMost = 20',
    replace: 'const soughtMost = 0',
  },
  {
    name: 'an older view of the organization wins',
    breaks: ['convergence', 'status'],
    file: 'shared/reconcile/organization-cache.ts',
    find: '      if (stored.view) accounts = await this.#settle(accounts, stored.view.accounts)\n',
    replace: '',
  },
  {
    name: 'an account is gone with the first listing that lacks it',
    breaks: ['record'],
    file: 'shared/reconcile/missing-accounts.ts',
    find: '>= apartMs',
    replace: '>= 0',
  },
  {
    name: 'an account that is gone is not looked for once more',
    breaks: ['record'],
    file: 'shared/reconcile/revoke-assignment.ts',
    find: '  return (await context.organization.readLive(assignment.accountId)) === undefined',
    replace: '  return true',
  },
  {
    name: 'what Identity Center refuses in passing is repeated without looking again',
    breaks: ['foreign'],
    file: 'shared/reconcile/call-assignment.ts',
    find: "    if (!sent && context.mayStart()) return { outcome: 'refused', reason }\n",
    replace: '',
  },
  {
    name: 'nothing is revoked after an event of the organization',
    breaks: ['convergence'],
    file: 'shared/reconcile/follow-organization-events.ts',
    find: '  await sendHints(ports, { id, hints: revocations, revocation: true }, configuration)\n',
    replace: '',
  },
]
