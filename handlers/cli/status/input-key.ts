import { retirePrefix } from '../../../shared/domain/files/retire-file.ts'
import { queueOf } from '../../../shared/domain/inputs/kinds.ts'
import { linkPrefix, parseLinkKey } from '../../../shared/domain/links/link.ts'
import { permissionSetPrefix } from '../../../shared/domain/permission-sets/permission-set-file.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { Refusal } from '../arguments/refusal.ts'

/** The key of an input as a person types it: `links_data/` or `permission_sets/` may be left out. Throws Refusal. */
export function toInput(key: string): string {
  if (queueOf(key) !== undefined || key.startsWith(retirePrefix)) return key
  const inside = /^s3:\/\/[^/]*\/(.*)$/.exec(key)?.[1]
  if (inside !== undefined)
    throw new Refusal(
      `received the URL '${quote(key, 1024)}', expected a key, without s3://bucket/: '${quote(inside, 1024)}'`,
    )
  if (parseLinkKey(linkPrefix + key, []).ok || key.includes('%')) return linkPrefix + key
  if (key.endsWith('.json')) return permissionSetPrefix + key
  throw new Refusal(
    `received '${quote(key)}', expected the key of a link, such as 'root%all%Billing-ps%team-Accountants%GROUP%ssofile', or of a permission set file, such as 'Billing-ps.json'`,
  )
}
