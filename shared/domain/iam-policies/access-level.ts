/** The levels of actions, the gravest first. Source: Service Authorization Reference, "Actions", column "Access level". */
export const accessLevels = ['Permissions management', 'Write', 'Tagging', 'Read', 'List', 'unknown'] as const
export type AccessLevel = (typeof accessLevels)[number]

/** AWS writes two levels as pairs: `Permissions management, Write` and `Tagging, Write`. The first word decides. */
export function parseAccessLevel(text: string): AccessLevel {
  const [first] = text.split(', ')
  return accessLevels.find((one) => one === first) ?? 'unknown'
}

/** `unknown`: our copy of the reference lacks the action. */
export type KnownAction = { readonly name: string; readonly level: AccessLevel }

/** Every action that AWS describes, by its name in small letters (`iam:passrole`). */
export type ActionCatalog = ReadonlyMap<string, KnownAction>
