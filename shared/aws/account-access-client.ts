import { STSClient } from '@aws-sdk/client-sts'
import * as z from 'zod'
import { type ApplicationArn, applicationArn, roleArn } from '../domain/assignments/entitlement.ts'
import { parseLooseJson } from '../domain/json/loose-json.ts'
import { accountId } from '../domain/organization/account-id.ts'
import { principalId } from '../domain/principals/identity-center-ids.ts'
import type { AccountAccess, Entitlement, EntitlementFilter } from '../ports/account-access.ts'
import { once } from '../ports/once.ts'
import { listAll, type Page } from '../ports/page.ts'
import { ServiceError } from '../ports/service-error.ts'
import { parseAnswer } from './answers.ts'
import { SignedApi, type SignsAs } from './signed-api.ts'
import { SystemClock } from './system-clock.ts'

const service = 'account-access'
const timeoutMs = 30_000
const pageMost = 100

const applications = z.object({
  applications: z.array(z.object({ applicationArn })),
  nextToken: z.string().optional(),
})
const principalRole = z.object({
  principal: z.object({
    identityCenter: z.union([z.object({ userId: principalId }), z.object({ groupId: principalId })]),
  }),
  roleArn,
  account: accountId,
})
/** An entry is a union of kinds. Without a principal or a role, it is of a newer kind. */
const entitlements = z.object({
  entitlements: z.array(z.object({ entitlement: z.looseObject({ principalRole: principalRole.optional() }) })),
  nextToken: z.string().optional(),
})
const refusal = z.looseObject({ message: z.string().optional(), __type: z.string().optional() })

/**
 * Account access manager by its REST protocol: the AWS SDK for JavaScript has no client for it yet. (Account Access API
 * Reference, 2018-05-10; its endpoints are `account-access.<Region>.api.aws` only.)
 */
export class AwsAccountAccess implements AccountAccess {
  readonly #api: () => Promise<SignedApi>

  /** `endpoint` absent: the standard environment names it, like the Region and credentials that `as` lacks. */
  constructor(as: SignsAs, endpoint?: string) {
    const { AWS_ENDPOINT_URL_ACCOUNT_ACCESS: own, AWS_ENDPOINT_URL: common } = process.env
    const given = endpoint ?? own ?? common
    this.#api = once(async () => {
      const region = await new STSClient(as).config.region()
      return new SignedApi(new URL(given ?? `https://${service}.${region}.api.aws/`), as, service)
    })
  }

  async listApplications(): Promise<readonly ApplicationArn[] | undefined> {
    const page = async (nextToken: string | undefined): Promise<Page<ApplicationArn>> => {
      const found = await this.#call('/applications-list', { maxResults: pageMost, nextToken }, applications)
      return { items: found.applications.map((one) => one.applicationArn), nextToken: found.nextToken }
    }
    try {
      return await Array.fromAsync(listAll(page))
    } catch (error) {
      if (isUnknownHost(error)) return undefined
      throw error
    }
  }

  async listEntitlements(
    application: ApplicationArn,
    { accountId: account, roleArn: role, principal }: EntitlementFilter,
    nextToken?: string,
  ): Promise<Page<Entitlement>> {
    const id =
      principal?.principalType === 'USER' ? { userId: principal.principalId } : { groupId: principal?.principalId }
    const wanted = { account, roleArn: role, principal: principal && { identityCenter: id } }
    const body = { applicationArn: application, filter: { principalRole: wanted }, maxResults: pageMost, nextToken }
    const found = await this.#call('/entitlements-list', body, entitlements)
    const items = found.entitlements.flatMap(({ entitlement: { principalRole: one } }): readonly Entitlement[] => {
      if (!one) return []
      const { identityCenter: who } = one.principal
      const holder =
        'userId' in who
          ? ({ principalId: who.userId, principalType: 'USER' } as const)
          : ({ principalId: who.groupId, principalType: 'GROUP' } as const)
      return [{ ...holder, accountId: one.account, roleArn: one.roleArn }]
    })
    return { items, nextToken: found.nextToken }
  }

  async #call<S extends z.ZodType>(path: string, body: object, answer: S): Promise<z.output<S>> {
    const api = await this.#api()
    const asked = { method: 'POST', path, query: {}, body: JSON.stringify(body) } as const
    const hanging = new AbortController()
    const answered = new AbortController()
    void new SystemClock().sleep(timeoutMs, answered.signal).then(() => hanging.abort())
    const reply = await api
      .call(asked, hanging.signal)
      .catch((cause: unknown) => {
        const told = cause instanceof Error ? cause.message : String(cause)
        throw new ServiceError(service, 'NoAnswer', `${service} did not answer: ${told}`, { cause })
      })
      .finally(() => answered.abort())
    const { status: httpStatus, errorType = '' } = reply
    const content = parseLooseJson(reply.body)
    if (httpStatus === 200) return parseAnswer({ service, member: path }, answer, content)
    const { message = '', __type = errorType } = refusal.safeParse(content).data ?? {}
    // `AccessDeniedException:http://…` in the header, `…#AccessDeniedException` in the body. (Smithy, "AWS restJson1 protocol".)
    const code = /(?:^|#)([A-Za-z]+)(?::|$)/.exec(__type)?.[1] ?? 'NoAnswer'
    throw new ServiceError(service, code, message || `${service} answered HTTP ${httpStatus}`, { httpStatus })
  }
}

/** If a Region does not offer a service, its host name does not exist. `EAI_AGAIN`, of a failing resolver, proves nothing. */
export function isUnknownHost(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return ('code' in error && error.code === 'ENOTFOUND') || isUnknownHost(error.cause)
}
