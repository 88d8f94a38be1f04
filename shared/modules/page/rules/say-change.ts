import { parseNameInKey } from '../../../domain/links/name-in-key.ts'
import { sayActor } from '../../../domain/links/say-actor.ts'
import { partsOf, sayScope } from './say.ts'
import type { ToldChange } from './told.ts'

/** `*` is the access. */
const events: Readonly<Record<string, string>> = {
  granted: 'got *',
  adopted: 'has *, and ssofile took it over',
  revoked: 'lost *',
  released: 'keeps *, and ssofile gave it up',
  held: 'keeps *, because the brake holds its end',
  'terms-changed': 'has *, by other links or until another time',
  'foreign-found': 'has *, given outside ssofile',
  'foreign-gone': 'lost *, taken away outside ssofile',
  'request-asked': 'requested *',
  'request-approved': 'got an approval for *',
  'request-granted': 'got * by a request',
  'request-refused': 'did not get *: refused',
  'request-denied': 'did not get *: an approver denied it',
  'request-lapsed': 'did not get *: nobody decided in time',
  'request-withdrawn': 'withdrew the request for *',
  'request-finished': 'ended * early',
  'request-ended': 'lost *, because its time is over',
}

export type SaidChange = {
  readonly text: string
  readonly who: string
  readonly account: string
  readonly set: string
  readonly author: string
  /** The links, without their folder. */
  readonly link: string
}

/** One change as a sentence: `team-Shop got ReadOnly-ps in payments-prod`. */
export function sayChange(
  { event, name, by = '', links = [] }: ToldChange,
  accounts: Readonly<Record<string, string>>,
): SaidChange {
  // After the request come the digest of the upload and the approver.
  const [, request = ''] = /^requests\/[^/]+\/(.*%ssofile)/s.exec(name) ?? []
  const author = sayActor(by)
  const link = links.join(' and ').replaceAll('links_data/', '')
  const verb = events[event]
  if (verb === undefined || !/^(account|ou_id|root|account_tag|select)%/.test(request || name))
    return { text: `${event.replaceAll('-', ' ')}: ${name}`, who: '', account: '', set: '', author, link }
  const { user, permissionSet: set, scope, account: id = '' } = partsOf(request || name)
  const account = accounts[id] ?? id
  const who = parseNameInKey(user)
  const access = `${set} in ${account || sayScope(scope)}`
  const told = { granted: `${author} gave ${who} ${access}`, revoked: `${author} took ${access} from ${who}` }
  const isBySomebody = author !== '' && (event === 'granted' || event === 'revoked')
  const text = isBySomebody ? told[event] : `${who} ${verb.replace('*', () => access)}`
  return { text, who, account, set, author, link }
}
