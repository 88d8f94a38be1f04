import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  CreateGroupMembershipCommand,
  DeleteGroupMembershipCommand,
  ListUsersCommand,
} from '@aws-sdk/client-identitystore'
import * as z from 'zod'
import { SkippedStep, type Step } from './acceptance.ts'
import type { AcceptanceContext } from './acceptance-context.ts'
import { makeGroups } from './make-principals.ts'

async function run(command: string): Promise<void> {
  const child = spawn(command, { shell: true, stdio: ['ignore', 'ignore', 'inherit'] })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${command}: exit code ${code}`)
}

/** Links are uploaded while functions change; all become access, once each, and all of it goes. */
export const upgrade: Step<AcceptanceContext> = {
  name: 'an upgrade from the last release, and a rollback, with work in progress',
  async run(context, note) {
    const { account, group, deploys } = context.options
    const { last, present } = deploys
    if (last === undefined || present === undefined)
      throw new SkippedStep(
        'nobody has said how the last release is deployed: --deploy-last and --deploy-present COMMAND',
      )
    const sets = ['up', 'back', 'again'].map((name) => `${context.prefix}-${name}`)
    const files = sets.map((set) => `permission_sets/${set}.json`)
    const links = sets.map((set) => `links_data/account%${account}%${set}%${group}%GROUP%ssofile`)
    context.undo('what was granted in between', async () => {
      for (const link of links) await context.remove(link)
      await context.untilGoneMs(...links)
      for (const file of files) await context.remove(file)
      await context.untilGoneMs(...files)
    })
    context.undo('the last release', () => run(present))
    await run(last)
    for (const [index, command] of [present, last, present].entries()) {
      const [set = '', file = '', link = ''] = [sets[index], files[index], links[index]]
      await context.put(file, JSON.stringify({ permissionSetName: set }))
      await context.put(link)
      await run(command)
    }
    note({ changedToAppliedMs: await context.untilStateMs('applied', ...links) })
  },
}

const alarms = z.object({ MetricAlarms: z.array(z.object({ AlarmName: z.string() })).default([]) })
const history = z.object({ AlarmHistoryItems: z.array(z.object({ HistorySummary: z.string() })).default([]) })

/** CloudWatch takes the state back at its next look. That each rings when its thing stops, test/infra/alarms.ts shows. */
export const ringing: Step<AcceptanceContext> = {
  name: 'every alarm rings once, and its mail goes out',
  async run(context, note) {
    const began = new Date().toISOString()
    const ask = (...args: readonly string[]) => context.aws('administrator', 'cloudwatch', ...args)
    const { MetricAlarms } = alarms.parse(
      await ask('describe-alarms', '--alarm-name-prefix', `${context.options.deployment}-`),
    )
    if (MetricAlarms.length === 0) throw new Error('there are no alarms')
    for (const { AlarmName } of MetricAlarms) {
      const to = ['--state-value', 'ALARM', '--state-reason', 'ssofile acceptance']
      await ask('set-alarm-state', '--alarm-name', AlarmName, ...to)
      const only = ['--history-item-type', 'Action', '--start-date', began]
      await context.untilMs(`the action of ${AlarmName}`, async () => {
        const told = history.parse(await ask('describe-alarm-history', '--alarm-name', AlarmName, ...only))
        return told.AlarmHistoryItems.some(({ HistorySummary }) => HistorySummary.startsWith('Successfully executed'))
      })
    }
    note({ alarmsRung: MetricAlarms.length })
  },
}

const trail = z.object({ Events: z.array(z.object({ CloudTrailEvent: z.string() })).default([]) })
/** What the steps before have done, and who did it: CloudTrail tells it in the account of the caller. */
const wanted = {
  CreatePermissionSet: 'administrator',
  CreateAccountAssignment: 'administrator',
  CreateGroup: 'administrator',
  CreateGroupMembership: 'administrator',
  UpdateGroup: 'administrator',
  TagResource: 'management',
  MoveAccount: 'management',
} as const
type Wanted = keyof typeof wanted

/** Word by word: which members the events of AWS have is documented for none of these. */
export const rawEvents: Step<AcceptanceContext> = {
  name: 'events: tag, move, rename, membership and assignment as CloudTrail tells them',
  async run(context, note) {
    const since = new Date(Date.now() - 60 * 60_000).toISOString()
    const { region, organizationRegion, endpoint } = context.options
    const ask = (name: Wanted) =>
      context.aws(
        wanted[name],
        ...['cloudtrail', 'lookup-events', '--max-results', '1', '--start-time', since],
        ...['--lookup-attributes', `AttributeKey=EventName,AttributeValue=${name}`],
        ...['--region', wanted[name] === 'management' ? organizationRegion : region],
      )
    if (trail.parse(await ask('CreatePermissionSet')).Events.length === 0 && endpoint !== undefined)
      throw new SkippedStep(`the event history of ${endpoint} has no calls of IAM Identity Center`)
    await makeMembership(context)
    const missing = new Set(Object.keys(wanted) as Wanted[])
    const isAllThere = async () => {
      for (const name of missing) {
        const [found] = trail.parse(await ask(name)).Events
        if (found === undefined) continue
        note({ [`event${name}`]: found.CloudTrailEvent })
        missing.delete(name)
      }
      return missing.size === 0
    }
    // A step that was skipped has no event. The events of the others are told all the same.
    await context.untilMs('the events', isAllThere).catch((error: unknown) => {
      if (missing.size === Object.keys(wanted).length) throw error
    })
    note(Object.fromEntries([...missing].map((name) => [`event${name}`, undefined])))
  },
}

async function makeMembership(context: AcceptanceContext): Promise<void> {
  const [GroupId = ''] = await makeGroups(context, 'member', 1)
  const identityStore = context.identityStore()
  const { IdentityStoreId } = await context.instance()
  const { Users: [user] = [] } = await identityStore.send(new ListUsersCommand({ IdentityStoreId, MaxResults: 1 }))
  const MemberId = { UserId: user?.UserId ?? '' }
  const { MembershipId } = await identityStore.send(
    new CreateGroupMembershipCommand({ IdentityStoreId, GroupId, MemberId }),
  )
  context.undo('the membership', () =>
    identityStore.send(new DeleteGroupMembershipCommand({ IdentityStoreId, MembershipId })),
  )
}
