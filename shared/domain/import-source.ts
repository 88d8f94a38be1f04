import type { AccountId } from './account-id.ts'
import type { Link } from './link.ts'
import type { PrincipalType } from './principal.ts'

/** An assignment as another tool knows it. */
export type WantedAssignment = {
  readonly accountId: AccountId
  /** Its name or its ARN. */
  readonly permissionSet: string
  /** Its name or its id. */
  readonly principal: string
  readonly type: PrincipalType
  /** Where it stands in the file, for messages. */
  readonly place: string
}

/** What an import shall take over, by a file of another tool: assignments, or links that stand for some. */
export type ImportSource = { readonly assignments: readonly WantedAssignment[]; readonly links: readonly Link[] }
