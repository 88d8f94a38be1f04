import * as z from 'zod'

export const principalTypes = ['GROUP', 'USER'] as const
export const principalType = z.enum(principalTypes)
export type PrincipalType = z.infer<typeof principalType>

/** A group's DisplayName (at most 1,024 characters) or a user's UserName (at most 128), exactly as the directory has it. */
export const principalName = z.string().min(1).brand<'PrincipalName'>()
export type PrincipalName = z.infer<typeof principalName>

/** How links name a principal; `undefined`: the name has not the suffix that the configuration demands, so none can. */
export function nameInLinks(name: string, suffix: string): PrincipalName | undefined {
  return name.endsWith(suffix) ? principalName.safeParse(name.slice(0, name.length - suffix.length)).data : undefined
}
