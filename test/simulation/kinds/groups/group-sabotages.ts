import { misreading, otherwise, overlooking } from '../../sabotage-ports.ts'
import type { Defects } from '../../sabotages.ts'

export const groupSabotages: Defects = {
  foreign: {
    'movers get no time to hand over': misreading('rules/', (text) =>
      text.replace('"moverGraceDays":1', '"moverGraceDays":0'),
    ),
  },
  convergence: {
    'memberships never end': misreading('memberships/', (text) =>
      text.replace(/"expiresAt":\s*"\d{4}/, '"expiresAt":"9998'),
    ),
    'exceptions of a rule are ignored': misreading('rules/', (text) => text.replace(/,"except":.*\]/, '')),
    'files in folders ask for no membership': overlooking(/^memberships\/folder-a\//),
    'attributes that change are not seen': otherwise('identityStore', (directory) => ({
      findUser: async (id) => {
        const user = await directory.findUser(id)
        return user && { ...user, attributes: {} }
      },
    })),
  },
}
