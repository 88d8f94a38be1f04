import { expect, test } from '@jest/globals'
import {
  finalEvents,
  parseRequestKey,
  type RequestDigest,
  requestDigest,
  scopeDigest,
} from '../../../../../shared/domain/files/access-request.ts'
import { parseEligibilityFile } from '../../../../../shared/domain/files/eligibility-file.ts'
import { accountId } from '../../../../../shared/domain/organization/account-id.ts'
import { principalId } from '../../../../../shared/domain/principals/identity-center-ids.ts'
import {
  type Approvals,
  decideRequest,
  type GivenDecision,
  isOver,
  type RequestFacts,
  type RequestReading,
  type RequestStep,
  type TemporaryLink,
  type UploadHistory,
} from '../../../../../shared/modules/requests/rules/decide-request.ts'
import { type GrantRecord, renderGrantedLink } from '../../../../../shared/modules/requests/rules/grant-record.ts'
import { isShallow, isWhole } from '../../../../depth.ts'
import { type Choose, lazily } from '../../../../every-choice.ts'
import { judgeEvery, type Rules, ruleOf } from '../../../../every-rule.ts'

const [maria, tom, ada] = [1, 2, 3].map((digit) =>
  principalId.parse(`${String(digit).repeat(8)}-1111-2222-3333-444444444444`),
) as [ReturnType<typeof principalId.parse>, ReturnType<typeof principalId.parse>, ReturnType<typeof principalId.parse>]
const [present, earlier] = ['a', 'b'].map((letter) => requestDigest.parse(letter.repeat(32))) as [
  RequestDigest,
  RequestDigest,
]
const empty = requestDigest.parse('c'.repeat(32))
const at = (minutes: number) => new Date(Date.parse('2026-11-22T10:00:00.000Z') + minutes * 60_000)
const textAt = (minutes: number) => at(minutes).toISOString()
// Each instant is made once: 200,000 facts name them.
const [shownAt, decidedAt, grantedAt] = [0, 1, 2].map(textAt) as [string, string, string]
const [starts, ends] = [[2, 10].map(textAt), [62, 4].map(textAt)]
const [now, recently, grantBegins] = [at(5), at(0), at(2)]
/** A request from this time has lapsed. */
const longAgo = at(-60 * 24 * 60)
const deletions = ['unread' as const, at(1), at(3)]

const key = `requests/${maria}/account%111122223333%Admin-ps%maria%USER%ssofile`
const read = parseRequestKey(key)
if (!read.ok) throw new Error(read.complaint.received)
/** Of one account, and of a scope that may grow. */
const path = read.value
const wideRead = parseRequestKey(key.replace('account%111122223333', 'ou_id%ou-acme-workload'))
if (!wideRead.ok) throw new Error(wideRead.complaint.received)
const paths = [path, wideRead.value]
const accountsOf = (letter: string, ...ids: string[]) => ({
  digest: scopeDigest.parse(letter.repeat(32)),
  accounts: ids.map((id) => accountId.parse(id)),
})
const few = accountsOf('1', '111122223333')
const many = accountsOf('2', '111122223333', '444455556666')

const eligibilityWith = (approvals: number) => {
  const document = {
    for: { users: ['maria'] },
    permissionSets: ['Admin-*'],
    scopes: ['root%all'],
    longest: 'PT8H',
    ...(approvals > 0 ? { approvers: { groups: ['security'] }, approvals } : { approvals: 0 }),
  }
  const parsed = parseEligibilityFile('eligibility/admins.json', new TextEncoder().encode(JSON.stringify(document)))
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.complaint))
  return parsed.value
}
const eligibilities = [eligibilityWith(2), eligibilityWith(1)] as const
const complaint = { object: key, received: 'x', expected: 'y', remedy: 'z' }

const recordOf = (digest: RequestDigest, startsAt: string, expiresAt: string): GrantRecord => ({
  ...{
    digest,
    key,
    link: path.link.key,
    user: maria,
    eligibility: 'admins',
    approvedBy: [{ user: tom, at: decidedAt }],
  },
  ...{ grantedAt, startsAt, expiresAt },
})
const says = (user: typeof tom, decision: 'approve' | 'deny'): GivenDecision => ({ user, decision, at: decidedAt })

