import { isRecord } from '../json/loose-json.ts'
import { enterpriseExtension } from './user-attributes.ts'

export const profileFields = [
  'displayName',
  'givenName',
  'familyName',
  'email',
  'title',
  'department',
  'userType',
  'manager',
] as const
export type ProfileField = (typeof profileFields)[number]
/** A person's fields, in a file or in the directory. */
export type Profile = { readonly [field in ProfileField]?: string | undefined }

/**
 * The paths of the fields in Identity Store. A list is replaced as a whole, and its members have small letters. `null` removes an
 * attribute. (Identity Store API Reference, "AttributeOperation"; source of the Terraform AWS provider.)
 */
const paths: Readonly<Record<ProfileField, string>> = {
  displayName: 'displayName',
  givenName: 'name.givenName',
  familyName: 'name.familyName',
  email: 'emails',
  title: 'title',
  department: `${enterpriseExtension}.department`,
  userType: 'userType',
  manager: `${enterpriseExtension}.manager`,
}

type ProfileValue = string | null | { [member: string]: string | boolean }[] | { value: string }

/** The operations for UpdateUser. An `undefined` field is removed. */
export function renderProfileOperations(
  change: Profile,
): readonly { readonly path: string; readonly value: ProfileValue }[] {
  return profileFields.flatMap((field) =>
    field in change ? [{ path: paths[field], value: renderValue(field, change[field]) }] : [],
  )
}

function renderValue(field: ProfileField, text: string | undefined): ProfileValue {
  if (text === undefined) return null
  if (field === 'email') return [{ value: text, type: 'work', primary: true }]
  return field === 'manager' ? { value: text } : text
}

/** The input of CreateUser, besides the user name. */
export function renderNewUser({ displayName, givenName, familyName, email, title, userType, ...rest }: Profile) {
  const { department, manager } = rest
  const extension = {
    ...(department !== undefined && { department }),
    ...(manager !== undefined && { manager: { value: manager } }),
  }
  return {
    ...(displayName !== undefined && { DisplayName: displayName }),
    Name: {
      ...(givenName !== undefined && { GivenName: givenName }),
      ...(familyName !== undefined && { FamilyName: familyName }),
    },
    ...(email !== undefined && { Emails: [{ Value: email, Type: 'work', Primary: true }] }),
    ...(title !== undefined && { Title: title }),
    ...(userType !== undefined && { UserType: userType }),
    ...(Object.keys(extension).length > 0 && { Extensions: { [enterpriseExtension]: extension } }),
  }
}

/** The part of DescribeUser's answer that has these fields. */
type ToldUser = {
  readonly DisplayName?: unknown
  readonly Name?: unknown
  readonly Emails?: unknown
  readonly Title?: unknown
  readonly UserType?: unknown
  readonly Extensions?: unknown
}

export function toProfile({ DisplayName, Name, Emails, Title, UserType, Extensions }: ToldUser): Profile {
  const name = membersOf(Name)
  const extension = membersOf(membersOf(Extensions)[enterpriseExtension])
  const [email] = Array.isArray(Emails) ? Emails : []
  const manager = extension.manager
  const found: Record<ProfileField, unknown> = {
    displayName: DisplayName,
    givenName: name.GivenName,
    familyName: name.FamilyName,
    email: membersOf(email).Value,
    title: Title,
    department: extension.department,
    userType: UserType,
    manager: membersOf(manager).value ?? manager,
  }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => typeof value === 'string' && value !== ''))
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {}
}

/**
 * The changes that make the directory equal to the file. A field that the file leaves out is removed, unless ssofile adopted the user.
 */
export function compareProfiles(
  wanted: Profile,
  actual: Profile,
  { isAdopted }: { readonly isAdopted: boolean },
): Profile {
  const changed = profileFields.filter(
    (field) => wanted[field] !== actual[field] && !(isAdopted && wanted[field] === undefined),
  )
  return Object.fromEntries(changed.map((field) => [field, wanted[field]]))
}
