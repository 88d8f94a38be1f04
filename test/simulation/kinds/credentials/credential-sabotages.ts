import type { Ports } from '../../../../shared/ports/ports.ts'
import type { RetiringAccount } from '../../../../shared/ports/retirer.ts'
import { type Change, forgetting, misreading, notFinding, otherwise } from '../../sabotage-ports.ts'
import type { Defects } from '../../sabotages.ts'

export const credentialSabotages: Defects = {
  credentials: {
    'a key never comes back': inAccounts(({ updateAccessKey }) => ({
      updateAccessKey: async (user, id, isActive) => (isActive ? undefined : updateAccessKey(user, id, isActive)),
    })),
    'every account belongs to everybody who asks': otherwise('organizations', () => ({
      listTags: async () => ({ team: 'a' }),
    })),
    'nobody remembers that a file came under another owner': forgetting('retired/refused/'),
    'whatever key was inactive becomes active': inAccounts(({ listAccessKeys }) => ({
      listAccessKeys: async (...of) => {
        const page = await listAccessKeys(...of)
        return { ...page, items: page.items.map((key) => ({ ...key, isActive: true })) }
      },
    })),
    'nobody looks whether a credential was used': inAccounts(({ user }) => ({
      accessKeyLastUsed: async () => ({}),
      user: async (name) => ({ madeAt: (await user(name)).madeAt }),
    })),
    'the days are over at once': misreading('retired/', (text) => text.replace(/("watchedAt":\s*")\d{4}/, '$12020')),
    'no name is protected': misreading('hygiene.json', (text) => text.replace('["CI"]', '[]')),
  },
  status: { 'nobody finds a file that retires': notFinding('retire/') },
}

function inAccounts(override: (iam: RetiringAccount) => Partial<RetiringAccount>): Change {
  return (ports: Ports) => {
    const { retirer } = ports
    if (retirer === undefined) return ports
    return {
      ...ports,
      retirer: {
        enter: async (...where) => {
          const iam = await retirer.enter(...where)
          const changed = override(iam)
          return new Proxy(iam, { get: (target, name) => Reflect.get(changed, name) ?? Reflect.get(target, name) })
        },
      },
    }
  }
}
