import { partsOf, sayScope } from './say.ts'
import type { ToldChange } from './told.ts'

const events: Readonly<Record<string, string>> = {
  granted: 'got',
  adopted: 'had, and ssofile took over,',
  revoked: 'lost',
  released: 'keeps, and ssofile gave up,',
  held: 'keeps, because the brake holds it,',
  'terms-changed': 'has new terms for',
  'foreign-found': 'has, not by ssofile,',
  'foreign-gone': 'lost, not by ssofile,',
}
const ofRequests: Readonly<Record<string, string>> = {
  'request-asked': 'requested',
  'request-approved': 'got an approval for',
  'request-granted': 'was granted',
  'request-refused': 'was refused',
  'request-denied': 'was denied',
  'request-lapsed': 'got no decision in time for',
  'request-withdrawn': 'withdrew the request for',
  'request-finished': 'ended',
  'request-ended': 'reached the end of',
}

export type SaidChange = { readonly text: string; readonly who: string; readonly account: string; readonly set: string }

/** One change as a sentence: `team-Shop got ReadOnly-ps in payments-prod`. */
export function sayChange(
  { event, name, by = '' }: ToldChange,
  accounts: Readonly<Record<string, string>>,
): SaidChange {
  const [, , link = ''] = /^(requests\/[^/]+\/)(.*)$/s.exec(name) ?? []
  const verb = events[event] ?? ofRequests[event]
  if (verb === undefined || !/^(account|ou_id|root|account_tag|select)%/.test(link || name))
    return { text: `${event.replaceAll('-', ' ')}: ${name}`, who: '', account: '', set: '' }
  const { user, permissionSet, scope, account = '' } = partsOf(link || name)
  const place = account === '' ? sayScope(scope) : (accounts[account] ?? account)
  const who = decode(user)
  const access = `${permissionSet} in ${place}`
  const actor = sayActor(by)
  const text =
    actor === '' || (event !== 'granted' && event !== 'revoked')
      ? `${who} ${verb} ${access}`
      : event === 'granted'
        ? `${actor} gave ${who} ${access}`
        : `${actor} took ${access} from ${who}`
  return { text, who, account, set: permissionSet }
}

/** S3 names a session as `AWS:<id of the role>:<name>`. (S3 User Guide, "Event message structure".) */
export function sayActor(by: string): string {
  return by.replaceAll(/AWS:(?:A[A-Z0-9]{15,}:)?/g, '')
}

/** Names in keys may be encoded. */
function decode(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
