import * as fc from 'fast-check'
import { accounts, latePrincipal, permissionSets, principals, units } from './small-world.ts'

export const selectorNames = ['pick', 'other'] as const
const scopes = [
  ...['root%all', `ou_id%${units[0]}`, `ou_id%${units[1]}`, `ou_id%${units[2]}`, 'account_tag%team^a'],
  ...[`account%${accounts[0]}`, `account%${accounts[1]}`, `account%${accounts[2]}`],
  ...selectorNames.map((name) => `select%${name}`),
]

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
