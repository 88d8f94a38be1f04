import type { PermissionSetName } from '../domain/permission-set-name.ts'
import type { Provisionings } from './provisionings.ts'
import type { SettleContext } from './settlement.ts'
import type { NewStatus } from './status-store.ts'

/** What became of a permission set. `exists`: links may wait for it, since whoever made it may have died before it told. */
export type PermissionSetSettlement = { readonly status: NewStatus | undefined; readonly exists: boolean }

export type PermissionSetContext = SettleContext & {
  readonly provisionings: Provisionings
  /** Someone may have changed it in Identity Center: it is read although its file is applied. */
  readonly isDriftCheck: boolean
  /** How far it is, while it goes on. */
  tell(status: NewStatus): Promise<void>
  /** Has every link that names it looked at again: what it was applied to is gone. */
  wakeLinks(name: PermissionSetName): Promise<void>
}
