import * as z from 'zod'

export const principalTypes = ['GROUP', 'USER'] as const
export const principalType = z.enum(principalTypes)
export type PrincipalType = z.infer<typeof principalType>

/** A group's DisplayName (at most 1,024 characters) or a user's UserName (at most 128), exactly as the directory has it. */
export const principalName = z.string().min(1).brand<'PrincipalName'>()
export type PrincipalName = z.infer<typeof principalName>

/**
 * Whether Identity Center can have a group, or a user, of this name, as a key spells it: in NFC and in one line. Invisible characters (U+200B, U+00AD,
 * U+202E, the joiner of emoji) are in no name. (Identity Store API Reference, "CreateGroup", DisplayName; "CreateUser", UserName.)
 */
export function isNameOf(type: PrincipalType, name: string): boolean {
  return name === name.normalize('NFC') && name.length <= (type === 'GROUP' ? 1024 : 128) && forms[type].test(name)
}
const forms: Readonly<Record<PrincipalType, RegExp>> = {
  GROUP: /^[\p{L}\p{M}\p{S}\p{N}\p{P} \u00a0]+$/u,
  USER: /^[\p{L}\p{M}\p{S}\p{N}\p{P}]+$/u,
}

/** How links name a principal; `undefined`: the name has not the suffix that the configuration demands, so none can. */
export function nameInLinks(name: string, suffix: string): PrincipalName | undefined {
  return name.endsWith(suffix) ? principalName.safeParse(name.slice(0, name.length - suffix.length)).data : undefined
}
