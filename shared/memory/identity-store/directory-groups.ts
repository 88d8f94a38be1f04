import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { AscendingKeys } from '../s3/ascending-keys.ts'
import { checkName } from './check-name.ts'
import type { AttributeOperation, GroupRecord } from './identity-store-records.ts'
import { duplicate, invalidDirectoryInput, resourceNotFound } from './identity-store-refusals.ts'

/** The groups of a directory: a table and the index of their names, which are unique and matched exactly. */
export class DirectoryGroups {
  readonly #table: Map<string, GroupRecord>
  readonly #ids: AscendingKeys
  readonly #idByName = new Map<string, PrincipalId>()

  constructor(table: Map<string, GroupRecord>) {
    this.#table = table
    this.#ids = new AscendingKeys(table.keys())
    for (const group of table.values()) this.#indexName(group)
  }

  /** Ascending. */
  ids(): readonly string[] {
    return this.#ids.sorted()
  }

  find(groupId: string): GroupRecord | undefined {
    return this.#table.get(groupId)
  }

  get(groupId: string): GroupRecord {
    const group = this.#table.get(groupId)
    if (group === undefined) throw resourceNotFound('GROUP', groupId)
    return group
  }

  idOf(displayName: string): PrincipalId | undefined {
    return this.#idByName.get(displayName)
  }

  add(group: GroupRecord): void {
    this.#checkName(group)
    this.#table.set(group.groupId, group)
    this.#ids.add(group.groupId)
    this.#indexName(group)
  }

  update(groupId: string, operations: readonly AttributeOperation[], updatedAt: Date): void {
    const before = this.get(groupId)
    const after = operations.reduce(applyOperation, { ...before, updatedAt })
    this.#checkName(after)
    if (before.displayName !== undefined) this.#idByName.delete(before.displayName)
    this.#table.set(groupId, after)
    this.#indexName(after)
  }

  setExternalId(groupId: string, externalId: NonNullable<GroupRecord['externalId']>, updatedAt: Date): void {
    this.#table.set(groupId, { ...this.get(groupId), externalId, updatedAt })
  }

  delete(groupId: string): GroupRecord {
    const group = this.get(groupId)
    this.#table.delete(groupId)
    this.#ids.delete(groupId)
    if (group.displayName !== undefined) this.#idByName.delete(group.displayName)
    return group
  }

  #checkName({ groupId, displayName }: GroupRecord): void {
    if (displayName === undefined) return
    checkName('GROUP', displayName)
    const holder = this.#idByName.get(displayName)
    if (holder !== undefined && holder !== groupId) throw duplicate('Duplicate GroupDisplayName')
  }

  #indexName({ groupId, displayName }: GroupRecord): void {
    if (displayName !== undefined) this.#idByName.set(displayName, groupId)
  }
}

function applyOperation(group: GroupRecord, { path, value }: AttributeOperation): GroupRecord {
  if (value !== undefined && typeof value !== 'string') throw invalidDirectoryInput(`${path} must be a string.`)
  switch (path) {
    case 'displayName':
      if (value === undefined || value === '') throw invalidDirectoryInput('displayName cannot be removed.')
      return { ...group, displayName: value }
    case 'description': {
      const { description: _before, ...rest } = group
      return value === undefined ? rest : { ...rest, description: value }
    }
    default:
      throw invalidDirectoryInput(`${path} is not a supported attribute of a group.`)
  }
}
