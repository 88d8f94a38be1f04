import type { Sabotage } from './sabotages.ts'

/** Defects in time, the directory, the drift check and the organization. */
export const changeSabotages: readonly Sabotage[] = [
  {
    name: 'expiry is compared as text',
    breaks: ['convergence'],
    file: 'shared/domain/links/link-body.ts',
    find: 'new Date(text)',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: code to be put in
    replace: 'new Date(`${text.slice(0, 19)}Z`)',
  },
  {
    name: 'what is due is judged by the local clock',
    profile: 'skew',
    breaks: ['convergence'],
    file: 'shared/reconcile/records/expiry-index.ts',
    find: '  let followed = 0\n',
    replace:
      "  let followed = 0\n  const real = ports.objects\n  const { clock } = Object(ports)\n  const head = async (key: string) => {\n    const found = await real.head(key)\n    return found && { ...found, servedAt: clock.now() }\n  }\n  const get = (target: typeof real, name: string | symbol) => (name === 'head' ? head : Reflect.get(target, name).bind(target))\n  ports = { ...ports, objects: new Proxy(real, { get }) }\n",
  },
  {
    name: 'the index of instants is emptied before the looks are sent',
    isHealedBySweep: true,
    breaks: ['convergence', 'status'],
    file: 'shared/reconcile/records/expiry-index.ts',
    find: '    await sendInputs(ports, [',
    replace:
      '    for (const { object, etag } of due) await ports.objects.delete(object, { ifMatch: etag })\n    await sendInputs(ports, [',
  },
  {
    name: 'the id is looked up by name when revoking',
    breaks: ['foreign', 'convergence', 'record'],
    file: 'shared/reconcile/assignments/perform.ts',
    find: '  const send = () => sendAssignmentCall(kind, target, context)\n',
    replace:
      "  const { type, principal } = settling.assignment\n  const named = kind === 'deletion' ? await context.principals.resolve(type, principal, context.pulledMs) : undefined\n  const send = () => sendAssignmentCall(kind, { ...target, principalId: named ?? target.principalId }, context)\n",
  },
  {
    name: 'links are looked for by the name that the entry has, not by the present one',
    breaks: ['foreign', 'convergence'],
    file: 'shared/reconcile/assignments/settling.ts',
    find: "this.whereabouts === 'gone' ? this.entry?.principal : this.whereabouts.name",
    replace: "this.entry?.principal ?? (this.whereabouts === 'gone' ? undefined : this.whereabouts.name)",
  },
  {
    name: 'the grace of a principal that is gone is ignored',
    breaks: ['foreign'],
    file: 'shared/reconcile/assignments/decide.ts',
    find: 'if (until && facts.now >= until)',
    replace: 'if (facts.isPrincipalGone)',
  },
  {
    name: 'the grace of a principal that is gone never ends',
    breaks: ['convergence'],
    file: 'shared/reconcile/assignments/decide.ts',
    find: '  return new Date((orphanedAt === undefined ? now.getTime() : Date.parse(orphanedAt)) + graceMs)\n',
    replace: '  return new Date(now.getTime() + graceMs)\n',
  },
  {
    name: 'a link of many accounts is said to wait, although it is applied',
    breaks: ['status'],
    file: 'shared/domain/links/describe-link.ts',
    find: "  if (inForce.some(({ state }) => state === 'granted')) return { ...base, state: 'applied' }",
    replace:
      "  if (link.scope.kind !== 'account') return { ...base, state: 'waiting', reason: 'it waits', remedy: 'wait' }\n  if (inForce.some(({ state }) => state === 'granted')) return { ...base, state: 'applied' }",
  },
  {
    name: 'that a link waits no more is not noted',
    isHealedBySweep: true,
    breaks: ['status'],
    file: 'shared/reconcile/dispatcher/hint-work.ts',
    find: '    if (settlement.lacks) this.board.noteLacks',
    replace: "    if (settlement.lacks && settlement.result === 'waiting') this.board.noteLacks",
  },
  {
    name: 'the user that a link is bound to is forgotten',
    breaks: ['convergence'],
    file: 'shared/reconcile/assignments/user-binding.ts',
    find: '  return isNew ? undefined : status.principalId\n',
    replace: '  return isNew || Math.abs(1) === 1 ? undefined : status.principalId\n',
  },
  {
    name: 'an upload of the same content binds a link again',
    breaks: ['convergence', 'status', 'foreign'],
    file: 'shared/domain/links/upload.ts',
    find: '  return isSameContent && !asksAnew(known, found)\n',
    replace:
      '  const msOf = (one: Upload | undefined) => new Date(String(Object(one).lastModified)).getTime()\n  return isSameContent && !asksAnew(known, found) && msOf(known) === msOf(found)\n',
  },
  {
    name: 'that a link shall count as new is not heard',
    breaks: ['convergence', 'status'],
    file: 'shared/domain/links/upload.ts',
    find: '  return found?.rebind !== undefined && ',
    replace: '  return Math.abs(1) === 2 && found?.rebind !== undefined && ',
  },
  {
    name: 'a drift check believes its listing of what is missing',
    breaks: ['record', 'convergence', 'status'],
    file: 'shared/reconcile/drift/compare-assignments.ts',
    find: "  if (proof !== 'gone') {\n",
    replace: '  if (listing.isListed || proof === undefined) {\n',
  },
  {
    name: 'a drift check believes its listing of what is foreign',
    breaks: ['foreign', 'convergence'],
    file: 'shared/reconcile/drift/compare-assignments.ts',
    find: '  if (!(await isListed(ssoAdmin, target)) || (await isInLedger(key, context))) return\n',
    replace: '',
  },
  {
    name: 'a listing that lacks an account which exists is trusted',
    breaks: ['convergence', 'status'],
    file: 'shared/reconcile/organization/list-all-accounts.ts',
    find: 'const soughtMost = 20',
    replace: 'const soughtMost = 0',
  },
  {
    name: 'an older view of the organization wins',
    breaks: ['convergence', 'status'],
    file: 'shared/reconcile/organization/organization-cache.ts',
    find: '      if (stored.view) accounts = await this.#settle(accounts, stored.view.accounts)\n',
    replace: '',
  },
  {
    name: 'an account is gone with the first listing that lacks it',
    breaks: ['record'],
    file: 'shared/reconcile/organization/missing-accounts.ts',
    find: '>= apartMs',
    replace: '>= 0',
  },
  {
    name: 'what Identity Center refuses in passing is repeated without looking again',
    breaks: ['foreign'],
    file: 'shared/reconcile/assignments/perform.ts',
    find: '      await undo(settling, prepared)\n      return pause(settling, answer.reason)\n',
    replace:
      "      if (context.mayStart() && ++settling.refusals < 40) {\n        await context.clock.sleep(10_000, context.ending)\n        settling.prepared = prepared\n        return call(settling, { do: 'call', kind })\n      }\n      await undo(settling, prepared)\n      return pause(settling, answer.reason)\n",
  },
  {
    name: 'an event is in history only, and not under its date',
    breaks: ['record'],
    file: 'shared/reconcile/records/tell-event.ts',
    find: '  await objects.put(renderChangeKey({ event: named, at, name }), new Uint8Array(), once, metadata)\n',
    replace: '',
  },
  {
    name: 'foreign access that is found leaves no trace',
    breaks: ['record'],
    file: 'shared/reconcile/records/foreign-assignments.ts',
    find: "  await tellForeign(objects, { ...told, event: 'foreign-found' }, found)\n",
    replace: '',
  },
  {
    name: 'nothing is revoked after an event of the organization',
    isHealedBySweep: true,
    breaks: ['convergence'],
    file: 'shared/reconcile/organization/follow-organization-events.ts',
    find: '  await sendHints(ports, { id, hints: revocations, revocation: true }, configuration)\n',
    replace: '',
  },
]
