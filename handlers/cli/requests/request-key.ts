import { parseRequestKey, type RequestPath, requestPrefix } from '../../../shared/domain/files/access-request.ts'
import { linkPrefix, temporaryPrefix } from '../../../shared/domain/links/link.ts'
import { quote, renderComplaint } from '../../../shared/domain/statuses/complaint.ts'
import { Refusal } from '../arguments/refusal.ts'
import type { Caller } from './find-caller.ts'

/**
 * The caller's request for a link as typed: whole, or only its first three fields (`account%233000000002%Billing-ps`), since a request is
 * always for oneself. `userName`: with or without the principalSuffix. Prefixes may be left out. Throws Refusal.
 */
export function ownRequest(text: string, { userId, userName }: Pick<Caller, 'userId' | 'userName'>): RequestPath {
  const own = `${requestPrefix}${userId}/`
  const prefix = [own, temporaryPrefix, linkPrefix].find((one) => text.startsWith(one)) ?? ''
  const name = text.slice(prefix.length)
  const path = parseRequestKey(own + (name.split('%').length === 3 ? `${name}%${userName}%USER%ssofile` : name))
  if (!path.ok) throw new Refusal(renderComplaint(path.complaint))
  // Links name people without the principalSuffix of the deployment, which not everybody may read.
  if (userName.startsWith(path.value.link.principal)) return path.value
  throw new Refusal(
    `received a link of the user '${quote(path.value.link.principal)}', expected your own, '${quote(userName)}': you can only ask for yourself`,
  )
}

/** The request that a user names: by its digest, the beginning of the digest, or its key, with or without `requests/`. Throws Refusal. */
export function parseNamedRequest(text: string): { readonly digest: string } | RequestPath {
  if (/^[0-9a-f]{4,32}$/.test(text)) return { digest: text }
  const path = parseRequestKey(text.startsWith(requestPrefix) ? text : requestPrefix + text)
  if (path.ok) return path.value
  throw new Refusal(
    `received '${quote(text, 1024)}', expected a request: its digest of 32 hexadecimal digits (the first four are enough), or its key, such as 'requests/<user id>/account%233000000002%Billing-ps%kenji.ito@acme.example%USER%ssofile'\nTo list requests, run ssofile requests`,
  )
}
