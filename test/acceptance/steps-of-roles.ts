import { IAMClient, ListRolesCommand } from '@aws-sdk/client-iam'
import { ListTagsForResourceCommand } from '@aws-sdk/client-organizations'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import * as z from 'zod'
import { partitionOf } from '../../shared/domain/deployment/environment.ts'
import { SkippedStep, type Step } from './acceptance.ts'
import type { AcceptanceContext } from './acceptance-context.ts'

const hygiene = z.object({ ownerTag: z.string().optional() })
const findings = z.array(z.object({ check: z.string(), level: z.string(), told: z.string() }))

const auditor: Step<AcceptanceContext> = {
  name: "roles: an operator reads IAM by the auditor's role of the account",
  async run(context, note) {
    const { auditorRole } = await context.configuration()
    if (auditorRole === '') throw new SkippedStep('the configuration has no auditorRole')
    const { account, region } = context.options
    const settings = context.settings('operatorRole')
    const RoleArn = `arn:${partitionOf(region)}:iam::${account}:role/${auditorRole}`
    const asked = new AssumeRoleCommand({ RoleArn, RoleSessionName: context.prefix })
    const { Credentials: given } = await new STSClient(settings).send(asked)
    const [accessKeyId = '', secretAccessKey = ''] = [given?.AccessKeyId, given?.SecretAccessKey]
    const credentials = { accessKeyId, secretAccessKey, sessionToken: given?.SessionToken }
    const iam = new IAMClient({ ...settings, profile: undefined, credentials })
    const { Roles = [] } = await iam.send(new ListRolesCommand({ MaxItems: 100 }))
    note({ auditorRoleListsRoles: Roles.length > 0 })
    if (Roles.length === 0) throw new Error(`the role ${auditorRole} sees no role in ${account}`)
  },
}

/** ssofile finds that there is no such key, which only the role in the account can tell. */
const retire: Step<AcceptanceContext> = {
  name: 'roles: ssofile looks for a key in the account by the hygiene role',
  async run(context, note) {
    const { hygieneRole } = await context.configuration()
    if (hygieneRole === '') throw new SkippedStep('the configuration has no hygieneRole')
    const { ownerTag } = hygiene.parse((await context.json('hygiene.json')) ?? {})
    if (ownerTag === undefined) throw new SkippedStep('hygiene.json names no ownerTag')
    const { account } = context.options
    const asked = new ListTagsForResourceCommand({ ResourceId: account })
    const { Tags = [] } = await context.organizations().send(asked)
    const owner = Tags.find(({ Key }) => Key === ownerTag)?.Value
    if (owner === undefined) throw new SkippedStep(`account ${account} has no tag '${ownerTag}'`)
    const file = `retire/${owner}/account%${account}%${context.prefix}-nobody%AKIAIOSFODNN7EXAMPLE%ssofile`
    // There is nothing to take back: its status goes by itself, within five minutes.
    await context.put(file, '', 'accountOwner')
    note({ uploadToRetiredMs: await context.untilStateMs('applied', file) })
  },
}

const breakGlass: Step<AcceptanceContext> = {
  name: 'break-glass: it is as its file says',
  async run(context, note) {
    const { breakGlass: file } = context.options
    if (file === undefined) throw new SkippedStep('there is no definition: --break-glass FILE')
    const { exitCode, stdout, stderr } = await context.ssofile('auditor', [
      'break-glass',
      'check',
      '--file',
      file,
      '--json',
    ])
    if (exitCode > 1) throw new Error(`ssofile break-glass check: exit code ${exitCode}: ${stderr}`)
    const checked = findings.parse(JSON.parse(stdout))
    const failed = checked.filter(({ level }) => level === 'fail')
    note({ breakGlassChecks: checked.length, breakGlassFindings: failed.length })
    if (exitCode === 1) throw new Error(failed.map(({ check, told }) => `${check}: ${told}`).join('; '))
  },
}

export const stepsOfRoles: readonly Step<AcceptanceContext>[] = [auditor, retire, breakGlass]
