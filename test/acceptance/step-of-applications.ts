import {
  CreateApplicationCommand,
  DeleteApplicationCommand,
  PutApplicationAccessScopeCommand,
} from '@aws-sdk/client-sso-admin'
import * as z from 'zod'
import { SkippedStep, type Step } from './acceptance.ts'
import type { AcceptanceContext } from './acceptance-context.ts'

const shown = z.object({ applications: z.array(z.object({ arn: z.string() })), notes: z.array(z.string()) })

/** AWS may show a delegated administrator only some applications of the instance, or none. One that exists tells. */
export const applications: Step<AcceptanceContext> = {
  name: 'applications: one that may act for its users is shown to operators',
  async run(context, note) {
    if (context.options.people.operator === undefined)
      throw new SkippedStep('nobody asks for applications: --as operator=PROFILE')
    const sso = context.ssoAdmin()
    const { InstanceArn } = await context.instance()
    const ApplicationProviderArn = 'arn:aws:sso::aws:applicationProvider/custom'
    const asked = new CreateApplicationCommand({ InstanceArn, ApplicationProviderArn, Name: `${context.prefix}-app` })
    const { ApplicationArn } = await sso.send(asked)
    context.undo('the application', () => sso.send(new DeleteApplicationCommand({ ApplicationArn })))
    await sso.send(new PutApplicationAccessScopeCommand({ ApplicationArn, Scope: 'sso:account:access' }))
    const { stdout, stderr } = await context.ssofile('operator', ['who', '--applications', '--json'])
    if (stdout === '') throw new Error(`ssofile who --applications: ${stderr}`)
    const { applications: all, notes } = shown.parse(JSON.parse(stdout))
    if (notes.length > 0) throw new Error(`ssofile who --applications: ${notes.join('; ')}`)
    note({ operatorSeesApplications: all.some(({ arn }) => arn === ApplicationArn) })
  },
}
