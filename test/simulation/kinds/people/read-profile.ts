type Members = Readonly<Record<string, unknown>>
const membersOf = (value: unknown): Members => (typeof value === 'object' && value !== null ? (value as Members) : {})

/** The fields of a user in the modelled directory, by the names that files use. */
export function readProfile(user: Members): Readonly<Record<string, string>> {
  const name = membersOf(user.Name)
  const [extension = {}] = Object.values(membersOf(user.Extensions)).map(membersOf)
  const found = {
    displayName: user.DisplayName,
    givenName: name.GivenName,
    familyName: name.FamilyName,
    title: user.Title,
    userType: user.UserType,
    department: extension.department,
    manager: membersOf(extension.manager).value ?? membersOf(extension.manager).Value ?? extension.manager,
  }
  const texts = Object.entries(found).flatMap(([field, value]) =>
    typeof value === 'string' ? [[field, value] as const] : [],
  )
  return Object.fromEntries(texts)
}
