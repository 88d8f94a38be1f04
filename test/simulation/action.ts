import * as fc from 'fast-check'
import { type BrakeAction, brakeActions } from './brake-actions.ts'
import { callGroupNames, type Fault, faultKinds } from './chaos.ts'
import { type DirectoryAction, directoryActions } from './directory-actions.ts'
import { type DriftAction, driftActions } from './drift-actions.ts'
import { type HostileAction, hostileActions } from './hostile-actions.ts'
import { type LossAction, lossActions } from './ledger-losses.ts'
import { type MembershipAction, membershipActions } from './membership-actions.ts'
import { type OrganizationAction, organizationActions } from './organization-actions.ts'
import { type PauseAction, pauseActions } from './pause-actions.ts'
import { type PermissionSetAction, permissionSetActions } from './permission-set-actions.ts'
import { type RequestAction, requestActions } from './request-actions.ts'
import { type RestoreAction, restoreActions } from './restore-actions.ts'
import { type SelectorAction, selectorActions, selectorScopes } from './selector-actions.ts'
import { type SessionAction, sessionActions } from './session-actions.ts'
import { type SpoilAction, spoilActions } from './spoil-actions.ts'
import { type SuspensionAction, suspensionActions } from './suspension-actions.ts'
import { type TakeOverAction, takeOverActions } from './take-over-actions.ts'
import { type TimeAction, timeActions } from './time-actions.ts'

/** The small world that actions happen in; small, so that they meet. */
export const accounts = ['200000000001', '200000000002', '200000000003', '200000000004'] as const
export const units = ['ou-sim0-11111111', 'ou-sim0-22222222', 'ou-sim0-33333333'] as const
export const managementAccount = '100000000000'
export const principals = ['GROUP/team one', 'GROUP/team-2', 'USER/mia@example.com'] as const
/** `Late-ps` is only there once its file is; `Console-ps` is not ours. */
export const permissionSets = ['First-ps', 'Late-ps', 'Console-ps'] as const
/** Nobody has this name in the beginning. */
export const latePrincipal = 'GROUP/team-late'
const groupNames = ['team one', 'team-2', 'team-late'] as const

const scopes = [
  'root%all',
  `ou_id%${units[0]}`,
  `ou_id%${units[1]}`,
  `ou_id%${units[2]}`,
  'account_tag%team^a',
  `account%${accounts[0]}`,
  `account%${accounts[1]}`,
  `account%${accounts[2]}`,
  ...selectorScopes,
] as const
export const bodies = {
  empty: '',
  reason: '{"reason":"on call","ticket":"T-1"}',
  expired: '{"expiresAt":"2020-01-01T00:00:00Z"}',
  malformed: '{"expiresAt":"tomorrow"}',
} as const
export const badKeys = [
  'root%some%First-ps%team one%GROUP%ssofile',
  'root%all%First-ps%team one%group%ssofile',
  'undeclared/root%all%First-ps%team one%GROUP%ssofile',
]