/** All facts that `decideRequest` can tell apart. */
function everyFact(choose: Choose): RequestFacts {
  const histories = new Map<RequestDigest, UploadHistory>()
  const toldOf = (digest: RequestDigest): UploadHistory => {
    const known = histories.get(digest) ?? everyHistory(choose, digest)
    histories.set(digest, known)
    return known
  }
  let approvals: { readonly given: Approvals | undefined } | undefined
  return lazily<RequestFacts>({
    path: () => choose(paths),
    now: () => now,
    reading: () => everyReading(choose),
    link: () => everyLink(choose, toldOf),
    linkStatus: () => choose([undefined, { state: 'applied' as const }, { state: 'failed' as const, reason: 'no' }]),
    told: () => toldOf,
    present: () =>
      choose([
        undefined,
        { state: 'waiting' as const, request: { digest: present } },
        { state: 'applied' as const, request: { digest: present } },
        { state: 'waiting' as const, request: { digest: present, runs: earlier } },
      ]),
    // Before the grants, and after them.
    deletedAt: () => choose(deletions),
    isUnread: () => choose([false, true]),
    userName: () => choose(['maria', 'maria2', undefined]),
    isDisabled: () => choose([false, true]),
    hasLeft: () => choose([false, true]),
    groups: () => new Set(),
    groupsUnread: () => choose([undefined, 'no answer']),
    covers: () => {
      const covers = choose([true, false, undefined])
      return () => covers
    },
    eligibilities: () => choose([[eligibilities[0]], [eligibilities[1]], []]),
    broken: () => choose([[], ['eligibility/x.json']]),
    scope: () => choose([undefined, few, many, 'unknown' as const]),
    approvals: () => () => {
      approvals ??= { given: everyApproval(choose) }
      return approvals.given
    },
  })
}

function everyHistory(choose: Choose, digest: RequestDigest): UploadHistory {
  // Nothing is granted that was not asked for, and nothing is over for two reasons.
  const is = choose(['new', 'asked', 'refused', 'granted'] as const)
  const over = is === 'new' ? undefined : choose([undefined, ...finalEvents])
  const asked = is === 'new' ? [] : ['asked' as const]
  const events = new Set([...asked, ...(is === 'refused' || is === 'granted' ? [is] : []), ...(over ? [over] : [])])
  return lazily<UploadHistory>({
    events: () => events,
    approvedBy: () => new Set(choose([[], [tom], [tom, ada], [tom, ada].map((user) => `${user}%${few.digest}`)])),
    shown: () =>
      choose([
        [],
        [{ ...few, at: shownAt }],
        [
          { ...few, at: shownAt },
          { ...many, at: decidedAt },
        ],
      ]),
    granted: () => (is === 'granted' ? recordOf(digest, choose(starts), choose(ends)) : undefined),
    // The link of the present grant may not have been written yet.
    replacedBy: () => (over === 'finished' && digest === earlier ? choose([undefined, present]) : undefined),
  })
}

function everyReading(choose: Choose): RequestReading {
  switch (choose(['absent', 'unreadable', 'rejected', 'empty', 'valid'] as const)) {
    case 'absent':
      return { state: 'absent' }
    case 'unreadable':
      return { state: 'unreadable', complaint }
    case 'rejected':
      return { state: 'rejected', complaint, digest: present, askedAt: recently }
    case 'empty':
      // Uploaded over the present one, which may have been granted, or still wait.
      return { state: 'empty', complaint, digest: empty, askedAt: recently }
    default:
      return {
        state: 'valid',
        request: { durationMs: choose([3_600_000, 60 * 3_600_000]) },
        digest: present,
        askedAt: choose([recently, longAgo]),
      }
  }
}

