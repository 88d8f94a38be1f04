import { GetUserIdCommand } from '@aws-sdk/client-identitystore'
import { GetInlinePolicyForPermissionSetCommand } from '@aws-sdk/client-sso-admin'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import * as z from 'zod'
import { parsePersonSession } from '../../shared/domain/principals/person-session.ts'
import { SkippedStep, type Step } from './acceptance.ts'
import { type AcceptanceContext, type PersonKind, refusalOf } from './acceptance-context.ts'
import { makeUser } from './make-principals.ts'
import { putLink, putSet } from './put-link.ts'

type RequestStep = Step<AcceptanceContext>

const told = z.object({ key: z.string(), status: z.object({ request: z.object({ digest: z.string() }) }) })

/** Who this kind of person is in IAM Identity Center: the name of the session, and the id of the user. */
async function userOf(context: AcceptanceContext, kind: PersonKind) {
  const { Arn = '' } = await new STSClient(context.settings(kind)).send(new GetCallerIdentityCommand({}))
  const name = parsePersonSession(Arn)?.userName
  if (name === undefined) throw new SkippedStep(`${kind} is ${Arn}, expected a session of IAM Identity Center`)
  const { IdentityStoreId } = await context.instance()
  const UniqueAttribute = { AttributePath: 'userName', AttributeValue: name }
  const asked = new GetUserIdCommand({ IdentityStoreId, AlternateIdentifier: { UniqueAttribute } })
  return { name, id: (await context.identityStore().send(asked)).UserId ?? '' }
}

async function ssofile(context: AcceptanceContext, kind: PersonKind, ...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await context.ssofile(kind, args)
  if (exitCode !== 0) throw new Error(`ssofile ${args[0]} ${args[1]}: exit code ${exitCode}: ${stderr}${stdout}`)
  return stdout
}

/** The bucket lets a session write under its own user's id alone: `${identitystore:UserId}` in its policy. */
const request: RequestStep = {
  name: 'requests: a person asks, another approves, and the access ends when the person is finished',
  async run(context, note) {
    const { account } = context.options
    const set = `${context.prefix}-req`
    const [requester, approver] = [await userOf(context, 'requester'), await userOf(context, 'approver')]
    const eligibility = {
      for: { users: [requester.name] },
      approvers: { users: [approver.name] },
      ...{ permissionSets: [set], scopes: [`account%${account}`], longest: 'PT1H' },
    }
    await putSet(context, set)
    await context.put(`eligibility/${set}.json`, JSON.stringify(eligibility), 'governance')
    const key = `${requester.id}/account%${account}%${set}%${requester.name}%USER%ssofile`
    const ofAnother = context.put(`requests/${key.replace(requester.id, approver.id)}`, '', 'requester')
    note({ requestOfAnotherStatus: (await refusalOf(ofAnother)).status })
    context.undo(`requests/${key}`, () => context.remove(`requests/${key}`, 'requester'))
    const asked = ['request', `account%${account}%${set}`, '--for', '1h', '--reason', 'acceptance', '--json']
    const { digest } = told.parse(JSON.parse(await ssofile(context, 'requester', ...asked))).status.request
    const beganMs = performance.now()
    await ssofile(context, 'approver', 'approve', digest, '--yes')
    const link = `links_data/temporary/${key.slice(key.indexOf('/') + 1)}`
    await context.untilStateMs('applied', link)
    note({ approvedToGrantedMs: Math.round(performance.now() - beganMs) })
    await ssofile(context, 'requester', 'finish', digest)
    const isRevoked = async () => (await context.recordOf(link)) === undefined
    note({ finishedToRevokedMs: await context.untilMs('the end of the access', isRevoked) })
  },
}

const sessions: RequestStep = {
  name: 'sessions: an operator ends those of a user, by a denial in the permission set',
  async run(context, note) {
    const { account } = context.options
    const set = `${context.prefix}-ses`
    const user = await makeUser(context, 'ses')
    const link = `links_data/account%${account}%${set}%${user.name}%USER%ssofile`
    await putLink(context, set, link)
    await context.untilStateMs('applied', link)
    const beganMs = performance.now()
    const named = ['--permission-set', set, '--account', account]
    await ssofile(context, 'operatorRole', 'sessions', 'end', user.name, ...named, '--yes')
    note({ sessionsEndedMs: Math.round(performance.now() - beganMs) })
    const { InstanceArn } = await context.instance()
    const PermissionSetArn = String((await context.json(`owned_permission_sets/${set}`))?.arn)
    const asked = new GetInlinePolicyForPermissionSetCommand({ InstanceArn, PermissionSetArn })
    const { InlinePolicy = '' } = await context.ssoAdmin().send(asked)
    if (!InlinePolicy.includes(user.id))
      throw new Error(`the permission set has no denial of ${user.id}: ${InlinePolicy}`)
  },
}

export const stepsOfRequests: readonly RequestStep[] = [request, sessions]
