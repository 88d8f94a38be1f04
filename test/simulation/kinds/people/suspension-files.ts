import type { KindFiles } from '../part.ts'

/** A file that is not valid suspends all the same. */
export const suspensionFiles = {
  keys: {
    mia: 'suspended/mia@example.com',
    leo: 'suspended/leo@example.com',
    nora: 'suspended/nora@example.com',
    'an approver': 'suspended/ann',
  },
  valid: { empty: '', reason: '{ "reason": "left", "ticket": "T-2" }' },
  invalid: { 'with an unknown field': '{ "until": "tomorrow" }' },
} as const satisfies KindFiles
