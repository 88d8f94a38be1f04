import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { IdentityStore } from '../../ports/identity-store.ts'
import { asWrapped, wrapPort } from '../calls/wrap-port.ts'

const changesPrincipals = /^(create|update|delete)(Group|GroupDescription|Person|User)$/

/**
 * The same directory, asked once for each user and each group by id until a user or a group is changed through this port:
 * Identity Store allows 20 calls a second of each API. For one look, whose decisions are carried out at once.
 */
export function askOnce(identityStore: IdentityStore): IdentityStore {
  const users = new Map<PrincipalId, ReturnType<IdentityStore['findUser']>>()
  const groups = new Map<PrincipalId, ReturnType<IdentityStore['findGroup']>>()
  const forget = () => {
    users.clear()
    groups.clear()
  }
  const findUser = remember(users, (id) => identityStore.findUser(id))
  const findGroup = remember(groups, (id) => identityStore.findGroup(id))
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

function remember<T>(
  asked: Map<PrincipalId, Promise<T>>,
  ask: (id: PrincipalId) => Promise<T>,
): (id: PrincipalId) => Promise<T> {
  return (id) => {
    const answer = asked.get(id) ?? ask(id)
    asked.set(id, answer)
    return answer
  }
}
