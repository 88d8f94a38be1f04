import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import { NamedTable } from '../named-table.ts'
import { checkName } from './check-name.ts'
import type { AttributeOperation, GroupRecord } from './identity-store-records.ts'
import { duplicate, invalidDirectoryInput, resourceNotFound } from './identity-store-refusals.ts'

/** The groups of a directory. Their names are unique and matched exactly. */
export class DirectoryGroups extends NamedTable<GroupRecord, PrincipalId> {
  constructor(table: Map<string, GroupRecord>) {
    super(
      table,
      ({ groupId }) => groupId,
      ({ displayName }) => displayName,
      (id) => resourceNotFound('GROUP', id),
    )
  }

  override put(group: GroupRecord): void {
    if (group.displayName !== undefined) {
      checkName('GROUP', group.displayName)
      const holder = this.idOf(group.displayName)
      if (holder !== undefined && holder !== group.groupId) throw duplicate('Duplicate GroupDisplayName')
    }
    super.put(group)
  }

  update(groupId: string, operations: readonly AttributeOperation[], updatedAt: Date): void {
    this.put(operations.reduce(applyOperation, { ...this.get(groupId), updatedAt }))
  }

  setExternalId(groupId: string, externalId: NonNullable<GroupRecord['externalId']>, updatedAt: Date): void {
    this.put({ ...this.get(groupId), externalId, updatedAt })
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
