import * as fc from 'fast-check'
import { type Action, accounts } from './action.ts'
import { type HostileAction, hostileGroups, hostileLinkOf } from './hostile-actions.ts'
import { deleteLink, home, linkOf, scenario, set, settledMs, shortMs, upload, wait } from './scenario-steps.ts'

const drawn = fc.record({
  home,
  shortMs,
  settledMs,
  nth: fc.nat(5),
  awayMs: fc.integer({ min: 1, max: 400 }),
  flood: fc.constantFrom(...(['bad names', 'folders', 'folders', 'bad bodies', 'waiting links'] as const)),
})
const hostile = (key: string, body: 'empty' | 'reason' | 'malformed' = 'empty'): Action => ({
  do: 'he uploads a link',
  key,
  body,
})
const flap = (times: number, awayMs: number): Action => ({ do: 'he flaps his links', times, awayMs })
const flood = (kind: Extract<HostileAction, { do: 'he floods' }>['with']): Action => ({
  do: 'he floods',
  count: 45,
  with: kind,
})
const takeBack: Action = { do: 'he takes his flood back' }
const deleteHis: Action = { do: 'he deletes all of his links' }
const look: Action = { do: 'look at the brake' }
const release: Action = { do: 'release what was looked at' }
const inFolder = (key: string) => key.replace('links_data/', 'links_data/folder-a/')

const behindFlood = scenario(
  drawn,
  ({ home: { account }, settledMs: ms, flood: kind }) => [
    upload(inFolder(linkOf(`account%${account}`))),
    wait(20_000 + ms),
    flood(kind),
    deleteLink(inFolder(linkOf(`account%${account}`))),
    wait(20_000),
    takeBack,
  ],
  100,
)

/** What an uploader does who wants to harm others, while they go on. */
export const hostileScenarios: readonly fc.Arbitrary<readonly Action[]>[] = [
  // A link of others goes behind a flood; twice, since it takes one at a time to see whose turn it is.
  behindFlood,
  behindFlood,
  // A link of others goes behind the revocations of all that he has.
  scenario(
    drawn,
    ({ home: { account }, settledMs: ms }) => [
      { do: 'upload the permission set', name: 'Late-ps', valid: true },
      upload(inFolder(linkOf(`account%${account}`))),
      { do: 'he uploads root links for all of his groups' },
      wait(70_000 + ms),
      deleteHis,
      wait(400),
      deleteLink(inFolder(linkOf(`account%${account}`))),
      wait(20_000),
    ],
    100,
  ),
  // His links flap while others lose access for other reasons.
  scenario(drawn, ({ home: { account, elsewhere }, settledMs: ms, awayMs }) => [
    upload(linkOf('root%all')),
    hostile(hostileLinkOf('root%all')),
    hostile(hostileLinkOf(`account%${account}`, 'Console-ps', hostileGroups[1])),
    wait(20_000 + ms),
    flap(4, awayMs),
    { do: 'move an account', account, unit: elsewhere, silently: false },
    { do: 'rename a group', from: 'team one', to: 'team-late' },
    flap(2, awayMs),
    wait(ms),
    wait(70_000),
  ]),
  // His list grows and shrinks while an operator looks at another one and releases it.
  scenario(drawn, ({ settledMs: ms, shortMs: afterMs }) => [
    ...accounts.slice(0, 3).map((account) => upload(inFolder(linkOf(`account%${account}`)))),
    { do: 'he uploads root links for all of his groups' },
    wait(60_000 + ms),
    { do: 'delete all links of a folder', folder: 'folder-a/' },
    deleteHis,
    wait(ms),
    look,
    hostile(hostileLinkOf('root%all', set, hostileGroups[1])),
    wait(afterMs),
    release,
    wait(20_000),
  ]),
  // His organization changes with that of others: what he is held for must not count for them.
  scenario(drawn, ({ settledMs: ms, home: { unit, elsewhere } }) => [
    upload(inFolder(linkOf(`ou_id%${unit}`))),
    hostile(hostileLinkOf(`ou_id%${unit}`)),
    hostile(hostileLinkOf(`ou_id%${unit}`, set, hostileGroups[1])),
    hostile(hostileLinkOf(`ou_id%${unit}`, 'Console-ps', hostileGroups[1])),
    wait(20_000 + ms),
    { do: 'move all accounts of a unit', from: unit, to: elsewhere },
    wait(70_000),
  ]),
  // A link of others is overwritten while it is looked at, and goes.
  scenario(drawn, ({ home: { account }, shortMs: afterMs, settledMs: ms, nth }) => [
    upload(linkOf(`account%${account}`), nth % 2 === 0 ? 'empty' : 'reason'),
    wait(afterMs),
    { do: 'he overwrites a link of others', nth: 0, body: nth % 3 === 0 ? 'reason' : 'empty' },
    wait(ms),
    { do: 'he overwrites a link of others', nth: 0, body: 'empty' },
    wait(afterMs),
    deleteLink(linkOf(`account%${account}`)),
    wait(20_000),
  ]),
  // His names imitate the history of others.
  scenario(drawn, ({ home: { account }, settledMs: ms }) => [
    upload(linkOf(`account%${account}`)),
    hostile(hostileLinkOf(`account%${account}`)),
    wait(20_000 + ms),
    deleteHis,
    deleteLink(linkOf(`account%${account}`)),
    wait(20_000),
  ]),
  // Nobody can read a link of his that grants what links of others grant.
  scenario(drawn, ({ home: { account }, settledMs: ms }) => [
    hostile(hostileLinkOf('root%all', set, 'team one')),
    wait(ms),
    { do: 'he encrypts one of his links', nth: 0 },
    upload(inFolder(linkOf(`account%${account}`))),
    wait(20_000),
    wait(70_000),
  ]),
]
