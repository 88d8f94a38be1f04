import { type AssignmentKey, assignmentOf } from '../../domain/assignments/assignment.ts'
import { findWatches } from '../../domain/guardrails/watched.ts'
import type { PermissionSetName } from '../../domain/permission-sets/permission-set-name.ts'
import type { SsoAdmin } from '../../ports/sso-admin.ts'
import type { SettleContext } from '../assignments/settlement.ts'
import { isAdministratorSet } from '../directory/is-administrator-set.ts'

/** Why a manual change is reported loudly; `undefined`: it is reported normally. */
export type WeighHand = (what: 'given' | 'taken', key: AssignmentKey) => Promise<string | undefined>

/**
 * | manual change      | loud if                                                                  |
 * | ------------------ | ------------------------------------------------------------------------ |
 * | access granted     | its permission set allows (almost) everything, or a policy watches it or its account |
 * | access removed     | it allowed (almost) everything, and no other known access in the account does |
 *
 * Judges as guardrails and the brake do. A permission set without a file costs two calls, once per look. If it cannot judge,
 * the change is not loud, but still reported.
 */
export function weighHand(context: SettleContext & { readonly ssoAdmin: SsoAdmin }): WeighHand {
  const { standings, permissionSets, objects, ssoAdmin, policies, log } = context
  const known = new Map<PermissionSetName, Promise<boolean>>()
  const isAdministrator = (name: PermissionSetName) => {
    const resolve = (one: PermissionSetName) => permissionSets.lookUp(one)
    const answer = known.get(name) ?? isAdministratorSet(name, { objects, ssoAdmin, resolve })
    known.set(name, answer)
    return answer
  }
  const isLast = async (key: AssignmentKey) => {
    const { ledger, foreign } = await standings.keysOf(() => true, new Set([assignmentOf(key).accountId]))
    const others = [...ledger, ...foreign].filter((one) => one !== key)
    for (const name of new Set(others.map((one) => assignmentOf(one).permissionSet)))
      if (await isAdministrator(name)) return false
    return true
  }
  return async (what, key) => {
    try {
      const watching = what === 'given' ? findWatches(await policies.read(), assignmentOf(key)).get(what) : undefined
      if (watching !== undefined) return `${watching} watches for it`
      if (!(await isAdministrator(assignmentOf(key).permissionSet))) return undefined
      if (what === 'given') return 'its permission set allows everything'
      return (await isLast(key)) ? 'nobody else is known to have full access to the account' : undefined
    } catch (error) {
      log.warn('ssofile could not find out whether a change by hand needs an alarm', { error })
      return undefined
    }
  }
}
