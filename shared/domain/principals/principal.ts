import * as z from 'zod'

export const principalTypes = ['GROUP', 'USER'] as const
export const principalType = z.enum(principalTypes)
export type PrincipalType = z.infer<typeof principalType>

/** The word for it in sentences. */
export function nounOf(type: PrincipalType): 'group' | 'user' {
  return type === 'GROUP' ? 'group' : 'user'
}

/** A group's DisplayName (at most 1,024 characters) or a user's UserName (at most 128), exactly as the directory has it. */
export const principalName = z.string().min(1).brand<'PrincipalName'>()
export type PrincipalName = z.infer<typeof principalName>

/**
 * Whether a directory can have a group, or a user, with this name. AWS refuses every call with another name. Names have no invisible
 * characters (U+200B, U+00AD, U+202E, the joiner of emoji). (Identity Store API Reference, "CreateGroup", DisplayName; "CreateUser",
 * UserName.)
 */
export function canExist(type: PrincipalType, name: string): boolean {
  return name.length <= (type === 'GROUP' ? 1024 : 128) && forms[type].test(name)
}
const forms: Readonly<Record<PrincipalType, RegExp>> = {
  GROUP: /^[\p{L}\p{M}\p{S}\p{N}\p{P}\t\n\r \u00a0]+$/u,
  USER: /^[\p{L}\p{M}\p{S}\p{N}\p{P}]+$/u,
}

/** Whether a key can spell the name too: in NFC and in one line. */
export function isNameOf(type: PrincipalType, name: string): boolean {
  return canExist(type, name) && name === name.normalize('NFC') && !/[\t\n\r]/.test(name)
}

/** The rule of `isNameOf` in words, for people. */
export const spellings: Readonly<Record<PrincipalType, string>> = {
  GROUP: 'the name of a group: letters, digits, symbols, punctuation and spaces, no invisible characters',
  USER: 'the name of a user: at most 128 letters, digits, symbols and punctuation, no spaces or invisible characters',
}

/** The name of a principal in links. `undefined`: the name lacks the configured suffix, or is no more than it, so no link can name it. */
export function nameInLinks(name: string, suffix: string): PrincipalName | undefined {
  return name.endsWith(suffix) ? principalName.safeParse(name.slice(0, name.length - suffix.length)).data : undefined
}
