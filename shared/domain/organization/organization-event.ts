import * as z from 'zod'
import { type AccountId, accountId } from './account-id.ts'

/**
 * Where to look again after an event of the organization, never what to do. `reason` says why ssofile looks at nothing or at everything.
 * After an unknown event it looks at everything.
 */
export type OrganizationEvent = Look & { readonly name: string }
type Look =
  | { readonly look: 'accounts'; readonly accounts: readonly AccountId[] }
  /** Organizational units that were created or deleted. Accounts in them have their own events. */
  | { readonly look: 'organizational-units'; readonly organizationalUnits: readonly string[] }
  | { readonly look: 'nothing' | 'everything'; readonly reason: string }

const unitId = z.string().startsWith('ou-')

/** Unreadable fields count as absent. */
const where = z
  .object({
    accountId: accountId.optional().catch(undefined),
    resourceId: z.string().optional().catch(undefined),
    organizationalUnitId: unitId.optional().catch(undefined),
    organizationalUnit: z.object({ id: unitId }).optional().catch(undefined),
    createAccountStatus: z.object({ state: z.string(), accountId: accountId.optional() }).optional().catch(undefined),
    closeAccountStatus: z.object({ accountId }).optional().catch(undefined),
  })
  .catch({})

/** CloudTrail's record of a call, or of something that Organizations did by itself. ssofile reads nothing else, since names are masked. */
const cloudTrailEvent = z.object({
  detail: z.object({
    eventSource: z.literal('organizations.amazonaws.com'),
    eventName: z.string(),
    errorCode: z.string().optional(),
    readOnly: z.boolean().optional(),
    requestParameters: where,
    responseElements: where,
    serviceEventDetails: where,
  }),
})
type Detail = z.infer<typeof cloudTrailEvent>['detail']

/** Tagging AWS Resources User Guide, "Monitor tag changes with serverless workflows and Amazon EventBridge". */
const tagChange = z.object({
  source: z.literal('aws.tag'),
  resources: z.array(z.string()),
  detail: z.object({ service: z.literal('organizations'), 'resource-type': z.string() }),
})

/**
 * The event of AWS Organizations in the body of a message. `undefined`: another event, or an unreadable body. Source of the shapes:
 * Organizations User Guide, "Logging API calls with AWS CloudTrail for AWS Organizations".
 */
export function parseOrganizationEvent(body: unknown): OrganizationEvent | undefined {
  const tagged = tagChange.safeParse(body)
  if (tagged.success) return { name: 'Tag Change on Resource', ...lookAfterTagChange(tagged.data) }
  const logged = cloudTrailEvent.safeParse(body)
  if (!logged.success) return undefined
  const { detail } = logged.data
  const { eventName: name, errorCode } = detail
  if (errorCode !== undefined) return { name, ...nothing(`the call was refused: ${errorCode}`) }
  return { name, ...(detail.readOnly === true ? nothing('the call reads') : lookAfter(detail)) }
}

function lookAfter({ eventName, requestParameters, responseElements, serviceEventDetails }: Detail): Look {
  const { resourceId } = requestParameters
  const created = serviceEventDetails.createAccountStatus
  switch (eventName) {
    case 'CreateAccountResult':
      return created?.state === 'FAILED' ? nothing('the account was not created') : lookAt(created?.accountId)
    case 'CloseAccountResult':
      return lookAt(serviceEventDetails.closeAccountStatus?.accountId)
    // Their JSON is not documented (May 2026). If an account id is in this place, look at that account, else at everything.
    case 'AccountJoinedOrganization':
    case 'AccountDepartedOrganization':
      return lookAt(serviceEventDetails.accountId)
    case 'MoveAccount':
    case 'CloseAccount':
    case 'RemoveAccountFromOrganization':
      return lookAt(requestParameters.accountId)
    case 'TagResource':
    case 'UntagResource':
      return /^(r|ou|p)-/.test(resourceId ?? '') ? onlyAccounts : lookAt(accountId.safeParse(resourceId).data)
    case 'CreateOrganizationalUnit':
      return lookAtUnit(responseElements.organizationalUnit?.id)
    case 'DeleteOrganizationalUnit':
      return lookAtUnit(requestParameters.organizationalUnitId)
    case 'UpdateOrganizationalUnit':
      return nothing('links name organizational units by their ids, which stay')
    case 'CreateAccount':
    case 'InviteAccountToOrganization':
      return nothing('the account does not exist yet; another event follows')
    default:
      return everything('ssofile does not know the effect of this event')
  }
}

function lookAfterTagChange({ resources, detail }: z.infer<typeof tagChange>): Look {
  if (detail['resource-type'] !== 'account') return onlyAccounts
  const ids = resources.map((arn) => accountId.safeParse(arn.split('/').at(-1)).data)
  const accounts = ids.filter((id) => id !== undefined)
  return accounts.length === ids.length && ids.length > 0 ? { look: 'accounts', accounts } : unreadable
}

function lookAt(id: AccountId | undefined): Look {
  return id === undefined ? unreadable : { look: 'accounts', accounts: [id] }
}

function lookAtUnit(id: string | undefined): Look {
  return id === undefined ? unreadable : { look: 'organizational-units', organizationalUnits: [id] }
}

const onlyAccounts = nothing('only tags of accounts are a scope')
const unreadable = everything('its resource has an unknown form')

function nothing(reason: string): Look {
  return { look: 'nothing', reason }
}

function everything(reason: string): Look {
  return { look: 'everything', reason }
}
