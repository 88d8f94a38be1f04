import type { PrincipalType } from '../../domain/principals/principal.ts'
import { invalidDirectoryInput } from './identity-store-refusals.ts'

/** Identity Store API Reference, "CreateGroup", DisplayName, and "CreateUser", UserName: a user name has no spaces. */
const rules: Readonly<Record<PrincipalType, { readonly most: number; readonly pattern: RegExp }>> = {
  GROUP: { most: 1024, pattern: /^[\p{L}\p{M}\p{S}\p{N}\p{P}\t\n\r \u00a0]+$/u },
  USER: { most: 128, pattern: /^[\p{L}\p{M}\p{S}\p{N}\p{P}]+$/u },
}
const attributes: Readonly<Record<PrincipalType, string>> = { GROUP: 'displayName', USER: 'userName' }
/** Names that AWS reserves. (Same pages.) */
const reserved: ReadonlySet<string> = new Set(['Administrator', 'AWSAdministrators'])

/** Whether this name has valid letters. */
export function isName(type: PrincipalType, name: string): boolean {
  const { most, pattern } = rules[type]
  return name.length <= most && pattern.test(name) && !reserved.has(name)
}

/** Refuses names that no group, or no user, can have. */
export function checkName(type: PrincipalType, name: string): void {
  if (reserved.has(name)) throw invalidDirectoryInput(`${name} is a reserved name: it can't be a ${attributes[type]}.`)
  checkLetters(type, name)
}

/** Checks a name for a look-up. AWS does not document it for these; this assumes the stricter rule. */
export function checkLetters(type: PrincipalType, name: string): void {
  const { most, pattern } = rules[type]
  if (name.length > most || !pattern.test(name))
    throw invalidDirectoryInput(`Value at '${attributes[type]}' failed to satisfy constraint`)
}
