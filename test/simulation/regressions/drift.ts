import { assign, deleteLink, linkOf, strike, upload, uploadAndDelete, wait } from '../scenario-steps.ts'
import { calm, type Regression } from './regression.ts'

/** What the simulation once found about access that others give and take. */
export const driftRegressions: readonly Regression[] = [
  {
    name: 'a restoration records what somebody removed meanwhile as missing: it has looked itself',
    settings: calm,
    actions: [
      upload(linkOf('root%all', 'First-ps', 'team-2')),
      wait(20_000),
      { do: 'remove what ssofile gave', nth: 0 },
      { do: 'the ledger is lost, and restored', count: 4, afterMs: 400_000, writes: 0 },
    ],
  },
  {
    name: 'two dispatcher slices in one second keep the call quota together',
    settings: { ...calm, seed: 193425808, latencyP99Ms: 600_000, outstanding: 15 },
    actions: [
      wait(5_000),
      upload(linkOf('root%all')),
      { do: 'assign in the console', account: '200000000001', principal: 'GROUP/team-2', permissionSet: 'First-ps' },
      upload(linkOf('ou_id%ou-sim0-22222222', 'Console-ps')),
      upload(linkOf('ou_id%ou-sim0-22222222', 'First-ps', 'team-late')),
    ],
  },
  {
    name: 'access that someone gives again after our deletion, while the dispatcher is dead, is not ours to revoke',
    settings: { ...calm, seed: 685429608 },
    actions: [
      upload(linkOf('account_tag%team^a', 'Console-ps')),
      wait(70_000),
      { do: 'delete a link', nth: 0 },
      wait(1_000),
      assign('200000000001', 'Console-ps'),
      { do: 'kill the dispatcher' },
      upload(linkOf('root%all')),
    ],
  },
  {
    name: 'a link told while another one asks about the same foreign access is not told that its access is missing',
    settings: { ...calm, seed: 1063256031 },
    actions: [
      uploadAndDelete('links_data/root%all%First-ps%mia@example.com%USER%ssofile', 458),
      assign('200000000001'),
      upload(linkOf('ou_id%ou-sim0-11111111')),
      assign('200000000001'),
      wait(70_000),
      { do: 'remove a policy that First-ps needs', account: '200000000001' },
      strike('kill-before', 'any'),
      upload(linkOf('root%all'), 'expired'),
    ],
  },
  {
    // The product cannot tell whether its creation had left when it died (design, "What is desired").
    name: 'access that appears after our look counts as ours, also where the dispatcher dies before its creation leaves',
    settings: { ...calm, seed: 8 },
    actions: [
      { do: 'delete a bad key', key: linkOf('root%some') },
      upload(linkOf('account%200000000002')),
      upload(linkOf('root%all')),
      uploadAndDelete(linkOf('root%all'), 504),
      wait(10),
      assign('200000000001'),
      { do: 'delete a link', nth: 0 },
      upload(linkOf('root%all'), 'expired'),
      strike('kill-before', 'any'),
      assign('200000000001'),
      { do: 'repeat the next event', count: 1 },
      wait(100),
      upload('links_data/root%all%First-ps%mia@example.com%USER%ssofile'),
      { do: 'lose the next event', count: 1 },
    ],
  },
  {
    name: 'what others give while a creation that got no answer may still come counts as ours, confirmed or not',
    settings: { ...calm, seed: 687570844, latencyMs: 300, outstanding: 15, provisionings: 1 },
    actions: [
      wait(5_000),
      upload(linkOf('root%all')),
      wait(400),
      { do: 'kill the dispatcher' },
      deleteLink(linkOf('root%all')),
      wait(75_000),
      upload(linkOf('root%all')),
      wait(300),
      { do: 'kill the dispatcher' },
      upload(linkOf('root%all', 'First-ps', 'team-2')),
      deleteLink(linkOf('root%all')),
      assign('200000000003'),
      wait(70_000),
      upload(linkOf('root%all', 'First-ps', 'team-2')),
    ],
  },
]