export type Action =
  | TimeAction
  | DriftAction
  | DirectoryAction
  | OrganizationAction
  | { readonly do: 'upload a link'; readonly key: string; readonly body: keyof typeof bodies }
  | { readonly do: 'delete a link'; readonly nth: number }
  /** As `ssofile touch --rebind` does, and with its metadata lost as a sync does. */
  | { readonly do: 'have a link count as new'; readonly key: string }
  | { readonly do: 'upload a link as it is'; readonly nth: number }
  | { readonly do: 'delete this link'; readonly key: string }
  | { readonly do: 'upload a link and delete it'; readonly key: string; readonly afterMs: number }
  /** Its event is lost, and then a link of its old place is deleted: what the new place grants must stay. */
  | {
      readonly do: 'move an account and delete a link of its old place'
      readonly account: string
      readonly unit: string
    }
  | { readonly do: 'upload a bad key'; readonly key: string }
  | { readonly do: 'delete a bad key'; readonly key: string }
  | { readonly do: 'upload the permission set'; readonly name: 'First-ps' | 'Late-ps'; readonly valid: boolean }
  | { readonly do: 'create the late group' }
  | { readonly do: 'move an account'; readonly account: string; readonly unit: string; readonly silently: boolean }
  | { readonly do: 'tag an account'; readonly account: string; readonly value: 'a' | 'b'; readonly silently: boolean }
  | {
      readonly do: 'assign in the console'
      readonly account: string
      readonly principal: string
      readonly permissionSet: string
    }
  /** Only where no link grants it: what links grant would be drift. */
  | { readonly do: 'remove in the console'; readonly account: string; readonly principal: string }
  | { readonly do: 'make Console-ps again' }
  | { readonly do: 'create an account'; readonly unit: string; readonly team: 'a' | 'b' }
  /** No event tells of it. */
  | { readonly do: 'suspend an account'; readonly account: string }
  | { readonly do: 'reinstate the account'; readonly account: string }
  | { readonly do: 'close an account'; readonly account: string }
  | { readonly do: 'an account leaves'; readonly account: string }
  | { readonly do: 'create an organizational unit and move an account there'; readonly account: string }
  | { readonly do: 'rename a group'; readonly from: string; readonly to: string }
  | { readonly do: 'two groups swap names' }
  | { readonly do: 'delete a group and make it again'; readonly name: string; readonly afterMs: number }
  | { readonly do: 'reconcile' }
  | { readonly do: 'lose the caches' }
  | { readonly do: 'let time pass'; readonly ms: number }
  /** `skip`: after so many others. */
  | { readonly do: 'lose the next event'; readonly count: number; readonly skip?: number }
  | { readonly do: 'repeat the next event'; readonly count: number; readonly skip?: number }
  | { readonly do: 'delay the next event'; readonly ms: number; readonly skip?: number }
  | { readonly do: 'take the lease'; readonly ms: number }
  | { readonly do: 'kill the dispatcher' }
  | { readonly do: 'freeze the dispatcher'; readonly ms: number }
  | { readonly do: 'remove a policy that First-ps needs'; readonly account: string }
  | { readonly do: 'restore the policy'; readonly account: string }
  | ({ readonly do: 'strike calls' } & Fault)
  | PermissionSetAction
  | BrakeAction
  | PauseAction
  | SpoilAction
  | SelectorAction
  | RequestAction
  | LossAction
  | RestoreAction
  | HostileAction
  | TakeOverAction
  | SessionAction
  | SuspensionAction
  | MembershipAction

const account = fc.constantFrom(...accounts)
const linkKey = fc
  .tuple(
    fc.constantFrom('', '', '', 'folder-a/'),
    fc.constantFrom(...scopes),
    // Mostly the same, so that links overlap.
    fc.constantFrom('First-ps', 'First-ps', 'First-ps', ...permissionSets),
    fc.constantFrom('GROUP/team one', 'GROUP/team one', 'GROUP/team one', ...principals, latePrincipal),
  )
  .map(([folder, scope, permissionSet, principal]) => {
    const [type, name] = principal.split('/')
    return `links_data/${folder}${scope}%${permissionSet}%${name}%${type}%ssofile`
  })
const badKey = fc.constantFrom(...badKeys).map((key) => `links_data/${key}`)

const fault: fc.Arbitrary<Action> = fc.record({
  do: fc.constant('strike calls' as const),
  kind: fc.constantFrom(...faultKinds),
  service: fc.constantFrom(
    'any' as const,
    's3' as const,
    'sqs' as const,
    'sso-admin' as const,
    'identitystore' as const,
    'organizations' as const,
  ),
  calls: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('any' as const, 'writes' as const, 'links' as const) },
    { weight: 4, arbitrary: fc.constantFrom(...callGroupNames) },
  ),
  process: fc.constantFrom('dispatcher' as const, 'dispatcher' as const, 'handler' as const, 'any' as const),
  skip: fc.integer({ min: 0, max: 30 }),
  times: fc.integer({ min: 1, max: 12 }),
})

