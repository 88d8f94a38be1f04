import { CreateGroupCommand, DeleteGroupCommand, UpdateGroupCommand } from '@aws-sdk/client-identitystore'
import {
  CreateOrganizationalUnitCommand,
  DeleteOrganizationalUnitCommand,
  ListParentsCommand,
  MoveAccountCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-organizations'
import { SkippedStep, type Step } from './acceptance.ts'
import type { AcceptanceContext } from './acceptance-context.ts'

type EventStep = Step<AcceptanceContext>

/** By which event ssofile last heard of this, as it notes it for the doctor. */
async function heardOf(context: AcceptanceContext, kind: 'organization' | 'directory'): Promise<string> {
  return JSON.stringify((await context.json('state/arrivals.json'))?.[kind] ?? '')
}

type Early = { readonly set: string; readonly link: string }

/** Uploads a permission set and a link that has no account or principal yet; both go at the end, the link first. */
async function putEarly(context: AcceptanceContext, { set, link }: Early): Promise<void> {
  const file = `permission_sets/${set}.json`
  context.undo(`what ${link} brought`, async () => {
    await context.remove(link)
    await context.untilMs('the end of the link', async () => (await context.stateOf(link)) === undefined)
    await context.remove(file)
    await context.untilMs('the end of the permission set', async () => (await context.stateOf(file)) === undefined)
  })
  await context.put(file, JSON.stringify({ permissionSetName: set }))
  await context.put(link)
  await context.untilMs("'waiting'", async () => (await context.stateOf(link)) === 'waiting')
}

const untilApplied = (context: AcceptanceContext, link: string) =>
  context.untilMs('the access', async () => (await context.stateOf(link)) === 'applied')

async function tagAccount(context: AcceptanceContext, Key: string): Promise<void> {
  const { account: ResourceId } = context.options
  const organizations = context.organizations()
  context.undo(`the tag ${Key}`, () => organizations.send(new UntagResourceCommand({ ResourceId, TagKeys: [Key] })))
  await organizations.send(new TagResourceCommand({ ResourceId, Tags: [{ Key, Value: 'yes' }] }))
}

/** An event that follows another within ten minutes is not noted: then a link that it makes effective shows it. */
const tag: EventStep = {
  name: 'events: a tag of the account brings its access',
  async run(context) {
    const set = `${context.prefix}-tag`
    const link = `links_data/account_tag%${set}^yes%${set}%${context.options.group}%GROUP%ssofile`
    await putEarly(context, { set, link })
    await tagAccount(context, set)
    const tagToGrantedMs = await untilApplied(context, link)
    return { tagToGrantedMs, organizationEvent: nameOf(await heardOf(context, 'organization')) }
  },
}

const overlap: EventStep = {
  name: 'access that two links give stays until both are gone',
  async run(context) {
    const { account, group } = context.options
    const set = `${context.prefix}-two`
    const grant = `account%${account}%${set}%${group}%GROUP%ssofile`
    const [first, second] = [`links_data/account_tag%${set}^yes%${set}%${group}%GROUP%ssofile`, `links_data/${grant}`]
    const entry = () => context.recordOf(grant)
    await putEarly(context, { set, link: first })
    await tagAccount(context, set)
    await untilApplied(context, first)
    const before = (await entry())?.grantedAt
    await context.put(second)
    await untilApplied(context, second)
    await context.remove(first)
    await context.untilMs('the end of the first', async () => (await context.stateOf(first)) === undefined)
    const after = (await entry())?.grantedAt
    if (before === undefined || after !== before)
      throw new Error(`it was granted at ${String(before)}, and after one link was gone at ${String(after)}`)
    await context.remove(second)
    const lastDeletedToRevokedMs = await context.untilMs('the end', async () => (await entry()) === undefined)
    return { lastDeletedToRevokedMs }
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
    const made = await identityStore.send(new CreateGroupCommand({ IdentityStoreId, DisplayName: `${name}-not-yet` }))
    const { GroupId } = made
    context.undo(`group ${name}`, () => identityStore.send(new DeleteGroupCommand({ IdentityStoreId, GroupId })))
    await putEarly(context, { set, link })
    const Operations = [{ AttributePath: 'displayName', AttributeValue: name }]
    await identityStore.send(new UpdateGroupCommand({ IdentityStoreId, GroupId, Operations }))
    const renameToGrantedMs = await untilApplied(context, link)
    return { renameToGrantedMs, directoryEvent: nameOf(await heardOf(context, 'directory')) }
  },
}

/** Into a new organizational unit within the one in which the account is: all that holds there goes on to hold. */
const move: EventStep = {
  name: 'events: an account that moves into an organizational unit gets its access, and loses it when it moves back',
  async run(context) {
    const { account: AccountId, group, mayMoveAccount } = context.options
    if (!mayMoveAccount) throw new SkippedStep('the account may not be moved: --may-move-account')
    const organizations = context.organizations()
    const parentOf = async () => {
      const { Parents = [] } = await organizations.send(new ListParentsCommand({ ChildId: AccountId }))
      return Parents[0]?.Id ?? ''
    }
    const home = await parentOf()
    const set = `${context.prefix}-mov`
    const made = await organizations.send(new CreateOrganizationalUnitCommand({ ParentId: home, Name: set }))
    const unit = made.OrganizationalUnit?.Id ?? ''
    context.undo(`organizational unit ${set}`, () =>
      organizations.send(new DeleteOrganizationalUnitCommand({ OrganizationalUnitId: unit })),
    )
    const link = `links_data/ou_id%${unit}%${set}%${group}%GROUP%ssofile`
    // It exists, and has no account yet.
    await putEarly(context, { set, link })
    const moveTo = async (DestinationParentId: string) => {
      const SourceParentId = await parentOf()
      if (SourceParentId !== DestinationParentId)
        await organizations.send(new MoveAccountCommand({ AccountId, SourceParentId, DestinationParentId }))
    }
    context.undo(`the move of ${AccountId} from ${home}`, () => moveTo(home))
    await moveTo(unit)
    const entry = () => context.recordOf(`account%${AccountId}%${set}%${group}%GROUP%ssofile`)
    const moveToGrantedMs = await context.untilMs(
      'the access',
      async () => (await entry())?.state === 'granted' && (await context.stateOf(link)) === 'applied',
    )
    await moveTo(home)
    const movedBackToRevokedMs = await context.untilMs(
      'the end of the access',
      async () => (await entry()) === undefined,
    )
    return { moveToGrantedMs, movedBackToRevokedMs }
  },
}

function nameOf(arrival: string): string {
  return /"name":"([^"]*)"/.exec(arrival)?.[1] ?? ''
}

export const stepsOfEvents: readonly EventStep[] = [tag, overlap, rename, move]
