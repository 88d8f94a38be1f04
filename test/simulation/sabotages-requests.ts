import type { Sabotage } from './sabotages.ts'

/** Defects in what is granted for a while. */
export const requestSabotages: readonly Sabotage[] = [
  {
    name: 'who asks may approve it',
    breaks: ['temporary'],
    profile: 'requests',
    file: 'shared/domain/requests/decide-request.ts',
    find: '  return given.filter(({ user }) => user !== path.userId)\n',
    replace: '  return path.userId ? given : []\n',
  },
  {
    name: 'an approval counts for whatever is uploaded later',
    breaks: ['temporary'],
    profile: 'requests',
    file: 'shared/reconcile/requests/request-digest.ts',
    find: "  const hash = createHash('sha256').update(upload).update('\\n').update(body)\n",
    replace: "  const hash = createHash('sha256').update(upload.slice(0, 0) + key).update(body.subarray(0, 0))\n",
  },
  {
    name: 'what is granted for a while has no end',
    breaks: ['temporary'],
    profile: 'requests',
    file: 'shared/domain/requests/decide-request.ts',
    find: '    expiresAt: renderInstant(new Date(from.getTime() + durationMs)),\n',
    replace: '    expiresAt: renderInstant(new Date(from.getTime() + 1_000 * durationMs)),\n',
  },
  {
    name: 'a denial that S3 does not give counts as none',
    breaks: ['temporary'],
    profile: 'requests',
    file: 'shared/domain/requests/decide-request.ts',
    find: '  if (by.length >= needed && !unread) return grant(facts, reading, eligibility, by)\n',
    replace: '  if (by.length >= needed) return grant(facts, reading, eligibility, by)\n',
  },
  {
    name: 'who has left the approvers still counts',
    breaks: ['temporary'],
    profile: 'requests',
    file: 'shared/domain/requests/decide-request.ts',
    find: "    return { do: 'read approvals', digest, eligibility: eligibility.name, besides: [] }\n",
    replace:
      "    return { do: 'read approvals', digest, eligibility: eligibility.name, besides: [...told.approvedBy] as PrincipalId[] }\n",
  },
  {
    name: 'a link in the place of a request counts as its own, whoever it is of',
    breaks: ['temporary'],
    profile: 'requests',
    file: 'shared/reconcile/requests/gather-request.ts',
    find: "  if (of.user !== userId) return { link: { found: 'of another user', user: of.user }, servedAt }\n",
    replace: "  if (of.user === '') return { link: { found: 'of another user', user: userId }, servedAt }\n",
  },
  {
    name: 'nobody misses a temporary link that was deleted',
    breaks: ['temporary'],
    profile: 'requests',
    file: 'shared/reconcile/requests/find-contradictions.ts',
    find: "stored.state !== 'expired') found.add(request)",
    replace: "stored.state === 'expired') found.add(request)",
  },
  {
    name: 'nobody looks at a temporary link that was put back',
    breaks: ['temporary'],
    profile: 'requests',
    file: 'shared/reconcile/requests/find-contradictions.ts',
    find: 'const isOld = head === undefined || ',
    replace: 'const isOld = head?.etag === key && ',
  },
]
