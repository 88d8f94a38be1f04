import { paginateListObjectsV2 } from '@aws-sdk/client-s3'
import * as z from 'zod'
import { isUnknownHost } from '../../shared/aws/account-access-client.ts'
import type { ApiCall } from '../../shared/aws/signed-api.ts'
import { SkippedStep, type Step } from './acceptance.ts'
import type { AcceptanceContext } from './acceptance-context.ts'
import { makeGroups } from './make-principals.ts'

const listed = z.object({ applications: z.array(z.object({ applicationArn: z.string() })) })
const made = z.object({ applicationArn: z.string() })
const entitled = z.object({ entitlementId: z.string() })

/** What account access manager gives stands beside the access by permission sets, and ssofile never changes it. */
export const entitlement: Step<AcceptanceContext> = {
  name: 'account access manager: an existing role that a group gets is listed as foreign, and its end is seen',
  async run(context, note) {
    const { entitledRole: roleArn, region, endpoint, bucket: Bucket } = context.options
    if (roleArn === undefined) throw new SkippedStep('there is no role that may be given: --entitled-role ARN')
    const address = endpoint ?? `https://account-access.${region}.api.aws`
    const signed = context.signedApi('administrator', address, 'account-access')
    const call = async (method: ApiCall['method'], path: string, body?: object, query = {}): Promise<unknown> => {
      const asked = { method, path, query, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }
      const reply = await signed.call(asked, AbortSignal.timeout(30_000)).catch((error: unknown) => {
        if (!isUnknownHost(error)) throw error
        throw new SkippedStep(`the Region ${region} does not have account access manager: there is no ${address}`)
      })
      if (reply.status >= 300)
        throw new Error(`${method} ${path}: received ${reply.status}, expected 200: ${reply.body}`)
      return reply.body === '' ? {} : JSON.parse(reply.body)
    }
    const [groupId = ''] = await makeGroups(context, 'aam', 1)
    let [application] = listed.parse(await call('POST', '/applications-list', {})).applications
    if (application === undefined) {
      const identitySource = { identityCenter: { instanceArn: (await context.instance()).InstanceArn } }
      application = made.parse(await call('POST', '/applications', { identitySource }))
      const path = `/applications/${encodeURIComponent(application.applicationArn)}`
      context.undo('the application of account access manager', () => call('DELETE', path))
    }
    const { applicationArn } = application
    const principalRole = { principal: { identityCenter: { groupId } }, roleArn }
    const given = await call('POST', '/entitlements', { applicationArn, entitlement: { principalRole } })
    const { entitlementId } = entitled.parse(given)
    let isThere = true
    const take = async () => {
      if (isThere) await call('DELETE', `/entitlements/${entitlementId}`, undefined, { applicationArn })
      isThere = false
    }
    context.undo('the entitlement', take)
    const isListed = async () => {
      const Prefix = `foreign/account%${roleArn.split(':')[4]}%role:`
      for await (const { Contents = [] } of paginateListObjectsV2(
        { client: context.s3('auditor') },
        { Bucket, Prefix },
      ))
        if (Contents.some(({ Key }) => Key?.includes(`%${groupId}%`))) return true
      return false
    }
    note({ entitlementToForeignMs: await context.untilMs('the entitlement in foreign/', isListed) })
    await take()
    note({ entitlementEndToGoneMs: await context.untilMs('its end in foreign/', async () => !(await isListed())) })
  },
}
