import { CreateGroupCommand, DeleteGroupCommand, UpdateGroupCommand } from '@aws-sdk/client-identitystore'
import {
  CreateOrganizationalUnitCommand,
  DeleteOrganizationalUnitCommand,
  ListParentsCommand,
  MoveAccountCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-organizations'
import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import { SkippedStep, type Step } from './acceptance.ts'
import type { AcceptanceContext } from './acceptance-context.ts'
import { putLink } from './put-link.ts'

type EventStep = Step<AcceptanceContext>

/** By which event ssofile last heard of this, as it notes it for the doctor. */
async function heardOf(context: AcceptanceContext, kind: 'organization' | 'directory'): Promise<string> {
  return JSON.stringify((await context.json('state/arrivals.json'))?.[kind] ?? '')
}

/** A link that has no account or principal yet. */
async function putEarly(context: AcceptanceContext, set: string, link: string): Promise<void> {
  await putLink(context, set, link)
  await context.untilStateMs('waiting', link)
}

async function tagAccount(context: AcceptanceContext, Key: string): Promise<void> {
  const { account: ResourceId } = context.options
  const organizations = context.organizations()
  context.undo(`the tag ${Key}`, () => organizations.send(new UntagResourceCommand({ ResourceId, TagKeys: [Key] })))
  await organizations.send(new TagResourceCommand({ ResourceId, Tags: [{ Key, Value: 'yes' }] }))
}

/** An event that follows another within ten minutes is not noted: then a link that it makes effective shows it. */
const tag: EventStep = {
  name: 'events: a tag of the account brings its access',
  async run(context, note) {
    const set = `${context.prefix}-tag`
    const link = `links_data/account_tag%${set}^yes%${set}%${context.options.group}%GROUP%ssofile`
    await putEarly(context, set, link)
    await tagAccount(context, set)
    note({ tagToGrantedMs: await context.untilStateMs('applied', link) })
    note({ organizationEvent: nameOf(await heardOf(context, 'organization')) })
  },
}

const overlap: EventStep = {
  name: 'access that two links give stays until both are gone',
  async run(context, note) {
    const { account, group } = context.options
    const set = `${context.prefix}-two`
    const grant = `account%${account}%${set}%${group}%GROUP%ssofile`
    const [first, second] = [`links_data/account_tag%${set}^yes%${set}%${group}%GROUP%ssofile`, `links_data/${grant}`]
    const entry = () => context.recordOf(grant)
    await putEarly(context, set, first)
    await tagAccount(context, set)
    await context.untilStateMs('applied', first)
    const before = (await entry())?.grantedAt
    await context.put(second)
    await context.untilStateMs('applied', second)
    await context.remove(first)
    await context.untilGoneMs(first)
    const after = (await entry())?.grantedAt
    if (before === undefined || after !== before)
      throw new Error(`it was granted at ${String(before)}, and after one link was gone at ${String(after)}`)
    await context.remove(second)
    const isGone = async () => (await entry()) === undefined
    note({ lastDeletedToRevokedMs: await context.untilMs('the end of the access', isGone) })
  },
}

const rename: EventStep = {
  name: 'events: a group that gets the name a link waits for brings its access',
  async run(context, note) {
    const { account, mayMakeGroups } = context.options
    if (!mayMakeGroups) throw new SkippedStep('groups may not be made: --may-make-groups')
    const identityStore = context.identityStore()
    const { IdentityStoreId } = await context.instance()
    const [set, name] = [`${context.prefix}-ren`, `${context.prefix}-renamed`]
    const link = `links_data/account%${account}%${set}%${name}%GROUP%ssofile`
    const made = await identityStore.send(new CreateGroupCommand({ IdentityStoreId, DisplayName: `${name}-not-yet` }))
    const { GroupId } = made
    context.undo(`group ${name}`, () => identityStore.send(new DeleteGroupCommand({ IdentityStoreId, GroupId })))
    await putEarly(context, set, link)
    const Operations = [{ AttributePath: 'displayName', AttributeValue: name }]
    await identityStore.send(new UpdateGroupCommand({ IdentityStoreId, GroupId, Operations }))
    note({ renameToGrantedMs: await context.untilStateMs('applied', link) })
    note({ directoryEvent: nameOf(await heardOf(context, 'directory')) })
  },
}

/** Into a new organizational unit within the one in which the account is: all that holds there goes on to hold. */
const move: EventStep = {
  name: 'events: an account that moves into an organizational unit gets its access, and loses it when it moves back',
  async run(context, note) {
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
    await putEarly(context, set, link)
    const moveTo = async (DestinationParentId: string) => {
      const SourceParentId = await parentOf()
      if (SourceParentId !== DestinationParentId)
        await organizations.send(new MoveAccountCommand({ AccountId, SourceParentId, DestinationParentId }))
    }
    context.undo(`the move of ${AccountId} from ${home}`, () => moveTo(home))
    await moveTo(unit)
    const entry = () => context.recordOf(`account%${AccountId}%${set}%${group}%GROUP%ssofile`)
    const isThere = async () => (await entry())?.state === 'granted' && (await context.stateOf(link)) === 'applied'
    note({ moveToGrantedMs: await context.untilMs('the access', isThere) })
    await moveTo(home)
    const isGone = async () => (await entry()) === undefined
    note({ movedBackToRevokedMs: await context.untilMs('the end of the access', isGone) })
  },
}

const watched: EventStep = {
  name: 'events: the hourly call of the watching role arrives',
  async run(context, note) {
    if ((await context.configuration()).usageDays === 0) throw new SkippedStep('uses are not recorded: usageDays is 0')
    const isWatched = async () => (await context.json('usage/watched.json')) !== undefined
    note({ watchedMs: await context.untilMs('usage/watched.json', isWatched) })
  },
}

/** Opening the account in the portal, or `aws sso login` and a call, needs a person. */
const uses: EventStep = {
  name: 'events: uses of access by people are recorded',
  async run(context, note) {
    if ((await context.configuration()).usageDays === 0) throw new SkippedStep('uses are not recorded: usageDays is 0')
    const Prefix = 'usage/people/'
    const { Contents = [] } = await context
      .s3('auditor')
      .send(new ListObjectsV2Command({ Bucket: context.options.bucket, Prefix }))
    const [Key] = Contents.map((one) => one.Key ?? '')
    note({
      peopleWithUses: Contents.length,
      usesOfOne: Key && JSON.stringify((await context.json(Key))?.uses),
    })
  },
}

function nameOf(arrival: string): string {
  return /"name":"([^"]*)"/.exec(arrival)?.[1] ?? ''
}

export const stepsOfEvents: readonly EventStep[] = [tag, overlap, rename, move, watched, uses]
