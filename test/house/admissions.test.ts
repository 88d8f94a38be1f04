import { expect, test } from '@jest/globals'
import { listProjectFiles, readText } from './source-files.ts'

/** Product code that calls ports: adapters, and calls with targets that do not exist, are no part of it. */
const callers = listProjectFiles().filter(
  (path) =>
    /^(shared\/(reconcile|modules)|handlers)\/.*\.ts$/.test(path) && path !== 'shared/modules/doctor/dry-calls.ts',
)
const filesWith = (pattern: RegExp) => callers.filter((path) => pattern.test(readText(path)))

test.each([
  [/\.deleteAccountAssignment\b/, 'shared/reconcile/calls/send-assignment-call.ts'],
  [/identityStore\.deleteGroupMembership\(/, 'shared/reconcile/calls/taking-calls.ts'],
  [
    /\.(detachManagedPolicy|putInlinePolicy|deleteInlinePolicy)\(/,
    'shared/reconcile/permission-sets/make-permission-set-change.ts',
  ],
  [/identityStore\.deleteUser\(/, 'shared/reconcile/calls/taking-calls.ts'],
  [/\.updateAttributes\b/, 'shared/reconcile/calls/taking-calls.ts'],
  [
    /\.updateAccessKey\([^)]*false\)|\.deleteAccessKey\b|\.deletePassword\b|iam\.deleteUser\b/,
    'shared/reconcile/calls/taking-calls.ts',
  ],
])('the call %s stands in one file, whose function asks for an admission by its type', (pattern, file) => {
  expect(filesWith(pattern)).toEqual([file])
  expect(readText(file)).toMatch(/: Admission\b/)
})

test('only the brake makes an admission', () => {
  expect(filesWith(/\badmitted\(\)/)).toEqual(['shared/reconcile/brake/brake.ts'])
})
