/** What an action does, the gravest first. Source: Service Authorization Reference, "Actions", column "Access level". */
export const accessLevels = ['Permissions management', 'Write', 'Tagging', 'Read', 'List', 'unknown'] as const
export type AccessLevel = (typeof accessLevels)[number]

/** What manages permissions or tags is told as `Permissions management, Write` and `Tagging, Write`. */
export function parseAccessLevel(text: string): AccessLevel {
  const [first] = text.split(', ')
  return accessLevels.find((one) => one === first) ?? 'unknown'
}

/** `unknown`: the reference, as it was when its copy was made, does not have the action. */
export type KnownAction = { readonly name: string; readonly level: AccessLevel }

/** Every action that AWS describes, by its name in small letters (`iam:passrole`). */
export type ActionCatalog = ReadonlyMap<string, KnownAction>
