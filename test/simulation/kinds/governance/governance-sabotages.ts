import { misreading, otherwise, overlooking, reading } from '../../sabotage-ports.ts'
import type { Defects } from '../../sabotages.ts'

export const governanceSabotages: Defects = {
  governance: {
    'no policy is found': overlooking(/^policies\/[^/]+$/),
    'a rule that refuses only warns': misreading('policies/', (text) => text.replaceAll('"enforce"', '"warn"')),
    'a policy that is not valid is taken for an empty one': misreading('policies/', (text) => {
      return text.startsWith('{ "contact": ') || text.split('"a-rule"').length > 2 ? '{"contact":"nobody"}' : text
    }),
    'a minimum is for another permission set': misreading('policies/', (text) =>
      text.replace(
        '"permissionSets":["First-ps"]},"must":{"peopleLeast"',
        '"permissionSets":["Last-ps"]},"must":{"peopleLeast"',
      ),
    ),
    'nobody knows who is in a group, so nobody is': otherwise('identityStore', () => ({
      listMembersOf: async () => ({ items: [] }),
    })),
    'who is leaving counts among those who are left': misreading('control/brake.json', (text) =>
      text.replace(/"leaving":\s*\[.*?\](?=,\s*"|\s*\})/s, '"leaving":[]'),
    ),
    'a separation is for other permission sets': misreading('policies/', (text) =>
      text.replace('"Late-*"', '"Last-*"'),
    ),
  },
  temporary: {
    'an eligibility of one account is for all': misreading('eligibility/', (text) =>
      text.replace('account%200000000002', 'root%all').replace('"approvals":2', '"approvals":1'),
    ),
    'an eligibility is read once and never again': reading('eligibility/', firstRead()),
  },
  foreign: {
    'a selector that nobody can read selects nothing': misreading('selectors/', (text) =>
      text.startsWith('{"except"') || text === '{"accounts":' ? '{"accounts":[]}' : text,
    ),
  },
  status: {
    'whatever a file of tests says is valid': misreading('policies/tests/', () => '{"tests":[]}'),
  },
}

function firstRead(): Parameters<typeof reading>[1] {
  const known = new Map<string, Awaited<ReturnType<Parameters<Parameters<typeof reading>[1]>[0]>>>()
  return async (read, key) => {
    if (!known.has(key)) known.set(key, await read())
    return known.get(key)
  }
}
