import type { KindFiles } from '../part.ts'
import { keyOf } from './credentials.ts'

/** Two owners ask for the same key; only the one in the tag of its account may. */
export const retireFiles = {
  keys: {
    'key of ci': `retire/a/account%200000000001%ci%${keyOf.ci}%ssofile`,
    'key of ci, by b': `retire/b/account%200000000001%ci%${keyOf.ci}%ssofile`,
    'key of app': `retire/a/account%200000000001%app%${keyOf.app}%ssofile`,
    'password of app': 'retire/a/account%200000000001%app%password%ssofile',
    'key in the account of b': `retire/b/account%200000000002%ci%${keyOf['ci of b']}%ssofile`,
  },
  valid: { empty: '' },
  invalid: {},
} as const satisfies KindFiles

const rules = {
  'of two days': { ownerTag: 'team', retireAfterDays: 2 },
  'of three days': { ownerTag: 'team', retireAfterDays: 3 },
  'that protects ci': { ownerTag: 'team', retireAfterDays: 2, neverRetire: ['CI'] },
  'without an owner tag': { retireAfterDays: 2 },
} as const

export const hygieneFiles = {
  keys: { hygiene: 'hygiene.json' },
  valid: {
    'of two days': JSON.stringify(rules['of two days']),
    'of three days': JSON.stringify(rules['of three days']),
    'that protects ci': JSON.stringify(rules['that protects ci']),
    'without an owner tag': JSON.stringify(rules['without an owner tag']),
  },
  invalid: { broken: '{ "ownerTag":', 'of one day': '{ "ownerTag": "team", "retireAfterDays": 1 }' },
} as const satisfies KindFiles

export type Rules = { readonly days: number; readonly protects: string | undefined }

/** What this content says. `undefined`: nobody knows who owns an account, so nothing changes. */
export function rulesIn(text: string | undefined): Rules | undefined {
  const { valid } = hygieneFiles
  if (text === valid['that protects ci']) return { days: 2, protects: 'ci' }
  if (text === valid['of two days']) return { days: 2, protects: undefined }
  return text === valid['of three days'] ? { days: 3, protects: undefined } : undefined
}