function everyLink(choose: Choose, told: (digest: RequestDigest) => UploadHistory): TemporaryLink {
  switch (choose(['none', 'unreadable', 'own', 'of another user', 'of nobody'] as const)) {
    case 'none':
      return { found: 'none' }
    case 'unreadable':
      return { found: 'unreadable', etag: 'e' }
    case 'own': {
      const digest = choose([present, earlier])
      const granted = told(digest).granted
      return {
        found: 'own',
        etag: 'e',
        digest,
        text: granted && choose([true, false]) ? renderGrantedLink(granted) : 'else',
      }
    }
    case 'of another user':
      return { found: 'of another user', user: tom }
    default:
      return { found: 'of nobody', etag: 'e' }
  }
}

function everyApproval(choose: Choose): Approvals | undefined {
  if (choose([false, true])) return undefined
  const first = choose([
    undefined,
    says(tom, 'approve'),
    says(tom, 'deny'),
    says(maria, 'approve'),
    says(maria, 'deny'),
  ])
  const second = first && choose([undefined, says(tom, 'approve'), says(ada, 'approve'), says(ada, 'deny')])
  const unreadable = choose([undefined, [complaint]])
  const unread = choose([undefined, 'no answer'])
  return {
    eligibility: choose(['admins', 'others']),
    given: [first, second].flatMap((one) => one ?? []),
    ...(unreadable && { unreadable }),
    unread,
  }
}

const rule = ruleOf<RequestStep, RequestFacts>()

