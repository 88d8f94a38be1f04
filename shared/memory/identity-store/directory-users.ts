import type { ExternalId } from '../../domain/principals/external-id.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { toProfile } from '../../domain/principals/person-profile.ts'
import { enterpriseAttributes, enterpriseExtension } from '../../domain/principals/user-attributes.ts'
import { NamedTable } from '../named-table.ts'
import { checkName } from './check-name.ts'
import { externalName } from './directory-groups.ts'
import type { AttributeOperation, Json, JsonObject, UserRecord, UserStatus } from './identity-store-records.ts'
import { isObject } from './identity-store-records.ts'
import { duplicate, invalidDirectoryInput, resourceNotFound } from './identity-store-refusals.ts'

/**
 * The attributes that UpdateUser takes, in lower case. `userStatus` is not among them: no operation of the API writes it, only the console
 * and the provider of users. (Identity Store API Reference, "User" and "AttributeOperation".)
 */
const attributePaths: ReadonlySet<string> = new Set(
  `username displayname nickname profileurl emails addresses phonenumbers photos roles usertype title preferredlanguage
    locale timezone website birthdate extensions name name.formatted name.familyname name.givenname name.middlename
    name.honorificprefix name.honorificsuffix`.split(/\s+/),
)
/** Paths of the extension: the whole, one attribute, or the id of the manager. An unknown one is refused. */
const extensionPaths: ReadonlySet<string> = new Set(
  ['', ...enterpriseAttributes.map((name) => `.${name}`), '.manager.value'].map((path) => enterpriseExtension + path),
)

/**
 * The users of a directory. User names, e-mail addresses and external ids are unique (AWS Knowledge Center, "Refused to create a new,
 * duplicate resource"). AWS refuses a second user name that differs only in case, though it looks names up exactly; this assumes the same
 * of e-mail addresses.
 */
export class DirectoryUsers extends NamedTable<UserRecord, PrincipalId> {
  constructor(table: Map<string, UserRecord>) {
    super(
      table,
      ({ userId }) => userId,
      namesOf,
      (id) => resourceNotFound('USER', id),
    )
  }

  override idOf(userName: string): PrincipalId | undefined {
    const holder = super.idOf(userName.toLowerCase())
    return holder !== undefined && this.find(holder)?.userName === userName ? holder : undefined
  }

  idOfEmail(email: string): PrincipalId | undefined {
    const holder = super.idOf(emailName(email))
    const user = holder === undefined ? undefined : this.find(holder)
    return user && emailOf(user) === email ? holder : undefined
  }

  idOfExternal(externalId: ExternalId): PrincipalId | undefined {
    return super.idOf(externalName(externalId))
  }

  override put(user: UserRecord): void {
    checkName('USER', user.userName)
    for (const name of namesOf(user)) {
      const holder = super.idOf(name)
      if (holder === undefined || holder === user.userId) continue
      const isName = name === user.userName.toLowerCase()
      throw duplicate(`Duplicate ${isName ? 'UserName' : name.startsWith(emailName('')) ? 'Email' : 'ExternalId'}`)
    }
    super.put(user)
  }

  update(userId: string, operations: readonly AttributeOperation[], updatedAt: Date): void {
    const before = this.get(userId)
    for (const { path } of operations)
      if (!attributePaths.has(path.toLowerCase()) && !extensionPaths.has(path))
        throw invalidDirectoryInput(`${path} is not an attribute of a user.`)
    this.put(operations.reduce(applyOperation, { ...before, updatedAt }))
  }

  setExternalId(userId: string, { issuer, id }: ExternalId, updatedAt: Date): void {
    this.#setAttributes(userId, { ExternalIds: [{ Issuer: issuer, Id: id }] }, updatedAt)
  }

  setStatus(userId: string, status: UserStatus, updatedAt: Date): void {
    this.#setAttributes(userId, { UserStatus: status }, updatedAt)
  }

  #setAttributes(userId: string, attributes: JsonObject, updatedAt: Date): void {
    const user = this.get(userId)
    this.put({ ...user, attributes: { ...user.attributes, ...attributes }, updatedAt })
  }
}

function namesOf(user: UserRecord): readonly string[] {
  const email = emailOf(user)
  return [
    user.userName.toLowerCase(),
    ...(email === undefined ? [] : [emailName(email)]),
    ...externalIdsOf(user).map(externalName),
  ]
}

/** No user name has this character. */
function emailName(email: string): string {
  return `\0\0${email.toLowerCase()}`
}

function emailOf({ attributes }: UserRecord): string | undefined {
  return toProfile(attributes).email
}

export function externalIdsOf({ attributes: { ExternalIds } }: UserRecord): readonly ExternalId[] {
  const all = Array.isArray(ExternalIds) ? ExternalIds : []
  return all.flatMap((one: Json) => (isObject(one) ? [{ issuer: String(one.Issuer), id: String(one.Id) }] : []))
}

function applyOperation(user: UserRecord, { path, value: given }: AttributeOperation): UserRecord {
  // `null` removes an attribute, like a missing value. Members of a list arrive in lower case, and are answered in AWS's spelling.
  const value = given === null ? undefined : capitalizeMembers(given)
  if (path === 'userName') {
    if (typeof value !== 'string' || value === '') throw invalidDirectoryInput('userName must be a string.')
    return { ...user, userName: value }
  }
  if (extensionPaths.has(path)) {
    const members = path.split('.').slice(1)
    return {
      ...user,
      attributes: withAttribute(user.attributes, ['Extensions', enterpriseExtension, ...members], value),
    }
  }
  const names = path.split('.').map((name) => name.charAt(0).toUpperCase() + name.slice(1))
  return { ...user, attributes: withAttribute(user.attributes, names, value) }
}

export function extensionOf({ attributes }: UserRecord): Json | undefined {
  const { Extensions: extensions } = attributes
  return isObject(extensions) ? extensions[enterpriseExtension] : undefined
}

function withAttribute(attributes: JsonObject, [name = '', ...rest]: readonly string[], value?: Json): JsonObject {
  const { [name]: before, ...others } = attributes
  if (rest.length > 0) return { ...others, [name]: withAttribute(isObject(before) ? before : {}, rest, value) }
  return value === undefined ? others : { ...others, [name]: value }
}

function capitalizeMembers(value: Json | undefined): Json | undefined {
  if (!Array.isArray(value)) return value
  const capitalize = (name: string) => name.charAt(0).toUpperCase() + name.slice(1)
  return value.map((row: Json) =>
    isObject(row) ? Object.fromEntries(Object.entries(row).map(([name, member]) => [capitalize(name), member])) : row,
  )
}
