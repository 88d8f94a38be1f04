import type { Command } from 'commander'
import {
  type PermissionSetName,
  permissionSetName,
} from '../../../shared/domain/permission-sets/permission-set-name.ts'
import { type PrincipalName, principalName } from '../../../shared/domain/principals/principal.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import type { AssignmentFilter } from '../../../shared/modules/take-over/list-existing.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { repeated } from '../arguments/options.ts'
import { parseAccount } from '../arguments/parse-account.ts'
import { Refusal } from '../arguments/refusal.ts'

export type FilterOptions = {
  readonly account?: readonly string[]
  readonly permissionSet?: readonly string[]
  readonly user?: readonly string[]
  readonly group?: readonly string[]
}

/** Adds options that select assignments. Each may be repeated. */
export function addFilters(command: Command): Command {
  return command
    .option('--account <id>', 'only the assignments of this account, by id or name (may be repeated)', repeated)
    .option('--permission-set <name>', 'only the assignments of this permission set (may be repeated)', repeated)
    .option('--user <name>', 'only the assignments of this user, by name or id (may be repeated)', repeated)
    .option('--group <name>', 'only the assignments of this group, by name or id (may be repeated)', repeated)
}

/** Reads these options. Throws Refusal. */
export async function parseFilters(
  { account = [], permissionSet = [], user = [], group = [] }: FilterOptions,
  ports: Ports,
): Promise<AssignmentFilter> {
  return {
    accounts: await Promise.all(account.map((text) => parseAccount(text, ports, []))),
    permissionSets: permissionSet.map(parseSetName),
    principals: [
      ...user.map((name) => ({ type: 'USER' as const, name: parsePrincipal(name) })),
      ...group.map((name) => ({ type: 'GROUP' as const, name: parsePrincipal(name) })),
    ],
  }
}

export function parseSetName(text: string): PermissionSetName {
  const name = permissionSetName.safeParse(text)
  if (name.success) return name.data
  throw new Refusal(
    `received the name '${quote(text)}', expected the name of a permission set: 1 to 32 letters, digits or _ + = , . @ -`,
  )
}

function parsePrincipal(text: string): PrincipalName {
  const name = principalName.safeParse(text)
  if (name.success) return name.data
  throw new Refusal('received an empty --user or --group, expected the name of a user or a group')
}
