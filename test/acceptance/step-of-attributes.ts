import {
  DeleteInstanceAccessControlAttributeConfigurationCommand,
  DescribeInstanceAccessControlAttributeConfigurationCommand,
  ResourceNotFoundException,
  UpdateInstanceAccessControlAttributeConfigurationCommand,
} from '@aws-sdk/client-sso-admin'
import { attributesKey } from '../../shared/domain/attributes/attributes-file.ts'
import { SkippedStep, type Step } from './acceptance.ts'
import type { AcceptanceContext } from './acceptance-context.ts'

/** The instance has one such setting. One attribute is added to it, and the administrator puts back what was there. */
export const attributes: Step<AcceptanceContext> = {
  name: 'attributes: one more is passed into sessions',
  async run(context, note) {
    if (await context.json(attributesKey)) throw new SkippedStep(`the deployment keeps ${attributesKey} itself`)
    const sso = context.ssoAdmin()
    const { InstanceArn } = await context.instance()
    const describe = async () => {
      try {
        const asked = new DescribeInstanceAccessControlAttributeConfigurationCommand({ InstanceArn })
        return (await sso.send(asked)).InstanceAccessControlAttributeConfiguration
      } catch (error) {
        if (error instanceof ResourceNotFoundException) return undefined
        throw error
      }
    }
    const before = await describe()
    context.undo('the attributes of the instance', () =>
      before === undefined
        ? sso.send(new DeleteInstanceAccessControlAttributeConfigurationCommand({ InstanceArn }))
        : sso.send(
            new UpdateInstanceAccessControlAttributeConfigurationCommand({
              InstanceArn,
              InstanceAccessControlAttributeConfiguration: before,
            }),
          ),
    )
    const added = { Key: context.prefix, Value: { Source: [`$\{path:enterprise.costCenter}`] } }
    const AccessControlAttributes = [...(before?.AccessControlAttributes ?? []), added]
    await context.putUntilGone(attributesKey, JSON.stringify({ AccessControlAttributes }), 'governance')
    note({ uploadToAttributeMs: await context.untilStateMs('applied', attributesKey) })
    const has = (await describe())?.AccessControlAttributes?.some(({ Key }) => Key === context.prefix)
    if (!has) throw new Error('the instance does not have the attribute')
  },
}
