import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Parsed, quote } from '../../shared/domain/complaint.ts'
import {
  type Guardrails,
  isPolicyKey,
  joinPolicies,
  parsePolicyFile,
  policyFileMostBytes,
  policyPrefix,
  policyTestPrefix,
} from '../../shared/domain/policy-file.ts'
import { type PolicyTest, parsePolicyTests, policyTestFileMostBytes } from '../../shared/domain/policy-test.ts'
import { Policies } from '../../shared/reconcile/records/policies.ts'
import { bucketOf } from './bucket.ts'
import { openCliPorts } from './cli-ports.ts'
import { Refusal } from './refusal.ts'

/** The policies of a bucket, or of a folder with `policies/` in it; without that there are none. */
export async function readGuardrails(source: string): Promise<Guardrails> {
  if (source.startsWith('s3://')) return new Policies(openCliPorts(bucketOf(source))).read()
  const names = await listNames(join(source, policyPrefix))
  const keys = names.map((name) => policyPrefix + name).filter(isPolicyKey)
  return joinPolicies(
    await Promise.all(
      keys.map(async (key) => {
        const path = join(source, key)
        const { size } = await stat(path)
        const body = size > policyFileMostBytes ? new Uint8Array() : await readFile(path)
        return { policy: parsePolicyFile(key, body, size), size }
      }),
    ),
  )
}

/** Each file under `policies/tests/`, ascending. */
export async function readPolicyTests(source: string) {
  const files: { readonly key: string; readonly tests: Parsed<readonly PolicyTest[]> }[] = []
  if (source.startsWith('s3://')) {
    const { objects } = openCliPorts(bucketOf(source))
    for await (const { key } of objects.list(policyTestPrefix)) {
      const found = key.endsWith('.json') ? await objects.get(key, { mostBytes: policyTestFileMostBytes }) : undefined
      if (found) files.push({ key, tests: parsePolicyTests(key, found.body) })
    }
    return files
  }
  for (const name of await listNames(join(source, policyTestPrefix))) {
    const key = policyTestPrefix + name
    if (key.endsWith('.json')) files.push({ key, tests: parsePolicyTests(key, await readFile(join(source, key))) })
  }
  return files
}

/** Ascending. A folder that is not there has none. */
export async function listNames(path: string): Promise<readonly string[]> {
  try {
    return (await readdir(path)).sort()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw new Refusal(`the folder '${quote(path, 1024)}' cannot be read: ${String(error)}`, { cause: error })
  }
}
