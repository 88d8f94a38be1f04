import { type Finding, ok, warn } from '../../domain/guardrails/finding.ts'
import type { DirectoryNetwork } from '../../ports/directory-network.ts'
import { type Answer, isDenied, unasked } from './ask.ts'

/**
 * Whether the identity store may lock ssofile out: its functions run in no VPC and have no addresses of their own. Whether it
 * does, the check `identity store` tells.
 */
export function judgeDirectoryNetwork(answer: Answer<DirectoryNetwork | undefined>): Finding {
  const check = 'directory network'
  if ('error' in answer) {
    if (!isDenied(answer.error)) return unasked(check, answer.error, { needs: 'identitystore:DescribeIdentityStore' })
    const told =
      'not checked: these credentials may not ask; or the identity store admits only some VPCs and addresses, and not this one'
    return warn(
      check,
      told,
      'allow them identitystore:DescribeIdentityStore, or ask from where the identity store admits',
    )
  }
  const { isEndpointRequired = false, vpcs = [], addresses = [] } = answer.is ?? {}
  if (!isEndpointRequired && vpcs.length === 0) return ok(check, 'the identity store answers from anywhere')
  const only = vpcs.length === 0 ? 'through VPC endpoints' : `from ${vpcs.join(', ')}`
  const besides = addresses.length === 0 ? '' : ` and to ${addresses.join(', ')}`
  return warn(
    check,
    `the identity store answers only ${only}${besides}; the functions of ssofile run in no VPC and have no fixed addresses`,
    'see that the check "identity store" says ok; else take the rule away (aws identitystore update-identity-store), or ssofile can look up nobody',
  )
}
