import { renderPermissionSet } from '../../permission-set-actions.ts'
import type { KindFiles } from '../part.ts'

type Version = Parameters<typeof renderPermissionSet>[1]
const of = (version: Version) => (_at: unknown, _world: unknown, key: string) =>
  renderPermissionSet(key.slice('permission_sets/'.length, -'.json'.length), version)

/** A file that is renamed has another name in it than its own, so it is not valid. */
export const permissionSetFiles = {
  keys: { First: 'permission_sets/First-ps.json', Late: 'permission_sets/Late-ps.json' },
  valid: {
    first: of('first'),
    more: of('more'),
    'with a boundary': of('boundary'),
    'that denies': of('denies'),
    'with nothing': of('less'),
  },
  invalid: { 'with sessions of five minutes': of('invalid'), broken: '{ "permissionSetName":' },
} as const satisfies KindFiles
