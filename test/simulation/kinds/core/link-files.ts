import { linkOf } from '../../steps.ts'
import type { KindFiles } from '../part.ts'

/** Two overlapping links of a group, and one of a user. */
export const linkFiles = {
  keys: {
    'of all accounts': linkOf('root%all'),
    'of one account': linkOf('account%200000000001'),
    'of a user': linkOf('account%200000000001', 'First-ps', 'mia@example.com', 'USER'),
  },
  valid: {
    empty: '',
    reason: '{"reason":"on call","ticket":"T-1"}',
    'that ends soon': (at) => `{"expiresAt":"${at(70_000)}"}`,
    'that begins soon': (at) => `{"notBefore":"${at(40_000)}"}`,
  },
  invalid: { malformed: '{"expiresAt":"tomorrow"}', 'with an unknown field': '{"endsAt":"2030-01-01T00:00:00Z"}' },
} as const satisfies KindFiles
