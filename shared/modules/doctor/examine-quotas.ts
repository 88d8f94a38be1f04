import { type Finding, ok, warn } from '../../domain/guardrails/finding.ts'
import type { Installation, Quota } from '../../ports/installation.ts'
import { listAll } from '../../ports/page.ts'
import type { Ports } from '../../ports/ports.ts'
import { type Answer, answerOf } from '../../ports/service-error.ts'
import { listKnown } from '../../reconcile/records/foreign-assignments.ts'
import { unasked } from './ask.ts'

const check = 'quotas'
/** From this share on, somebody should request a higher quota. */
const fullFrom = 0.8

/** The present use. */
export type Use = {
  readonly permissionSets: number
  readonly permissionSetsOfOneAccount: number
  readonly accounts: number
}

/**
 * The quotas that AWS can raise: AWS's code, the documented default (IAM Identity Center User Guide, "Quotas and limits"), and the counted
 * objects. Rates and concurrent operations have no code, because AWS cannot raise them. AWS's pages do not list the codes. These come from
 * public Terraform code (tedilabs/terraform-aws-account, service-quota-requests), so if Service Quotas does not return one, the default
 * counts.
 */
const quotas = [
  { of: 'permissionSets', code: 'L-B44C7A29', most: 3_500, what: 'permission sets' },
  {
    of: 'permissionSetsOfOneAccount',
    code: 'L-89954265',
    most: 500,
    what: 'permission sets in one account, by the records of ssofile',
  },
  { of: 'accounts', code: 'L-0299121C', most: 7_000, what: 'accounts' },
] as const

/** Compares the present use with the quotas of this account. `accounts`: the number of accounts in the organization. */
export async function examineQuotas(
  { ssoAdmin, objects }: Pick<Ports, 'ssoAdmin' | 'objects'>,
  installation: Pick<Installation, 'quotasOf'>,
  accounts: number,
): Promise<readonly Finding[]> {
  const sets = await answerOf(Array.fromAsync(listAll((token) => ssoAdmin.listPermissionSets(token))))
  if ('error' in sets) return [unasked(check, sets.error, { needs: 'sso:ListPermissionSets' })]
  const ofOne = await answerOf(permissionSetsOfOneAccount(objects))
  if ('error' in ofOne) return [unasked(check, ofOne.error, { needs: 's3:ListBucket' })]
  const use = { permissionSets: sets.is.length, permissionSetsOfOneAccount: ofOne.is, accounts }
  return judgeQuotas(use, await answerOf(installation.quotasOf('sso')))
}

/** The largest number of permission sets in one account. */
async function permissionSetsOfOneAccount(objects: Ports['objects']): Promise<number> {
  const names = new Map<string, Set<string>>()
  for await (const { assignment } of listKnown(objects)) {
    const { accountId, permissionSet } = assignment
    names.set(accountId, (names.get(accountId) ?? new Set()).add(permissionSet))
  }
  return Math.max(0, ...[...names.values()].map(({ size }) => size))
}

/** `told`: Service Quotas' answer about IAM Identity Center. */
export function judgeQuotas(use: Use, told: Answer<readonly Quota[]>): readonly Finding[] {
  return quotas.map(({ of, code, most, what }) => {
    const quota = 'is' in told ? told.is.find((one) => one.code === code)?.value : undefined
    const figures = { used: use[of], quota: quota ?? most }
    const said = `${figures.used} of ${figures.quota} ${what} (${sourceOf(quota, code, told)})`
    if (figures.used < fullFrom * figures.quota) return ok(check, said, figures)
    return warn(check, said, `ask AWS for more under Service Quotas, IAM Identity Center, ${code}`, figures)
  })
}

function sourceOf(quota: number | undefined, code: string, told: Answer<readonly Quota[]>): string {
  if (quota !== undefined) return `Service Quotas, ${code}`
  const why = 'error' in told ? `answered ${told.error.code}` : `says nothing of ${code}`
  return `AWS's documented default: Service Quotas ${why}`
}
