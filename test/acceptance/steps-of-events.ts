import { CreateGroupCommand, DeleteGroupCommand, UpdateGroupCommand } from '@aws-sdk/client-identitystore'
import { TagResourceCommand, UntagResourceCommand } from '@aws-sdk/client-organizations'
import { SkippedStep, type Step } from './acceptance.ts'
import type { AcceptanceContext } from './acceptance-context.ts'

type EventStep = Step<AcceptanceContext>

/** By which event ssofile last heard of this, as it notes it for the doctor. */
async function heardOf(context: AcceptanceContext, kind: 'organization' | 'directory'): Promise<string> {
  return JSON.stringify((await context.json('state/arrivals.json'))?.[kind] ?? '')
}

/** An event that follows another within ten minutes is not noted: then a link that it makes effective shows it. */
const tag: EventStep = {
  name: 'events: a tag of the account brings its access',
  async run(context) {
    const { account, group } = context.options
    const organizations = context.organizations()
    const Key = context.prefix
    const set = `${context.prefix}-tag`
    const link = `links_data/account_tag%${Key}^yes%${set}%${group}%GROUP%ssofile`
    const file = `permission_sets/${set}.json`
    context.undo('what the tag brought', async () => {
      await context.remove(link)
      await context.untilMs('the end of the link', async () => (await context.stateOf(link)) === undefined)
      await context.remove(file)
      await context.untilMs('the end of the permission set', async () => (await context.stateOf(file)) === undefined)
    })
    await context.put(file, JSON.stringify({ permissionSetName: set }))
    await context.put(link)
    await context.untilMs('waiting', async () => (await context.stateOf(link)) === 'waiting')
    context.undo('the tag', () => organizations.send(new UntagResourceCommand({ ResourceId: account, TagKeys: [Key] })))
    await organizations.send(new TagResourceCommand({ ResourceId: account, Tags: [{ Key, Value: 'yes' }] }))
    const tagToGrantedMs = await context.untilMs('the access', async () => (await context.stateOf(link)) === 'applied')
    return { tagToGrantedMs, organizationEvent: nameOf(await heardOf(context, 'organization')) }
  },
}

const rename: EventStep = {
  name: 'events: a group that gets the name a link waits for brings its access',
  async run(context) {
    const { account, mayMakeGroups } = context.options
    if (!mayMakeGroups) throw new SkippedStep('groups may not be made: --may-make-groups')
    const identityStore = context.identityStore()
    const { IdentityStoreId } = await context.instance()
    const [set, name] = [`${context.prefix}-ren`, `${context.prefix}-renamed`]
    const link = `links_data/account%${account}%${set}%${name}%GROUP%ssofile`
    const file = `permission_sets/${set}.json`
    const made = await identityStore.send(new CreateGroupCommand({ IdentityStoreId, DisplayName: `${name}-not-yet` }))
    const { GroupId } = made
    context.undo(`group ${name}`, () => identityStore.send(new DeleteGroupCommand({ IdentityStoreId, GroupId })))
    context.undo('what the name brought', async () => {
      await context.remove(link)
      await context.untilMs('the end of the link', async () => (await context.stateOf(link)) === undefined)
      await context.remove(file)
      await context.untilMs('the end of the permission set', async () => (await context.stateOf(file)) === undefined)
    })
    await context.put(file, JSON.stringify({ permissionSetName: set }))
    await context.put(link)
    await context.untilMs('waiting', async () => (await context.stateOf(link)) === 'waiting')
    const Operations = [{ AttributePath: 'displayName', AttributeValue: name }]
    await identityStore.send(new UpdateGroupCommand({ IdentityStoreId, GroupId, Operations }))
    const renameToGrantedMs = await context.untilMs(
      'the access',
      async () => (await context.stateOf(link)) === 'applied',
    )
    return { renameToGrantedMs, directoryEvent: nameOf(await heardOf(context, 'directory')) }
  },
}

function nameOf(arrival: string): string {
  return /"name":"([^"]*)"/.exec(arrival)?.[1] ?? ''
}

const notHere = (name: string, reason: string): EventStep => ({
  name,
  run: async () => {
    throw new SkippedStep(reason)
  },
})

export const stepsOfEvents: readonly EventStep[] = [
  tag,
  rename,
  notHere('events: an account that moves', 'not written yet: it needs a second organizational unit'),
  notHere('events: an assignment made by hand', 'ssofile looks at these every night: ssofile apply'),
]
