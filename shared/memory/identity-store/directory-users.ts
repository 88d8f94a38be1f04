import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { enterpriseAttributes, enterpriseExtension } from '../../domain/principals/user-attributes.ts'
import { AscendingKeys } from '../s3/ascending-keys.ts'
import { checkName } from './check-name.ts'
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

/** The users of a directory: a table and the indexes of their names. */
export class DirectoryUsers {
  readonly #table: Map<string, UserRecord>
  readonly #ids: AscendingKeys
  readonly #idByName = new Map<string, PrincipalId>()
  /** AWS refuses a second user name that differs only in case, though it looks names up exactly. */
  readonly #idByFoldedName = new Map<string, PrincipalId>()

  constructor(table: Map<string, UserRecord>) {
    this.#table = table
    this.#ids = new AscendingKeys(table.keys())
    for (const user of table.values()) this.#indexName(user)
  }

  /** Ascending. */
  ids(): readonly string[] {
    return this.#ids.sorted()
  }

  find(userId: string): UserRecord | undefined {
    return this.#table.get(userId)
  }

  get(userId: string): UserRecord {
    const user = this.#table.get(userId)
    if (user === undefined) throw resourceNotFound('USER', userId)
    return user
  }

  idOf(userName: string): PrincipalId | undefined {
    return this.#idByName.get(userName)
  }

  add(user: UserRecord): void {
    this.#checkName(user)
    this.#table.set(user.userId, user)
    this.#ids.add(user.userId)
    this.#indexName(user)
  }

  update(userId: string, operations: readonly AttributeOperation[], updatedAt: Date): void {
    const before = this.get(userId)
    for (const { path } of operations)
      if (!attributePaths.has(path.toLowerCase()) && !extensionPaths.has(path))
        throw invalidDirectoryInput(`${path} is not an attribute of a user.`)
    const after = operations.reduce(applyOperation, { ...before, updatedAt })
    this.#checkName(after)
    this.#forgetName(before)
    this.#table.set(userId, after)
    this.#indexName(after)
  }

  setExternalId(
    userId: string,
    { issuer, id }: { readonly issuer: string; readonly id: string },
    updatedAt: Date,
  ): void {
    const user = this.get(userId)
    const ExternalIds = [{ Issuer: issuer, Id: id }]
    this.#table.set(userId, { ...user, attributes: { ...user.attributes, ExternalIds }, updatedAt })
  }

  setStatus(userId: string, status: UserStatus, updatedAt: Date): void {
    const user = this.get(userId)
    this.#table.set(userId, { ...user, attributes: { ...user.attributes, UserStatus: status }, updatedAt })
  }

  delete(userId: string): UserRecord {
    const user = this.get(userId)
    this.#table.delete(userId)
    this.#ids.delete(userId)
    this.#forgetName(user)
    return user
  }

  #checkName({ userId, userName }: UserRecord): void {
    checkName('USER', userName)
    const holder = this.#idByFoldedName.get(userName.toLowerCase())
    if (holder !== undefined && holder !== userId) throw duplicate('Duplicate UserName')
  }

  #indexName({ userId, userName }: UserRecord): void {
    this.#idByName.set(userName, userId)
    this.#idByFoldedName.set(userName.toLowerCase(), userId)
  }

  #forgetName({ userName }: UserRecord): void {
    this.#idByName.delete(userName)
    this.#idByFoldedName.delete(userName.toLowerCase())
  }
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
