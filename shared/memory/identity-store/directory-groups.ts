import type { ExternalId } from '../../domain/principals/external-id.ts'
import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { NamedTable } from '../named-table.ts'
import { checkName } from './check-name.ts'
import type { AttributeOperation, GroupRecord } from './identity-store-records.ts'
import { duplicate, invalidDirectoryInput, resourceNotFound } from './identity-store-refusals.ts'

/** The groups of a directory. Their names and external ids are unique; names are matched exactly. */
export class DirectoryGroups extends NamedTable<GroupRecord, PrincipalId> {
  constructor(table: Map<string, GroupRecord>) {
    super(
      table,
      ({ groupId }) => groupId,
      ({ displayName, externalId }) => [
        ...(displayName === undefined ? [] : [displayName]),
        ...(externalId ? [externalName(externalId)] : []),
      ],
      (id) => resourceNotFound('GROUP', id),
    )
  }

  idOfExternal(externalId: ExternalId): PrincipalId | undefined {
    return this.idOf(externalName(externalId))
  }

  override put(group: GroupRecord): void {
    if (group.displayName !== undefined) {
      checkName('GROUP', group.displayName)
      const holder = this.idOf(group.displayName)
      if (holder !== undefined && holder !== group.groupId) throw duplicate('Duplicate GroupDisplayName')
    }
    const { externalId } = group
    const holder = externalId && this.idOf(externalName(externalId))
    if (holder !== undefined && holder !== group.groupId) throw duplicate('Duplicate ExternalId')
    super.put(group)
  }

  update(groupId: string, operations: readonly AttributeOperation[], updatedAt: Date): void {
    this.put(operations.reduce(applyOperation, { ...this.get(groupId), updatedAt }))
  }

  setExternalId(groupId: string, externalId: ExternalId, updatedAt: Date): void {
    this.put({ ...this.get(groupId), externalId, updatedAt })
  }
}

/** No name of a group has this character. */
export function externalName({ issuer, id }: ExternalId): string {
  return `\0${issuer}\0${id}`
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
