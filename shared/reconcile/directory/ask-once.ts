import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { IdentityStore } from '../../ports/identity-store.ts'
import { onceEach } from '../../ports/once.ts'
import { asWrapped, wrapPort } from '../calls/wrap-port.ts'

const changesPrincipals = /^(create|update|delete)(Group|GroupDescription|Person|User)$/

/**
 * The same directory, asked once for each user and each group by id until a user or a group is changed through this port:
 * Identity Store allows 20 calls a second of each API. For one look, whose decisions are carried out at once.
 */
export function askOnce(identityStore: IdentityStore): IdentityStore {
  const users = new Map<string, ReturnType<IdentityStore['findUser']>>()
  const groups = new Map<string, ReturnType<IdentityStore['findGroup']>>()
  const forget = () => {
    users.clear()
    groups.clear()
  }
  const findUser = onceEach((id: PrincipalId) => identityStore.findUser(id), users)
  const findGroup = onceEach((id: PrincipalId) => identityStore.findGroup(id), groups)
  const around = (operation: string, call: () => Promise<unknown>) =>
    changesPrincipals.test(operation) ? call().finally(forget) : call()
  return asWrapped(
    wrapPort(identityStore, around, {
      findUser,
      findGroup,
      findPrincipalName: async (type, id) => (await (type === 'USER' ? findUser(id) : findGroup(id)))?.name,
    }),
  )
}