const rules: Rules<RequestStep, RequestFacts> = {
  'only a request that is there, valid and of its own user is granted, once': rule(['grant'], ({ record }, facts) => {
    const { reading, userName, isDisabled, hasLeft, told } = facts
    if (isDisabled || hasLeft) return false
    if (reading.state !== 'valid' || userName !== path.link.principal || record.user !== path.userId) return false
    const { events, granted } = told(reading.digest)
    return granted === undefined && !isOver({ events }) && events.has('asked')
  }),
  'it is granted by as many approvers as are needed, each once, and never by who asks': rule(
    ['grant'],
    ({ record }, facts) => {
      const users = record.approvedBy.map(({ user }) => user)
      const [eligibility] = facts.eligibilities
      return (
        new Set(users).size === users.length &&
        !users.includes(path.userId) &&
        users.length >= (eligibility?.approvals ?? 0)
      )
    },
  ),
  'no denial of anybody else, and none that cannot be read, is passed over': rule(['grant'], (_, facts) => {
    const { given, unreadable, unread } = facts.approvals(present) ?? { given: [] }
    return (
      unreadable === undefined &&
      unread === undefined &&
      !given.some(({ user, decision }) => decision === 'deny' && user !== path.userId)
    )
  }),
  'each approval stands in history before it is granted, for accounts that include all of now': rule(
    ['grant'],
    ({ record }, { told, path: { link }, scope }) => {
      const { approvedBy, shown = [] } = told(present)
      if (record.approvedBy.length === 0) return true
      if (link.scope.kind === 'account') return record.approvedBy.every(({ user }) => approvedBy.has(user))
      if (typeof scope !== 'object') return false
      const enough = shown.filter(({ accounts }) => scope.accounts.every((id) => accounts.includes(id)))
      return record.approvedBy.every(({ user }) => enough.some((one) => approvedBy.has(`${user}%${one.digest}`)))
    },
  ),
  'the accounts of a scope are read once, and only if it may grow': rule(
    ['read scope'],
    (_, { path: { link }, scope }) => scope === undefined && link.scope.kind !== 'account',
  ),
  'accounts are shown that the status did not show last': rule(
    ['show the accounts'],
    ({ scope }, { told }) => told(present).shown?.at(-1)?.digest !== scope.digest,
  ),
  'a link is written only for a grant in history that is in force, and over no link of another user': rule(
    ['write the link'],
    ({ record }, { told, link }) => {
      const { granted, events } = told(record.digest)
      return (
        granted === record &&
        !isOver({ events }) &&
        now < new Date(record.expiresAt) &&
        link.found !== 'of another user'
      )
    },
  ),
  'a link is written only while its user has the name': rule(
    ['write the link'],
    (_, { userName }) => userName === path.link.principal,
  ),
  'nothing is judged or told while an earlier upload that runs by the status lacks its link': rule(
    ['grant', 'tell'],
    (_, { link, present: status, told }) => {
      if (link.found !== 'none' || status?.request?.runs === undefined) return true
      const { events, granted } = told(earlier)
      return granted === undefined || isOver({ events })
    },
  ),
  'the status keeps the earlier upload that runs while S3 does not return the link or the request': rule(
    ['tell'],
    ({ status }, { link, reading, present: before, told }) => {
      if (link.found !== 'unreadable' && reading.state !== 'unreadable') return true
      // Nothing is told of a request that is gone. An empty file asks for nothing more than what runs.
      if (before?.request?.runs === undefined || reading.state === 'absent' || reading.state === 'empty') return true
      const { events, granted } = told(earlier)
      return granted === undefined || isOver({ events }) || status?.request?.runs === earlier
    },
  ),
  'a link is deleted only where no grant of it is in force': rule(
    ['delete the link'],
    (_, { link, told, reading, userName }) => {
      if (link.found === 'own') {
        const { replacedBy = link.digest } = told(link.digest)
        return [link.digest, replacedBy].every((one) => told(one).granted === undefined || isOver(told(one)))
      }
      const counts = reading.state === 'empty' ? present : 'digest' in reading ? reading.digest : undefined
      const later = counts && told(counts)
      const isFree = later === undefined || later.granted === undefined || isOver(later)
      return link.found === 'unreadable' && isFree && userName === path.link.principal
    },
  ),
  'access does not outlast a deletion of its request, whatever was uploaded afterwards': rule(
    ['tell', 'write the link'],
    (step, { link, reading, deletedAt, told }) => {
      const running = step.do === 'tell' ? link.found === 'own' && link.digest : step.record.digest
      if (!running || ('digest' in reading && reading.digest === running)) return true
      if (told(running).granted === undefined || isOver(told(running))) return true
      return reading.state !== 'absent' && (deletedAt === 'never' || deletedAt < grantBegins)
    },
  ),
  'deletions are read once': rule(['read deletions'], (_, { deletedAt }) => deletedAt === 'unread'),
  'what is recorded is new': rule(['record'], ({ event: { event, digest, by, said } }, { told }) => {
    return event === 'approved'
      ? by !== undefined && !told(digest).approvedBy.has([by.user, ...(said?.scope ? [said.scope] : [])].join('%'))
      : !told(digest).events.has(event)
  }),
  'access that is granted ends for a later grant only once that has begun': rule(['record'], ({ event }, { told }) => {
    const by = requestDigest.safeParse(event.said?.replacedBy).data
    const later = by && told(by).granted
    return by === undefined || (later !== undefined && now >= new Date(later.startsAt))
  }),
  'who asks denies nothing, and ends nothing by an approval': rule(
    ['record'],
    ({ event: { by } }) => by?.user !== path.userId,
  ),
  'approvals are read only where they are not known': rule(['read approvals'], ({ eligibility }, facts) => {
    return facts.approvals(present)?.eligibility !== eligibility
  }),
  'who and what is read once': rule(['read who and what'], (_, { isUnread }) => isUnread === true),
  'a grant whose end has come ends before anything else is told': rule(['tell'], (_, { reading, told, link }) => {
    const record = reading.state === 'valid' ? told(reading.digest).granted : undefined
    if (!record || isOver(told(record.digest)) || link.found === 'own') return true
    return now < new Date(record.expiresAt)
  }),
}

/** All 4.7 million take a minute: CI leaves that to longer runs. */
const allUpTo = isWhole ? undefined : isShallow ? 13 : 17
const { broken, classes, steps } = judgeEvery(rules, everyFact, decideRequest, allUpTo)

test.each(Object.keys(rules))('whatever the facts are: %s', (name) => {
  expect(broken.get(name)).toBeUndefined()
})

test(`${isWhole ? 'all ' : ''}${classes} facts that can be told apart were tried, and led to every kind of step`, () => {
  expect(classes).toBeGreaterThan(isShallow ? 100_000 : 1_000_000)
  expect(steps.sort()).toEqual([
    'delete the link',
    'grant',
    'read approvals',
    'read deletions',
    'read scope',
    'read who and what',
    'record',
    'show the accounts',
    'tell',
    'write the link',
  ])
})
