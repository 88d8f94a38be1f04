import { expect, test } from '@jest/globals'
import { listProjectFiles, readText } from './source-files.ts'

/**
 * What people write, by file: a field that nobody reads is a mistake of theirs, so it is refused by name. Everything else that is
 * read is written by ssofile itself, maybe by another version of it, and is a `record` (shared/domain/json/record.ts).
 */
const writtenByPeople: Readonly<Record<string, string>> = {
  'shared/domain/files/access-request.ts': 'requests/',
  'shared/domain/attributes/attributes-file.ts': 'access_control_attributes.json',
  'shared/domain/files/approval-file.ts': 'approvals/',
  'shared/domain/files/break-glass-file.ts': 'infra/break-glass/',
  'shared/domain/deployment/configuration.ts': 'the configuration',
  'shared/domain/deployment/deployments-file.ts': 'the file of who --all',
  'shared/domain/files/eligibility-file.ts': 'eligibility/',
  'handlers/page/operator-bodies.ts': 'bodies of requests to the page',
  'handlers/page/page-secret.ts': 'the secret of the page',
  'shared/domain/deployment/page-settings.ts': 'the part of an environment about the page',
  'shared/domain/deployment/environment.ts':
    'infra/environments/, and what its deployment lays beside the bundle of the same version',
  'shared/domain/links/link-body.ts': 'links_data/',
  'shared/domain/permission-sets/permission-set-file.ts': 'permission_sets/',
  'shared/domain/files/hygiene-file.ts': 'hygiene.json',
  'shared/domain/guardrails/policy-file.ts': 'policies/',
  'shared/domain/iam-policies/policy-statement.ts': 'statements in permission_sets/',
  'shared/domain/sessions/ended-sessions.ts': 'statements that people write into inline policies in Identity Center',
  'shared/domain/guardrails/policy-test.ts': 'policies/tests/',
  'shared/domain/deployment/notification-settings.ts': 'part of the configuration',
  'shared/domain/scopes/joint-conditions.ts': 'selectors/ and rules/',
  'shared/domain/scopes/selector-file.ts': 'selectors/',
  'shared/domain/suspensions/suspension.ts': 'suspended/',
  'shared/domain/files/group-file.ts': 'groups/',
  'shared/domain/files/rule-file.ts': 'rules/',
  'shared/domain/files/person-file.ts': 'people/',
  'shared/domain/files/decision-file.ts': 'decisions/',
  'shared/domain/files/review-file.ts': 'reviews/',
  'shared/domain/files/weekly-time.ts': 'part of eligibility/',
  'handlers/api/change-requests.ts': 'bodies of requests to the API',
  'handlers/api/request-bodies.ts': 'bodies of requests to the API',
  'handlers/cli/break-glass/read-service-control.ts': 'service control policies of an organization',
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
