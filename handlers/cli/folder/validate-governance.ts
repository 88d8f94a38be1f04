import {
  isPolicyKey,
  parsePolicyFile,
  policyFileMostBytes,
  policyPrefix,
} from '../../../shared/domain/guardrails/policy-file.ts'
import { faultsOf } from '../../../shared/domain/links/judge-input.ts'
import {
  eligibilityFileMostBytes,
  eligibilityPrefix,
  isEligibilityKey,
  parseEligibilityFile,
} from '../../../shared/domain/requests/eligibility-file.ts'
import {
  isSelectorKey,
  parseSelectorFile,
  selectorFileMostBytes,
  selectorPrefix,
} from '../../../shared/domain/scopes/selector-file.ts'
import type { Parsed } from '../../../shared/domain/statuses/complaint.ts'
import { bucketOf } from '../bucket/bucket.ts'
import { openCliPorts } from '../bucket/cli-ports.ts'
import { type ProposedFile, readProposedFiles } from '../plan/proposed-folder.ts'
import type { InputError } from './validate-inputs.ts'

type Kind = {
  readonly prefix: string
  readonly isKey: (key: string) => boolean
  readonly mostBytes: number
  readonly parse: (key: string, body: Uint8Array, size: number) => Parsed<unknown>
}

export const policyKind: Kind = {
  prefix: policyPrefix,
  isKey: isPolicyKey,
  mostBytes: policyFileMostBytes,
  parse: parsePolicyFile,
}
export const otherKinds: readonly Kind[] = [
  { prefix: selectorPrefix, isKey: isSelectorKey, mostBytes: selectorFileMostBytes, parse: parseSelectorFile },
  {
    prefix: eligibilityPrefix,
    isKey: isEligibilityKey,
    mostBytes: eligibilityFileMostBytes,
    parse: parseEligibilityFile,
  },
]

/** The faults of these files of governance, in a folder or a bucket: each once, with its place. */
export async function validateGovernance(source: string, kinds: readonly Kind[]): Promise<readonly InputError[]> {
  const found = await Promise.all(
    kinds.map(async (kind) => (await readFiles(source, kind)).flatMap((file) => faultsOfFile(file, kind))),
  )
  return found.flat()
}

function faultsOfFile(file: ProposedFile, { parse }: Kind): readonly InputError[] {
  const { key } = file
  if ('complaint' in file) {
    const { received, expected, remedy } = file.complaint
    return [{ key, received, expected, remedy }]
  }
  return faultsOf(parse(key, file.body, file.size), file.body).map((fault) => ({ key, ...fault }))
}

async function readFiles(source: string, kind: Kind): Promise<readonly ProposedFile[]> {
  if (!source.startsWith('s3://')) return readProposedFiles(source, kind)
  const { prefix, isKey, mostBytes } = kind
  const { objects } = openCliPorts(bucketOf(source))
  const files: ProposedFile[] = []
  for await (const { key } of objects.list(prefix)) {
    const found = isKey(key) ? await objects.get(key, { mostBytes }) : undefined
    if (found) files.push({ key, size: found.size, body: found.body })
  }
  return files
}
