import * as fc from 'fast-check'
import { accounts, badKeys, latePrincipal, permissionSets, principals, selectorNames, units } from './small-world.ts'

/** One of these, each as likely as the others; their type is no narrower than it need be. */
export function one<Value>(...values: readonly [Value, ...Value[]]): fc.Arbitrary<Value> {
  return fc.constantFrom(...values)
}

export const account = one<string>(...accounts)
export const unit = one<string>(...units)
export const nth = fc.nat(30)
export const silently = fc.boolean()

const scopes = [
  ...['root%all', ...units.map((id) => `ou_id%${id}`), 'account_tag%team^a'],
  ...accounts.slice(0, 3).map((id) => `account%${id}`),
  ...selectorNames.map((name) => `select%${name}`),
] as const

/** Links that people upload. */
export const linkKey = fc
  .tuple(
    fc.constantFrom('', '', '', 'folder-a/'),
    fc.constantFrom(...scopes),
    // Mostly the same, so that links overlap.
    fc.constantFrom('First-ps', 'First-ps', 'First-ps', ...permissionSets),
    fc.constantFrom('GROUP/team one', 'GROUP/team one', 'GROUP/team one', ...principals, latePrincipal),
  )
  .map(([folder, scope, permissionSet, principal]) => {
    const [type, name] = principal.split('/')
    return `links_data/${folder}${scope}%${permissionSet}%${name}%${type}%ssofile`
  })
export const badKey = fc.constantFrom(...badKeys).map((key) => `links_data/${key}`)
