import * as z from 'zod'
import { Refusal } from '../../../shared/memory/refusal.ts'
import { permissionSetsMost } from '../../../shared/memory/sso-admin/permission-set-definitions.ts'
import { permissionSetsPerAccountMost } from '../../../shared/memory/sso-admin/sso-admin-rules.ts'
import { localAccountId, localRegion } from '../local-account.ts'
import { type JsonOperation, operation } from './json-operation.ts'

/** What the models keep to, and the accounts that AWS documents. */
const quotas = [
  { code: 'L-B44C7A29', name: 'Number of permission sets allowed in IAM Identity Center', value: permissionSetsMost },
  {
    code: 'L-89954265',
    name: 'Number of provisioned permission sets allowed per AWS account',
    value: permissionSetsPerAccountMost,
  },
  { code: 'L-0299121C', name: 'Number of AWS accounts or applications', value: 7_000 },
]

/** The quotas of IAM Identity Center as AWS's clients ask for them: ListServiceQuotas of `ServiceQuotasV20190624`. */
export const serviceQuotasOperations: Readonly<Record<string, JsonOperation>> = {
  ListServiceQuotas: operation(z.object({ ServiceCode: z.string().min(1).max(63) }), async ({ ServiceCode }) => {
    if (ServiceCode !== 'sso')
      throw new Refusal(
        'service-quotas',
        'NoSuchResourceException',
        'The request failed because the specified service does not exist.',
      )
    return {
      Quotas: quotas.map(({ code, name, value }) => ({
        ServiceCode,
        ServiceName: 'AWS IAM Identity Center',
        QuotaArn: `arn:aws:servicequotas:${localRegion}:${localAccountId}:${ServiceCode}/${code}`,
        QuotaCode: code,
        QuotaName: name,
        Value: value,
        Unit: 'None',
        Adjustable: true,
        GlobalQuota: false,
      })),
    }
  }),
}
