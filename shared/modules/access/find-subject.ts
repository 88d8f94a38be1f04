import type { Configuration } from '../../domain/deployment/configuration.ts'
import { type PrincipalId, principalId } from '../../domain/principals/identity-center-ids.ts'
import { nearPrincipal, renderNear } from '../../domain/principals/near-principal.ts'
import { nameInLinks, nounOf, type PrincipalType, principalName } from '../../domain/principals/principal.ts'
import type { IdentityStore } from '../../ports/identity-store.ts'
import { listAll } from '../../ports/page.ts'
import type { Ports } from '../../ports/ports.ts'
import { answerOrError } from '../../ports/service-error.ts'
import { patientIdentityStore } from '../../reconcile/calls/patient-identity-store.ts'
import type { People } from '../../reconcile/directory/people.ts'
import type { AnyAccess } from './recorded-access.ts'
import { unlessRefused } from './unless-refused.ts'

/** The principal in question. */
export type Subject = {
  /** A group, or a user and then its groups. Absent: anybody, or ids are unknown and names decide. */
  readonly principals?: readonly { readonly type: PrincipalType; readonly id: PrincipalId }[] | undefined
  /** Names and ids under which access may be recorded. A deleted user or group has its name only there. */
  readonly names: Readonly<Record<PrincipalType, ReadonlySet<string>>>
  readonly user?: { readonly id: PrincipalId; readonly name: string } | undefined
  readonly isAnybody: boolean
  /** The groups of the user could not be listed, and why: nobody knows then whether the user has access by one. */
  readonly unreadGroups?: string | undefined
}

export const anybody: Subject = { names: { USER: new Set(), GROUP: new Set() }, isAnybody: true }

/** A user name or the id of a user; a group's display name or its id. Neither: anybody. */
type SubjectNames = { readonly user?: string | undefined; readonly group?: string | undefined }

type SubjectSources = {
  readonly ports: Ports
  readonly people: People
  readonly configuration: Configuration
  readonly notes: string[]
}

/** Resolves the user or group of a question. Notes a missing one with a similar name. */
export async function findSubject({ user, group }: SubjectNames, context: SubjectSources): Promise<Subject> {
  const [userId, groupId] = await Promise.all([
    user === undefined ? undefined : findId('USER', user, context),
    group === undefined ? undefined : findId('GROUP', group, context),
  ])
  const groupNames = namesOf(group, groupId, context.configuration)
  const names = { USER: namesOf(user, userId, context.configuration), GROUP: groupNames }
  const isAnybody = user === undefined && group === undefined
  if (group !== undefined) {
    const principals = groupId === undefined ? undefined : [{ type: 'GROUP' as const, id: groupId }]
    const person = user !== undefined && userId !== undefined ? { id: userId, name: user } : undefined
    return { names, isAnybody, principals, user: person }
  }
  if (user === undefined || userId === undefined) return { names, isAnybody }
  const note = 'the groups of this user could not be listed, so access through them is not shown'
  const read = await answerOrError(context.people.groupsOf(userId))
  if ('error' in read) {
    const unreadGroups = `${note}: ${read.error.message}`
    context.notes.push(unreadGroups)
    const principals = [{ type: 'USER' as const, id: userId }]
    return { names, isAnybody, principals, user: { id: userId, name: user }, unreadGroups }
  }
  const groups = read.is
  const principals = [{ type: 'USER' as const, id: userId }, ...groups.map((id) => ({ type: 'GROUP' as const, id }))]
  for (const id of groups) groupNames.add(id)
  return { names, isAnybody, principals, user: { id: userId, name: user } }
}

/** Whether the subject has this access: by id, if known. */
export function isOfSubject({ type, principalId: id, principal }: AnyAccess, subject: Subject): boolean {
  const { isAnybody, principals, names } = subject
  if (isAnybody) return true
  if (principals === undefined) return names[type].has(principal)
  return principals.some((one) => one.type === type && one.id === id)
}

/** Whether the subject was meant by this id, or by this name of an earlier time. */
export function wasMeant(type: PrincipalType, { id, name }: { id: PrincipalId; name: string }, { names }: Subject) {
  return names[type].has(id) || names[type].has(name)
}

/** In links a name is without the suffix, in the directory with it. */
function namesOf(
  text: string | undefined,
  id: PrincipalId | undefined,
  { principalSuffix }: Pick<Configuration, 'principalSuffix'>,
): Set<string> {
  if (text === undefined) return new Set()
  return new Set([text, text + principalSuffix, nameInLinks(text, principalSuffix) ?? text, id ?? text])
}

async function findId(type: PrincipalType, text: string, context: SubjectSources): Promise<PrincipalId | undefined> {
  const { ports, configuration, notes } = context
  const directory = patientIdentityStore(ports)
  const noun = nounOf(type)
  const find = async () => {
    // Spelled as in links, or as in the directory.
    for (const name of new Set([text + configuration.principalSuffix, text])) {
      const whole = principalName.safeParse(name)
      const found = whole.success ? await directory.findPrincipalId(type, whole.data) : undefined
      if (found !== undefined) return found
    }
    const id = principalId.safeParse(text)
    if (id.success) return id.data
    const near = await findNearPrincipal(type, text, directory)
    notes.push(`the directory has no ${noun} '${text}'${renderNear(text, near)}`)
    return undefined
  }
  return unlessRefused(find(), `the directory could not be asked for the ${noun} '${text}'`, notes)
}

/** The group or user that a person most likely meant. Lists the whole directory, so only for a missing name. */
export async function findNearPrincipal(
  type: PrincipalType,
  name: string,
  directory: IdentityStore,
): Promise<string | undefined> {
  return nearPrincipal(name, await Array.fromAsync(listAll((token) => directory.listPrincipals(type, token))))
}
