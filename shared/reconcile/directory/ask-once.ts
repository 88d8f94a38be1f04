import type { PrincipalId } from '../../domain/principals/identity-center-ids.ts'
import type { ReadingIdentityStore } from '../../ports/identity-store.ts'
import { wrapPort } from '../calls/wrap-port.ts'

/**
 * The same directory, asked once for each user and each group by id: Identity Store allows 20 calls a second of each API. For
 * one turn of an evaluation, whose decisions are carried out at once.
 */
export function askOnce(identityStore: ReadingIdentityStore): ReadingIdentityStore {
  const findUser = remember((id) => identityStore.findUser(id))
  const findGroup = remember((id) => identityStore.findGroup(id))
  return wrapPort(identityStore, (_, call) => call(), {
    findUser,
    findGroup,
    findPrincipalName: async (type, id) => (await (type === 'USER' ? findUser(id) : findGroup(id)))?.name,
  })
}

function remember<T>(ask: (id: PrincipalId) => Promise<T>): (id: PrincipalId) => Promise<T> {
  const asked = new Map<PrincipalId, Promise<T>>()
  return (id) => {
    const answer = asked.get(id) ?? ask(id)
    asked.set(id, answer)
    return answer
  }
}
