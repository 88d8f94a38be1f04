import { lateHours } from '../../domain/account-facts/tracked-days.ts'
import type { WhoSources } from './who-has-access.ts'

/** How to write an instant and the present. */
export type Telling = { readonly now: string; readonly dated: (at: string) => string }

/** The age of each part of an answer: its name, and a sentence without a full stop. */
export function describeSources(sources: WhoSources, telling: Telling): readonly (readonly [string, string])[] {
  const { organizationReadAt, identityCenter, historySince } = sources
  const calls = 'askedAt' in identityCenter ? identityCenter.calls : 0
  const asked =
    'askedAt' in identityCenter
      ? `Identity Center, ${telling.now}, with ${calls === 1 ? '1 call' : `${calls} calls`}`
      : `not Identity Center: ${identityCenter.why}`
  const accounts = organizationReadAt === undefined ? 'not known' : `as of ${telling.dated(organizationReadAt)}`
  const records: readonly (readonly [string, string])[] =
    historySince === undefined
      ? [
          [
            'ledger',
            'is' in sources.ledger ? `as of ${telling.now}` : `not known since ${sources.ledger.since}: it was lost`,
          ],
          ['foreign', foreignAge(sources, telling)],
          ...rolesAge(sources, telling),
          ['asked', asked],
        ]
      : [
          ['history', `from ${historySince} on; of foreign access what drift checks found`],
          ['groups', membershipsAge(sources)],
        ]
  return [...records, ['accounts', accounts], ...useAge(sources, telling)]
}

function membershipsAge({ membershipsAsOf }: WhoSources): string {
  return membershipsAsOf === undefined
    ? 'not expanded: no earlier report has their members'
    : `with their members as of ${membershipsAsOf}, by the last report before`
}

/** Empty if nobody uses account access manager, or the Region does not have it. */
function rolesAge({ driftCheck }: WhoSources, { dated }: Telling): readonly (readonly [string, string])[] {
  if (driftCheck?.roles?.state === 'read') {
    const begun = dated(driftCheck.startedAt)
    return [['roles', `as of the drift check begun ${begun}: existing roles, which account access manager gives`]]
  }
  return driftCheck?.roles?.state === 'not known' ? [['roles', `not known: ${driftCheck.roles.why}`]] : []
}

/** Roles are shared, so their use says nothing about one person. */
function useAge({ roleUse, watched }: WhoSources, { dated }: Telling): readonly (readonly [string, string])[] {
  const late = `uses of the last ${lateHours} hours may be missing`
  const gaps = watched?.gaps.map(({ from, to }) => ` Nothing is known from ${from} to ${to}.`).join('') ?? ''
  const byPerson: readonly (readonly [string, string])[] =
    watched === undefined ? [] : [['used', `by each person, counted since ${watched.since}.${gaps}`.replace(/\.$/, '')]]
  if (roleUse === undefined) return byPerson
  if ('why' in roleUse) return [...byPerson, ['use', `not known: ${roleUse.why}`]]
  return [...byPerson, ['use', `as of ${dated(roleUse.asOf)}, of the role, by anybody who has it; ${late}`]]
}

function foreignAge({ driftCheck, identityCenter }: WhoSources, { now, dated }: Telling): string {
  if ('askedAt' in identityCenter) return `as of ${now}`
  if (driftCheck === undefined) return 'not known: there was no drift check yet'
  return `as of the drift check begun ${dated(driftCheck.startedAt)}${driftCheck.isOver ? '' : ', which still goes on'}`
}
