import {
  type Guardrails,
  joinPolicies,
  parsePolicyFile,
  policyTestPrefix,
} from '../../../shared/domain/guardrails/policy-file.ts'
import {
  type PolicyTest,
  parsePolicyTests,
  policyTestFileMostBytes,
} from '../../../shared/domain/guardrails/policy-test.ts'
import { kinds } from '../../../shared/domain/inputs/kinds.ts'
import { type Parsed, refused } from '../../../shared/domain/statuses/complaint.ts'
import { Policies } from '../../../shared/reconcile/records/policies.ts'
import { bucketOf } from '../bucket/bucket.ts'
import { openCliPorts } from '../bucket/cli-ports.ts'
import { readProposedFiles } from '../folder/proposed-folder.ts'

/** The policies of a bucket, or of a folder that contains `policies/`; without that folder there are none. */
export async function readGuardrails(source: string): Promise<Guardrails> {
  if (source.startsWith('s3://')) return new Policies(openCliPorts(bucketOf(source))).read()
  const files = await readProposedFiles(source, kinds.policy)
  return joinPolicies(
    files.map(({ key, size, ...file }) => ({
      policy: 'body' in file ? parsePolicyFile(key, file.body, size) : refused(file.complaint),
      size,
    })),
  )
}

/** Each file under `policies/tests/`, ascending. */
export async function readPolicyTests(source: string) {
  const files: { readonly key: string; readonly tests: Parsed<readonly PolicyTest[]> }[] = []
  if (source.startsWith('s3://')) {
    const { objects } = openCliPorts(bucketOf(source))
    for await (const { key } of objects.list(policyTestPrefix)) {
      const found = key.endsWith('.json') ? await objects.get(key, { mostBytes: policyTestFileMostBytes }) : undefined
      if (found) files.push({ key, tests: parsePolicyTests(key, found.body, found.size) })
    }
    return files
  }
  const found = await readProposedFiles(source, kinds.policyTest)
  return found.map(({ key, size, ...file }) => ({
    key,
    tests: 'body' in file ? parsePolicyTests(key, file.body, size) : refused(file.complaint),
  }))
}
