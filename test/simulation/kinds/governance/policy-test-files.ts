import type { KindFiles } from '../part.ts'

const test = { title: 'a link', input: 'links_data/root%all%First-ps%team one%GROUP%ssofile', expect: 'accepted' }

/** Tests change no access. */
export const policyTestFiles = {
  keys: { one: 'policies/tests/one.json', two: 'policies/tests/two.json' },
  valid: { none: '{ "tests": [] }', one: JSON.stringify({ tests: [test] }) },
  invalid: { 'with an unknown verdict': JSON.stringify({ tests: [{ ...test, expect: 'perhaps' }] }), broken: '{' },
} as const satisfies KindFiles
