import { isDeepStrictEqual } from 'node:util'
import { expect, test } from '@jest/globals'
import { isContested } from '../../../../shared/domain/assignments/access-changes.ts'
import { claims, mayAppearUntil, proveAccess, settlingMs } from '../../../../shared/domain/assignments/access-proof.ts'
import { type GrantingLink, isSameLink } from '../../../../shared/domain/assignments/ledger-entry.ts'
import { decide } from '../../../../shared/reconcile/assignments/decide.ts'
import type { Facts, Step } from '../../../../shared/reconcile/assignments/facts.ts'
import { isShallow } from '../../../depth.ts'
import { judgeEvery, type Rules, ruleOf } from '../../../every-rule.ts'
import { now } from '../../domain/access-arbitraries.ts'
import { everyFact } from './every-fact.ts'

const rule = ruleOf<Step, Facts>()

const ofDeletion = (holds: (facts: Facts) => boolean) =>
  rule(['prepare', 'call'], ({ kind }, facts) => kind !== 'deletion' || holds(facts))

/** It is there, and the ledger says so, by these links. */
function isTold({ entry, known }: Facts, links: readonly GrantingLink[]): boolean {
  if (entry?.state !== 'granted' || entry.missingSince !== undefined) return false
  return isDeepStrictEqual(entry.links, links) && proveAccess(entry, known.listing) === 'there'
}

/** While its principal is gone, it is looked at again when its grace is over. */
function hasItsGrace({ entry, isPrincipalGone, graceMs }: Facts): boolean {
  if (entry === undefined || !isPrincipalGone) return true
  const until = Date.parse(entry.openUntil ?? '')
  return until > now.getTime() && until <= Date.parse(entry.orphanedAt ?? '') + graceMs
}

/** Others took it away, and it is not given again by itself. */
function isLeftMissing({ entry, onDrift }: Facts, links: readonly GrantingLink[]): boolean {
  if (entry?.missingSince === undefined || (onDrift === 'restore' && !isContested(entry))) return false
  return links.every((link) => entry.links.some((known) => isSameLink(known, link)))
}

