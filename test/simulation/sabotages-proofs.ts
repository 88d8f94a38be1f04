import type { Sabotage } from './sabotages.ts'

/** Defects in what proves what. */
export const proofSabotages: readonly Sabotage[] = [
  {
    name: 'a listing is believed against our own call at once',
    breaks: ['record', 'foreign', 'convergence'],
    file: 'shared/domain/assignments/access-proof.ts',
    find: 'Date.parse(last) + settlingMs',
    replace: 'Date.parse(last)',
  },
  {
    name: 'what a listing still shows after our own revocation is recorded as foreign',
    breaks: ['convergence', 'foreign'],
    file: 'shared/reconcile/assignments/decide.ts',
    find: '  if (mayStillBeListed(history)) return putOff(facts, { reason: settlingReason })\n',
    replace: '',
  },
  {
    name: 'an answer with HTTP 5xx counts as a refusal',
    breaks: ['record'],
    file: 'shared/reconcile/calls/send-assignment-call.ts',
    find: '    const proof = proofOf(error)\n',
    replace: "    const proof = Object(error).httpStatus >= 500 ? 'refused' : proofOf(error)\n",
  },
  {
    name: 'a code that nobody knows counts as a refusal',
    breaks: ['record'],
    file: 'shared/ports/service-error.ts',
    find: "  return httpStatus < 500 && refusals.has(code) ? 'refused' : 'unknown'\n",
    replace: "  return code === 'NoAnswer' ? 'unknown' : 'refused'\n",
  },
  {
    name: 'a deletion whose answer was lost is repeated without looking at the links again',
    breaks: ['foreign'],
    file: 'shared/reconcile/assignments/perform.ts',
    find: "    case 'unknown':\n      return pause(",
    replace:
      "    case 'unknown':\n      if (kind === 'deletion' && context.mayStart() && ++settling.refusals < 40) {\n        await context.clock.sleep(10_000, context.ending)\n        settling.prepared = prepared\n        return call(settling, { do: 'call', kind })\n      }\n      return pause(",
  },
  {
    name: 'a creation whose answer was lost counts as refused',
    breaks: ['record'],
    file: 'shared/reconcile/assignments/perform.ts',
    find: "    case 'unknown':\n      return pause(",
    replace: "    case 'unknown':\n      if (kind === 'creation') await undo(settling, prepared)\n      return pause(",
  },
  {
    name: 'a request without an outcome is not looked for',
    breaks: ['record', 'convergence', 'foreign'],
    file: 'shared/reconcile/assignments/gather.ts',
    find: '      if (call?.id === undefined) await requests.recover()\n      else requests.watch(call.kind, call.id, settling.target)\n',
    replace: '',
  },
]
