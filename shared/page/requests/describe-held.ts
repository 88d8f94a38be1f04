import { sayFirst } from '../say-first.ts'
import { sayInstant } from './say.ts'
import type { ToldOperations } from './told-request.ts'

type Described = {
  readonly title: string
  readonly state: string
  readonly stateText: string
  readonly facts: readonly (readonly [string, string])[]
}
type Row = ToldOperations['lists'][number]['rows'][number]

const peopleMost = 20
const accountsMost = 10
const linksMost = 10

/** The facts about one list of the brake, for a person: the reason, the people who would lose access, and the links. */
export function describeList(
  { digest, reason, since, held, rows }: ToldOperations['lists'][number],
  accounts: Readonly<Record<string, string>>,
): Described {
  const people = [...Map.groupBy(rows, whoOf)].map(([who, those]) => [who, sayAccess(those, accounts)] as const)
  const links = new Map(rows.flatMap((row) => row.links.map((one) => [one.link, one.deletedBy] as const)))
  const told = [...links].map(([link, by]) => (by === undefined ? link : `${link} (deleted by ${by})`))
  const left = held - rows.length
  return {
    // These people have no access by ssofile.
    title: held === 0 ? 'People are held' : `${held} ${held === 1 ? 'revocation is' : 'revocations are'} held`,
    state: 'refused',
    stateText: reason,
    facts: [
      ['Since', sayInstant(since)],
      ...people.slice(0, peopleMost),
      ...(people.length > peopleMost ? [['And', `${people.length - peopleMost} more people or groups`] as const] : []),
      ...(left > 0 ? [['Not shown', `${left} more revocations of this list`] as const] : []),
      ...(told.length > 0 ? [['By links', sayFirst(told, linksMost)] as const] : []),
      ['Digest', digest],
    ],
  }
}

/** The same for the file of a permission set. */
export function describeContents({
  digest,
  name,
  since,
  reason,
  takesAway,
}: ToldOperations['contents'][number]): Described {
  return {
    title: `The file of the permission set ${name} is held`,
    state: 'refused',
    stateText: reason,
    facts: [
      ['Since', sayInstant(since)],
      ...(takesAway.length > 0 ? [['May take away', takesAway.join('; ')] as const] : []),
      ['Digest', digest],
    ],
  }
}

const states: Readonly<Record<ToldOperations['attention']['inputs'][number]['state'], string>> = {
  held: 'Held by the brake',
  failed: 'Failed',
  rejected: 'Not valid',
  blocked: 'Blocked',
  stuck: 'Stuck: its account takes no changes now',
  partly: 'Suspended, and something of others is left',
  waiting: 'Waits for something that is not there yet',
}

export function describeAttention({
  state,
  input,
  reason,
  remedy,
}: ToldOperations['attention']['inputs'][number]): Described {
  return {
    title: input,
    state: state === 'waiting' ? 'waiting' : 'refused',
    stateText: states[state],
    facts: [...(reason ? [['Why', reason] as const] : []), ...(remedy ? [['What to do', remedy] as const] : [])],
  }
}

function whoOf({ type, principal }: Row): string {
  return type === 'GROUP' ? `Group ${principal}` : principal
}

function sayAccess(rows: readonly Row[], accounts: Readonly<Record<string, string>>): string {
  const bySet = Map.groupBy(rows, ({ permissionSet }) => permissionSet)
  const told = [...bySet].map(([set, those]) => {
    const names = those.map(({ account }) => (accounts[account] ? `${accounts[account]} (${account})` : account))
    return `${set} in ${sayFirst(names, accountsMost)}`
  })
  return told.join('; ')
}