const rules: Rules<Step, Facts> = {
  'what is called stands in the ledger before, without an answer': rule(['call'], ({ kind }, { entry }) => {
    const { state, call } = entry ?? {}
    const isUnanswered = call?.answeredAt === undefined && call?.outcome === undefined
    return state === (kind === 'creation' ? 'granting' : 'revoking') && call?.kind === kind && isUnanswered
  }),
  'nothing is created but what links grant now': rule(['prepare', 'call'], (step, { wish, entry, prepared }) => {
    if (step.kind === 'deletion') return true
    if (wish.is !== 'wanted') return false
    return step.do === 'prepare' || (prepared?.isChecked === true && wish.permissionSetArn === entry?.permissionSetArn)
  }),
  'nothing is deleted that links grant, until its principal is long gone': ofDeletion(
    ({ wish, isPrincipalGone, entry, graceMs }) =>
      wish.is === 'unwanted' ||
      (wish.is === 'lacking' && isPrincipalGone && Date.parse(entry?.orphanedAt ?? '') + graceMs <= now.getTime()),
  ),
  'nothing is deleted because of the cached view': ofDeletion(({ wish }) => wish.is !== 'unwanted' || wish.isLive),
  'nothing is deleted that is not ours, or that only a listing can prove': ofDeletion(({ entry, known }) => {
    return entry !== undefined && ['there', 'maybe'].includes(proveAccess(entry, known.listing))
  }),
  'no deletion is prepared before history and the brake were asked': rule(['prepare'], ({ kind }, { entry, known }) => {
    if (kind !== 'deletion') return true
    const { history, admission } = known
    if (history === undefined || history.says === 'ended' || admission?.outcome === 'held') return false
    return admission !== undefined || entry?.call?.kind === 'deletion'
  }),
  'what an operator released is given back before anything else': rule(
    ['prepare', 'call', 'confirm', 'leave to others', 'hold', 'put off', 'give back'],
    (step, { entry }) => (entry?.releasedAt !== undefined) === (step.do === 'give back'),
  ),
  'what may have been given since its release is not given back': rule(['give back'], (_, { entry, known }) => {
    const { history, listing } = known
    if (history?.says === 'ours') return history.at < (entry?.releasedAt ?? '')
    return history?.says === 'nothing' || (history?.at === entry?.releasedAt && listing?.isListed === true)
  }),
  'a contradiction is one of history': rule(['report a contradiction'], ({ contradiction }, { entry, known }) => {
    const { history } = known
    if (history === undefined || history.says === 'nothing') return false
    if (contradiction.entry === 'lost') return history.says === 'ours'
    const { call, releasedAt } = entry ?? {}
    if (releasedAt !== undefined) return history.says === 'ours' ? history.at >= releasedAt : history.at !== releasedAt
    const isOwnDeletion = call?.kind === 'deletion' && call.calledAt === history.at
    return history.says === 'ended' && !isOwnDeletion && entry?.missingSince !== history.at
  }),
  'what an evaluation has come to is all that it does': rule(
    [
      'prepare',
      'call',
      'confirm',
      'forget',
      'leave to others',
      'hold',
      'put off',
      'give back',
      'learn',
      'ask the brake',
    ],
    (_, { known }) => known.rest === undefined,
  ),
  'where the place of the account is not known, nothing changes but what was released': rule(
    ['prepare', 'call', 'confirm', 'forget', 'leave to others', 'hold', 'put off'],
    (step, { wish, entry }) => {
      if (wish.is !== 'unplaced') return true
      if (step.do === 'put off') return step.state === undefined || entry?.state !== 'held'
      return step.do === 'forget' && entry?.releasedAt !== undefined
    },
  ),
  'nothing is forgotten as revoked that is there, or may still come': rule(['forget'], ({ as }, facts) => {
    const { entry } = facts
    if (as !== 'revoked') return true
    if (entry === undefined) return false
    const { account, wish, known } = facts
    if (wish.is === 'wanted' && wish.permissionSetArn !== entry.permissionSetArn)
      return known.listing?.isListed === false
    if (account === 'unknown' && claims(entry)) return false
    return (mayAppearUntil(entry) ?? now) <= now && proveAccess(entry, known.listing) === 'gone'
  }),
  'nothing is forgotten as ended that is listed, or of which history does not say so': rule(
    ['forget'],
    ({ as }, { entry, known }) => {
      if (as !== 'ended') return true
      if (known.history?.says !== 'ended') return false
      return known.listing?.isListed === false || (entry !== undefined && proveAccess(entry, known.listing) === 'gone')
    },
  ),
  'access is released only on an account that is gone, once no request for it is in progress': rule(
    ['forget'],
    ({ as }, { account, inProgress, known }) =>
      as !== 'released' || (account === 'gone' && !inProgress && known.request !== 'in-progress'),
  ),
  'what an operator released is forgotten only where history says so': rule(['forget'], (_, { entry, known }) => {
    if (entry?.releasedAt === undefined) return true
    return known.history?.says === 'ended' && known.history.at === entry.releasedAt
  }),
  'an evaluation ends by what is so': rule(['finish'], ({ rest }, facts) => {
    const { wish, entry, account, known, mayStart } = facts
    if (known.rest !== undefined) return true
    switch (rest.result) {
      case 'in-force':
        return wish.is === 'wanted' && isTold(facts, wish.links) && entry?.orphanedAt === undefined
      case 'foreign':
        return wish.is === 'wanted' && known.foreign === 'same'
      case 'open':
        return wish.is === 'wanted' ? isLeftMissing(facts, wish.links) : account !== 'active'
      case 'held':
        return entry?.state === 'held'
      case 'waiting':
        return wish.is === 'lacking' ? hasItsGrace(facts) : wish.is !== 'wanted' && wish.is !== 'unwanted'
      case 'absent':
        return wish.is === 'unwanted' && entry === undefined
      default:
        return !mayStart
    }
  }),
  'a question that was answered is not asked again': rule(
    ['learn'],
    ({ what }, { known }) => known[what] === undefined,
  ),
  'nothing is left to others that is not listed, or that may be ours': rule(
    ['leave to others'],
    (_, { entry, known }) => {
      if (known.listing?.isListed !== true) return false
      const { history } = known
      if (entry === undefined || !claims(entry))
        return history?.says === 'nothing' || (history?.says === 'ended' && history.ageMs >= settlingMs)
      // What the ledger says of it shows that it ended, or history says so of this very deletion, or of its being missed.
      if (proveAccess(entry, known.listing) === 'foreign') return true
      if (history?.says !== 'ended' || history.ageMs < settlingMs) return false
      const isOwnDeletion = entry.call?.kind === 'deletion' && entry.call.calledAt === history.at
      return isOwnDeletion || entry.missingSince === history.at
    },
  ),
  'what was foreign is forgotten only where it is not listed': rule(['forget what was foreign'], (_, { known }) => {
    return known.foreign === 'other' && known.listing?.isListed === false
  }),
  'what others took away is given again only where it shall be': rule(['prepare'], ({ kind }, facts) => {
    const { wish, entry, known } = facts
    if (kind !== 'creation' || wish.is !== 'wanted' || entry === undefined) return true
    return proveAccess(entry, known.listing) !== 'gone' || !isLeftMissing(facts, wish.links)
  }),
  // Without an entry nothing was called.
  'what AWS has failed is not tried again at once': rule(['prepare'], (_, { entry, known }) => {
    return entry === undefined || known.failure === undefined
  }),
  'nothing is held that the brake does not hold': rule(['hold'], (_, { known }) => known.admission?.outcome === 'held'),
  'nothing new is created before it was looked for': rule(['prepare'], ({ kind }, { entry, known }) => {
    if (kind !== 'creation' || entry !== undefined) return true
    return known.foreign !== undefined && known.listing?.isListed === false
  }),
  'a grace begins only where the principal is gone': rule(['confirm'], ({ until }, { isPrincipalGone }) => {
    return until === undefined || isPrincipalGone
  }),
  'at the end of a slice nothing is counted or prepared': rule(
    ['ask the brake', 'prepare', 'put off'],
    (step, { mayStart }) => mayStart || (step.do === 'put off' && step.state !== undefined),
  ),
  'what waits for a creation without an answer waits for an instant to come': rule(['put off'], ({ reason, until }) => {
    return reason !== '' && (until === undefined || !reason.includes('15 minutes') || until > now)
  }),
}

const { broken, classes, steps } = judgeEvery(rules, everyFact, decide, isShallow ? 16 : undefined)

test.each(Object.keys(rules))('whatever the facts are: %s', (name) => {
  expect(broken.get(name)).toBeUndefined()
})

test(`${isShallow ? '' : 'all '}${classes} facts that can be told apart were tried, and led to every kind of step`, () => {
  expect(classes).toBeGreaterThan(isShallow ? 50_000 : 1_000_000)
  expect(steps).toHaveLength(16)
})
