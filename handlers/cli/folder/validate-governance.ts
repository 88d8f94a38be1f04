import type { Kind } from '../../../shared/domain/inputs/kind.ts'
import { faultsOf } from '../../../shared/domain/links/judge-input.ts'
import { bucketOf } from '../bucket/bucket.ts'
import { openCliPorts } from '../bucket/cli-ports.ts'
import { type ProposedFile, readProposedFiles } from '../plan/proposed-folder.ts'
import type { InputError } from './validate-inputs.ts'

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
  const { at: prefix, isKey = () => true, mostBytes } = kind
  if (!source.startsWith('s3://')) return readProposedFiles(source, { prefix, isKey, mostBytes })
  const { objects } = openCliPorts(bucketOf(source))
  const files: ProposedFile[] = []
  for await (const { key } of objects.list(prefix)) {
    const found = isKey(key) ? await objects.get(key, { mostBytes }) : undefined
    if (found) files.push({ key, size: found.size, body: found.body })
  }
  return files
}
