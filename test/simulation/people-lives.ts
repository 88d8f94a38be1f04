import type { Action } from './action.ts'
import type { CanonicalLife } from './canonical-lives.ts'
import { hostileGroups, hostileLinkOf } from './hostile-actions.ts'
import { deleteLink, linkOf, renameGroup, set, upload, wait } from './scenario-steps.ts'
import { accounts, units } from './small-world.ts'

const [account] = accounts
const [unit, , elsewhere] = units
const done = wait(20_000)

type Decide = Extract<Action, { do: 'decide on a request' }>
const says = (by: Decide['by'], said: Partial<Pick<Decide, 'decision' | 'of' | 'isSealed'>> = {}): Action => ({
  ...{ do: 'decide on a request', account, by, decision: 'approve', of: 'the present upload', isSealed: false },
  ...said,
})
const ask: Action = { do: 'ask for access', account }
const withdraw: Action = { do: 'withdraw a request', account }
const eligibility = (approvals: 1 | 2): Action => ({ do: 'write the eligibility', approvals })

/** People who ask, approve, change their minds, and are done. */
export const requestLives: readonly CanonicalLife[] = [
  {
    name: 'two approve, and it ends by itself',
    actions: [eligibility(2), ask, done, says('ann'), says('bob'), done, wait(30 * 60_000)],
  },
  {
    name: 'the requester is an approver, and one approver is not enough',
    actions: [
      ...[eligibility(2), { do: 'join the approvers', who: 'mia@example.com' } as const, ask, done],
      ...[says('mia@example.com'), says('ann'), done, says('bob', { decision: 'deny' }), done],
    ],
  },
  {
    name: 'what was approved is edited',
    actions: [
      ...[eligibility(2), ask, done, says('ann'), wait(5_000), ask, done],
      ...[says('bob'), says('ann', { of: 'an earlier upload' }), done, withdraw, done],
    ],
  },
  {
    name: 'an approver leaves before the other one approves',
    actions: [
      ...[eligibility(2), ask, done, says('ann'), done, { do: 'leave the approvers', who: 'ann' } as const],
      ...[wait(70_000), says('bob'), done, withdraw, { do: 'join the approvers', who: 'ann' } as const, done],
    ],
  },
  {
    name: 'who asked may not do so any more',
    actions: [
      ...[eligibility(1), ask, done, { do: 'the requester may not ask any more' } as const, wait(70_000)],
      ...[says('ann'), done, { do: 'the requester may ask' } as const, done],
    ],
  },
  {
    name: 'a denial that S3 gives to nobody, and an approval',
    actions: [
      ...[eligibility(1), ask, done, says('ann', { decision: 'deny', isSealed: true }), wait(70_000)],
      ...[says('bob'), done],
    ],
  },
  {
    name: 'a stranger asks in the name of the requester',
    actions: [
      ...[eligibility(1), ask, done, says('ann'), done],
      ...[{ do: 'a stranger asks in the name of the requester', account } as const, done],
      ...[{ do: 'the stranger takes that back', account } as const, done],
    ],
  },
]

const inFolder = (key: string) => key.replace('links_data/', 'links_data/folder-a/')
const his = (key: string): Action => ({ do: 'he uploads a link', key, body: 'empty' })
const ofAll: Action = { do: 'he uploads root links for all of his groups' }
const deleteHis: Action = { do: 'he deletes all of his links' }
const flap: Action = { do: 'he flaps his links', times: 4, awayMs: 200 }
const honest = inFolder(linkOf(`account%${account}`))
const floods = ['bad names', 'folders', 'bad bodies', 'waiting links'] as const

/** What an uploader does who wants to harm others, while they go on. */
const ofHostile: readonly CanonicalLife[] = [
  ...floods.map((kind) => ({
    name: `a link of others goes behind a flood of ${kind}`,
    before: [upload(honest), done],
    actions: [
      { do: 'he floods', count: 45, with: kind } as const,
      ...[deleteLink(honest), done, { do: 'he takes his flood back' } as const],
    ],
  })),
  {
    name: 'a link of others goes behind the revocations of all that he has',
    settings: { outstanding: 1 },
    before: [{ do: 'upload the permission set', name: 'Late-ps', valid: true }, upload(honest), ofAll, wait(70_000)],
    actions: [deleteHis, wait(400), deleteLink(honest), done],
  },
  {
    name: 'his links flap while others lose access for other reasons',
    before: [upload(linkOf('root%all')), his(hostileLinkOf('root%all')), done],
    actions: [
      ...[flap, { do: 'move an account', account, unit: elsewhere, silently: false } as const],
      ...[renameGroup('team one', 'team-late'), flap, wait(70_000)],
    ],
  },
  {
    name: 'his list grows while an operator looks at another one and releases it',
    before: [...accounts.slice(0, 3).map((one) => upload(inFolder(linkOf(`account%${one}`)))), ofAll, wait(60_000)],
    actions: [
      ...[{ do: 'delete all links of a folder', folder: 'folder-a/' } as const, deleteHis, done],
      ...[{ do: 'look at the brake' } as const, his(hostileLinkOf('root%all', set, hostileGroups[1])), wait(300)],
      ...[{ do: 'release what was looked at' } as const, done],
    ],
  },
  {
    name: 'his account moves with that of others',
    settings: { brakeCount: 2 },
    before: [
      ...[inFolder(linkOf(`ou_id%${unit}`)), inFolder(linkOf(`ou_id%${unit}`, set, 'team-2'))].map((key) =>
        upload(key),
      ),
      his(hostileLinkOf(`ou_id%${unit}`)),
      ...[his(hostileLinkOf(`ou_id%${unit}`, set, hostileGroups[1])), done],
    ],
    actions: [{ do: 'move an account', account, unit: elsewhere, silently: false }, wait(70_000)],
  },
  {
    name: 'a link of others is overwritten while it is looked at, and goes',
    // Of a bucket without versions: only what was uploaded when tells who did.
    settings: { seed: 6 },
    actions: [
      ...[upload(linkOf(`account%${account}`)), wait(30)],
      ...[{ do: 'he overwrites a link of others', nth: 0, body: 'reason' } as const, done],
      ...[{ do: 'he overwrites a link of others', nth: 0, body: 'empty' } as const, wait(300)],
      ...[deleteLink(linkOf(`account%${account}`)), done],
    ],
  },
  {
    name: 'nobody could ever read a link of his that asks for what a link of others asks for',
    actions: [
      ...[his(hostileLinkOf('root%all', set, 'team one')), { do: 'he encrypts one of his links', nth: 0 } as const],
      ...[upload(honest), done, wait(70_000)],
    ],
  },
  {
    name: 'nobody can read a link of his that grants what links of others grant',
    before: [his(hostileLinkOf('root%all', set, 'team one')), done],
    actions: [{ do: 'he encrypts one of his links', nth: 0 }, upload(honest), done, wait(70_000)],
  },
]

/** What is judged by turns is judged only where nothing else delays it. */
export const hostileLives = ofHostile.map((life) => ({ ...life, settings: { ...life.settings, evenPace: true } }))