const groupChanges = [
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('rename a group' as const),
      from: fc.constantFrom(...groupNames),
      to: fc.constantFrom(...groupNames),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'two groups swap names' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('delete a group and make it again' as const),
      name: fc.constantFrom(...groupNames),
      afterMs: fc.constantFrom(100, 30_000, 4_000_000),
    }),
  },
] as const

/** Names change hands, as in each life of the profile `renamings`. */
export const renaming: fc.Arbitrary<Action> = fc.oneof(...groupChanges, ...directoryActions)

/** What people, the organization and misfortune do, each as likely as its weight. */
export const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 14,
    arbitrary: fc.record({
      do: fc.constant('upload a link' as const),
      key: linkKey,
      body: fc.constantFrom(
        'empty' as const,
        'empty' as const,
        'empty' as const,
        'reason' as const,
        'expired' as const,
        'malformed' as const,
      ),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('delete a link' as const), nth: fc.nat(30) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('have a link count as new' as const), key: linkKey }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('upload a link as it is' as const), nth: fc.nat(30) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('upload a link and delete it' as const),
      key: linkKey,
      afterMs: fc.integer({ min: 1, max: 800 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('move an account and delete a link of its old place' as const),
      account,
      unit: fc.constantFrom(...units),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('upload a bad key' as const), key: badKey }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete a bad key' as const), key: badKey }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('upload the permission set' as const),
      name: fc.constantFrom('First-ps' as const, 'Late-ps' as const),
      valid: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'create the late group' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('move an account' as const),
      account,
      unit: fc.constantFrom(...units),
      silently: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('tag an account' as const),
      account,
      value: fc.constantFrom('a' as const, 'b' as const),
      silently: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('assign in the console' as const),
      account,
      principal: fc.constantFrom(...principals),
      permissionSet: fc.constantFrom('First-ps', 'Console-ps'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('remove in the console' as const),
      account,
      principal: fc.constantFrom(...principals),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'make Console-ps again' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('create an account' as const),
      unit: fc.constantFrom(...units),
      team: fc.constantFrom('a' as const, 'b' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('suspend an account' as const), account }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reinstate the account' as const), account }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close an account' as const), account }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('an account leaves' as const), account }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('create an organizational unit and move an account there' as const),
      account,
    }),
  },
  ...groupChanges,
  { weight: 1, arbitrary: fc.constant({ do: 'reconcile' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'lose the caches' as const }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('let time pass' as const),
      ms: fc.constantFrom(1, 10, 100, 300, 1_000, 5_000, 30_000, 70_000, 600_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('lose the next event' as const), count: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('repeat the next event' as const), count: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('delay the next event' as const),
      ms: fc.constantFrom(500, 20_000, 120_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('take the lease' as const), ms: fc.constantFrom(30_000, 90_000) }),
  },
  { weight: 2, arbitrary: fc.constant({ do: 'kill the dispatcher' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('freeze the dispatcher' as const),
      ms: fc.constantFrom(1_000, 45_000, 70_000, 400_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove a policy that First-ps needs' as const), account }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restore the policy' as const), account }) },
  ...timeActions(linkKey),
  ...driftActions,
  ...directoryActions,
  ...organizationActions(account, fc.constantFrom(...units)),
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('let time pass' as const),
      ms: fc.constantFrom(1_200_000, 3_660_000, 4_200_000),
    }),
  },
  { weight: 8, arbitrary: fault },
  ...permissionSetActions,
  ...brakeActions,
  ...pauseActions,
  ...spoilActions,
  ...selectorActions(account),
  ...requestActions(account),
  ...lossActions,
  ...restoreActions,
  ...hostileActions,
  ...takeOverActions(account),
  ...sessionActions(account),
  ...suspensionActions,
  ...membershipActions,
)

/** An action in words: what a failure prints. */
export function describeAction({ do: what, ...rest }: Action): string {
  const details = Object.entries(rest).map(([name, value]) => `${name} ${JSON.stringify(value)}`)
  return details.length === 0 ? what : `${what}: ${details.join(', ')}`
}
