import {
  CreateGroupCommand,
  CreateUserCommand,
  type CreateUserCommandInput,
  DeleteGroupCommand,
  DeleteUserCommand,
  IsMemberInGroupsCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-identitystore'
import { SkippedStep } from './acceptance.ts'
import type { AcceptanceContext } from './acceptance-context.ts'

/** Groups of nobody, one after the other; they are deleted at the end. */
export async function makeGroups(
  context: AcceptanceContext,
  suffix: string,
  count: number,
): Promise<readonly string[]> {
  if (!context.options.mayMakeGroups)
    throw new SkippedStep('groups may not be made: --may-make-groups, where no identity provider writes the directory')
  const identityStore = context.identityStore()
  const { IdentityStoreId } = await context.instance()
  const ids: string[] = []
  for (let index = 0; index < count; index++) {
    const DisplayName = `${context.prefix}-${suffix}-${index}`
    const { GroupId = '' } = await identityStore.send(new CreateGroupCommand({ IdentityStoreId, DisplayName }))
    ids.push(GroupId)
    context.undo(`group ${DisplayName}`, async () =>
      identityStore.send(new DeleteGroupCommand({ IdentityStoreId, GroupId })).catch((error: unknown) => {
        if (!(error instanceof ResourceNotFoundException)) throw error
      }),
    )
  }
  return ids
}

/** A user who has nothing and cannot sign in; deleted at the end of the step. */
export async function makeUser(
  context: AcceptanceContext,
  suffix: string,
  fields: Pick<CreateUserCommandInput, 'Title'> = {},
): Promise<{ readonly name: string; readonly id: string }> {
  if (!context.options.mayMakeGroups)
    throw new SkippedStep('users may not be made: --may-make-groups, where no identity provider writes the directory')
  const identityStore = context.identityStore()
  const { IdentityStoreId } = await context.instance()
  const name = `${context.prefix}-${suffix}`
  const Name = { GivenName: 'ssofile', FamilyName: 'acceptance' }
  const made = await identityStore.send(
    new CreateUserCommand({ IdentityStoreId, UserName: name, DisplayName: name, Name, ...fields }),
  )
  const UserId = made.UserId ?? ''
  context.undo(`user ${name}`, () => identityStore.send(new DeleteUserCommand({ IdentityStoreId, UserId })))
  return { name, id: UserId }
}

export async function isMember(context: AcceptanceContext, UserId: string, GroupId: string): Promise<boolean> {
  const { IdentityStoreId } = await context.instance()
  const { Results = [] } = await context
    .identityStore()
    .send(new IsMemberInGroupsCommand({ IdentityStoreId, MemberId: { UserId }, GroupIds: [GroupId] }))
  return Results.some(({ MembershipExists }) => MembershipExists === true)
}
