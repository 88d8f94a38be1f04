import type { SimulatedWorld } from '../../simulated-world.ts'
import { changeUser, owned } from './credentials.ts'
import { CredentialsPromise } from './credentials-promise.ts'

type Named = { readonly owner: keyof typeof owned; readonly user: 'ci' | 'app' }

/** What people do to credentials, in the console of the account. IAM knows a use hours later. */
export const credentialActions = {
  'use a credential': (
    { iam, clock }: SimulatedWorld,
    { owner, user, what }: Named & { readonly what: 'key' | 'password' },
  ) => {
    const use = { at: clock.now(), service: 's3' }
    changeUser(iam, owned[owner], user, ({ keys, password }) =>
      what === 'key'
        ? { keys: keys.map((key) => (key.isActive ? { ...key, uses: [...key.uses, use] } : key)) }
        : { password: password && { ...password, uses: [...password.uses, use] } },
    )
  },
  'switch a key by hand': (
    { iam, checker }: SimulatedWorld,
    { owner, user, isActive }: Named & { readonly isActive: boolean },
  ) => {
    changeUser(iam, owned[owner], user, ({ keys }) => {
      for (const { id } of keys) checker.judge(CredentialsPromise).noteByHand(id)
      return { keys: keys.map((key) => ({ ...key, isActive })) }
    })
  },
  'delete a key by hand': ({ iam }: SimulatedWorld, { owner, user }: Named) =>
    changeUser(iam, owned[owner], user, () => ({ keys: [] })),
  'rename an IAM user': ({ iam }: SimulatedWorld, { owner, user, to }: Named & { readonly to: string }) =>
    changeUser(iam, owned[owner], user, () => ({ name: to })),
}
