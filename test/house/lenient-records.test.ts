import { expect, test } from '@jest/globals'
import { listProjectFiles, readText } from './source-files.ts'

/**
 * What people write, by file: a field that nobody reads is a mistake of theirs, so it is refused by name. Everything else that is
 * read is written by ssofile itself, maybe by another version of it, and is a `record` (shared/domain/record.ts).
 */
const writtenByPeople: Readonly<Record<string, string>> = {
  'shared/domain/access-request.ts': 'requests/',
  'shared/domain/approval-file.ts': 'approvals/',
  'shared/domain/break-glass/break-glass-file.ts': 'infra/break-glass/',
  'shared/domain/configuration.ts': 'the configuration',
  'shared/domain/eligibility-file.ts': 'eligibility/',
  'shared/domain/environment.ts':
    'infra/environments/, and what its deployment lays beside the bundle of the same version',
  'shared/domain/link-body.ts': 'links_data/',
  'shared/domain/permission-set-file.ts': 'permission_sets/',
  'shared/domain/policy-document-faults.ts': 'statements in permission_sets/',
  'shared/domain/policy-file.ts': 'policies/',
  'shared/domain/policy-statement.ts': 'statements in permission_sets/',
  'shared/domain/policy-test.ts': 'policies/tests/',
  'shared/domain/receivers.ts': 'part of the configuration',
  'shared/domain/selector-file.ts': 'selectors/',
  'shared/domain/weekly-time.ts': 'part of eligibility/',
  'handlers/api/change-requests.ts': 'bodies of requests to the API',
  'handlers/api/request-bodies.ts': 'bodies of requests to the API',
  'handlers/cli/read-service-control.ts': 'service control policies of an organization',
}

const strict = /\bstrictObject\b|\.strict\(\)|\.catchall\(z\.never/

test('only what people write is refused for a field that nobody knows', () => {
  const files = listProjectFiles().filter((path) =>
    /^(shared\/(domain|reconcile|ports|aws)|handlers)\/.*\.ts$/.test(path),
  )
  expect(files.length).toBeGreaterThan(300)
  const found = files.filter((path) => strict.test(withoutComments(readText(path))))
  expect(found.sort()).toEqual(Object.keys(writtenByPeople).sort())
})

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
}
