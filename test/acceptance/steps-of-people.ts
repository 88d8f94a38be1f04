import {
  DeleteUserCommand,
  GetGroupIdCommand,
  ListUsersCommand,
  UpdateUserCommand,
} from '@aws-sdk/client-identitystore'
import { SkippedStep, type Step } from './acceptance.ts'
import type { AcceptanceContext } from './acceptance-context.ts'
import { isMember, makeUser } from './make-principals.ts'
import { putLink } from './put-link.ts'

type PeopleStep = Step<AcceptanceContext>

const suspended: PeopleStep = {
  name: 'people: a suspended user loses the access within a minute, and gets it back',
  async run(context, note) {
    const { account } = context.options
    const set = `${context.prefix}-sus`
    const { name } = await makeUser(context, 'sus')
    const link = `links_data/account%${account}%${set}%${name}%USER%ssofile`
    const suspension = `suspended/${name}`
    await putLink(context, set, link)
    await context.untilStateMs('applied', link)
    await context.putUntilGone(suspension, '{ "reason": "acceptance" }', 'people')
    const isRevoked = async () => (await context.recordOf(link)) === undefined
    note({ suspendedToRevokedMs: await context.untilMs('the end of the access', isRevoked) })
    note({ suspendedToDoneMs: await context.untilStateMs('suspended', suspension) })
    await context.remove(suspension, 'people')
    note({ restoredToGrantedMs: await context.untilStateMs('applied', link) })
  },
}

/** A group by a file, which is gone at the end. Answers its id. */
async function putGroup(context: AcceptanceContext, name: string): Promise<string> {
  const group = `groups/${name}.json`
  await context.putUntilGone(group, '{ "description": "ssofile acceptance" }', 'governance')
  await context.untilStateMs('applied', group)
  const { IdentityStoreId } = await context.instance()
  const UniqueAttribute = { AttributePath: 'displayName', AttributeValue: name }
  const asked = new GetGroupIdCommand({ IdentityStoreId, AlternateIdentifier: { UniqueAttribute } })
  return (await context.identityStore().send(asked)).GroupId ?? ''
}

const memberships: PeopleStep = {
  name: 'people: a group by a file, and a user in it by another',
  async run(context, note) {
    const group = `${context.prefix}-grp`
    const user = await makeUser(context, 'mem')
    const groupId = await putGroup(context, group)
    const folder = context.options.membershipFolder
    const membership = `memberships/${folder === '' ? '' : `${folder}/`}${group}%${user.name}%ssofile`
    await context.putUntilGone(membership, '{ "reason": "acceptance" }', 'memberships')
    note({ uploadToMemberMs: await context.untilStateMs('applied', membership) })
    if (!(await isMember(context, user.id, groupId))) throw new Error('the directory does not have the membership')
    await context.remove(membership, 'memberships')
    const isOut = async () => !(await isMember(context, user.id, groupId))
    note({ deletedToNoMemberMs: await context.untilMs('the end of the membership', isOut) })
  },
}

const rule: PeopleStep = {
  name: 'people: a rule puts a user into a group, and takes the user out when the title changes',
  async run(context, note) {
    const { prefix } = context
    const user = await makeUser(context, 'rul', { Title: prefix })
    const groupId = await putGroup(context, `${prefix}-byrule`)
    await context.putUntilGone(`rules/${prefix}-byrule.json`, JSON.stringify({ title: [prefix] }), 'governance')
    const isIn = () => isMember(context, user.id, groupId)
    note({ ruleToMemberMs: await context.untilMs('the membership', isIn) })
    const { IdentityStoreId } = await context.instance()
    const Operations = [{ AttributePath: 'title', AttributeValue: 'nothing' }]
    await context.identityStore().send(new UpdateUserCommand({ IdentityStoreId, UserId: user.id, Operations }))
    note({ titleToNoMemberMs: await context.untilMs('the end of the membership', async () => !(await isIn())) })
  },
}

const person: PeopleStep = {
  name: 'people: a user is made and changed by a file',
  async run(context, note) {
    const { directory } = await context.configuration()
    if (directory !== 'identity-center')
      throw new SkippedStep(`the configuration has the directory '${directory}', expected 'identity-center'`)
    const name = `${context.prefix}-per`
    const file = `people/${name}.json`
    const identityStore = context.identityStore()
    const { IdentityStoreId } = await context.instance()
    const find = async () => {
      const Filters = [{ AttributePath: 'UserName', AttributeValue: name }]
      const { Users: [user] = [] } = await identityStore.send(new ListUsersCommand({ IdentityStoreId, Filters }))
      return user
    }
    const write = (title: string) =>
      context.put(
        file,
        JSON.stringify({ displayName: name, givenName: 'ssofile', familyName: 'acceptance', title }),
        'people',
      )
    context.undo(`user ${name}`, async () => {
      const user = await find()
      if (user) await identityStore.send(new DeleteUserCommand({ IdentityStoreId, UserId: user.UserId }))
    })
    await write('first')
    note({ personToUserMs: await context.untilMs('the user', async () => (await find())?.Title === 'first') })
    await write('second')
    note({ changeToTitleMs: await context.untilMs('the title', async () => (await find())?.Title === 'second') })
  },
}

export const stepsOfPeople: readonly PeopleStep[] = [suspended, memberships, rule, person]
