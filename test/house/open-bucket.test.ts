import { expect, test } from '@jest/globals'
import { listProjectFiles, readText } from './source-files.ts'

/** Commands that may meet a bucket in which ssofile never worked, and why. */
const others: Readonly<Record<string, string>> = {
  'arguments/offer.ts': 'a completion must stay silent',
  'bucket/cli-ports.ts': 'the function itself',
  'bucket/open-bucket.ts': 'it makes the check',
  'break-glass/break-glass-check.ts': 'it needs no deployment',
  'break-glass/break-glass-evidence.ts': 'it reads what is there and names gaps',
  'break-glass/read-drills.ts': 'it reads a source that the person names',
  'credentials/suggest.ts': 'it needs no deployment',
  'folder/pull.ts': 'it only reads files',
  'folder/validate.ts': 'it only reads files',
  'guardrails/read-guardrails.ts': 'it only reads files',
  'operations/apply.ts': 'it begins a bucket',
  'operations/doctor.ts': 'it reports a missing owner',
  'operations/restore.ts': 'it finds a lost owner, and then makes the check itself',
  'operations/sessions.ts': 'sessions end demands an owner',
  'plan/make-plan.ts': 'a plan reads only; push and undo check first',
  'status/ask-redrive.ts': 'it demands a deployment',
  'take-over/export.ts': 'it demands an owner',
  'take-over/open-import.ts': 'it begins a bucket',
  'who/explain.ts': 'it also asks Identity Center, without a deployment',
  'who/who.ts': 'it also asks Identity Center, without a deployment',
}

test('every other command checks that ssofile has worked in its bucket', () => {
  const opening = listProjectFiles().filter(
    (path) => path.startsWith('handlers/cli/') && readText(path).includes('openCliPorts('),
  )
  expect(opening.map((path) => path.replace('handlers/cli/', '')).sort()).toEqual(Object.keys(others).sort())
})
