import { mkdir, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import type { Command } from 'commander'
import pLimit from 'p-limit'
import { isInputName } from '../../../shared/domain/inputs/kinds.ts'
import { parseFilePath, renderFilePaths } from '../../../shared/domain/links/file-name.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import type { ObjectHead, ObjectStore } from '../../../shared/ports/object-store.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { isServiceError } from '../../../shared/ports/service-error.ts'
import { repeatPatiently } from '../../../shared/reconcile/calls/repeat-patiently.ts'
import { listHeads } from '../../../shared/reconcile/records/list-heads.ts'
import { yesOption } from '../arguments/change-options.ts'
import { onlyOption } from '../arguments/only-option.ts'
import { Refusal } from '../arguments/refusal.ts'
import { bucketOf } from '../bucket/bucket.ts'
import { openCliPorts } from '../bucket/cli-ports.ts'
import { findConfiguration } from '../bucket/deployment.ts'
import { chooseScope, type ScopeOptions } from '../plan/make-plan.ts'
import { confirm } from '../terminal/confirm.ts'
import { Progress, runAgain } from '../terminal/progress.ts'
import { renderJson } from '../terminal/render-json.ts'
import { allInputs, hasContent, type InputScope, isInScope } from './compare-inputs.ts'
import { isFolder, listFiles } from './folder-inputs.ts'
import type { LocalFile, Walk } from './proposed-folder.ts'

type Options = ScopeOptions & { readonly yes?: boolean; readonly config?: string; readonly json?: boolean }

const keysTold = 10

/** `ssofile pull`: makes the files of a folder equal to the inputs of the bucket. */
export function addPull(program: Command): void {
  program
    .command('pull')
    .argument('<folder>', 'the folder to write; created if it does not exist')
    .description(
      'Makes the files of a folder equal to the inputs in the bucket (SSOFILE_BUCKET). Fetches only objects with the name of an input, and lists the others. Asks before it overwrites or removes a file. Escapes names that file systems do not allow (docs/files.md).',
    )
    .addOption(yesOption())
    .option('--folder <name>', 'only this folder under links_data/ and memberships/')
    .addOption(onlyOption())
    .option('--no-delete', 'keep files in the folder that the bucket lacks')
    .option('--config <file>', 'configuration file (JSON), if the bucket has no deployment')
    .option('--json', 'the result as JSON')
    .addHelpText('after', '\nExamples:\n  ssofile pull ./access\n  ssofile pull ./access --folder team-a')
    .action(async (target: string, options: Options) => {
      process.exitCode = await pull(target, options)
    })
}

async function pull(target: string, options: Options): Promise<number> {
  if (target.startsWith('s3://'))
    throw new Refusal(`received '${quote(target)}', expected a folder; the bucket is SSOFILE_BUCKET`)
  const bucket = bucketOf(undefined)
  const ports = openCliPorts(bucket)
  const { folders } = await findConfiguration(ports.objects, options.config)
  const scope = chooseScope(allInputs().prefixes, folders, options)
  await refuseImpossible(target)
  const folder = new DiskFolder(target)
  const { faults } = await folder.list()
  const [fault] = faults
  if (fault) throw new Refusal(`nothing was changed; ${fault.key}: received ${fault.received}; ${fault.remedy}`)
  using progress = new Progress(runAgain)
  progress.tell('comparing the bucket with the folder')
  const changes = await comparePull(ports.objects, folder, scope)
  progress.end()
  await agree(changes, options)
  let done = 0
  const of = changes.writes.length + changes.removals.length
  progress.tell('fetching files', { done, of })
  const onDone = () => progress.tell('fetching files', { done: ++done, of })
  const pulled = await pullChanges(ports, folder, changes, onDone).catch((error: unknown) => {
    if (!(error instanceof Error && 'syscall' in error)) throw error
    throw new Refusal(
      `the folder '${quote(target, 1024)}' could not be written after ${done.toLocaleString('en')} of ${count(of, 'file')}: ${error.message}; correct that, then ${runAgain}`,
      { cause: error },
    )
  })
  progress.end()
  return tell(pulled, changes, options.json)
}

/** Throws Refusal where no folder can be: before anything is fetched. */
export async function refuseImpossible(target: string): Promise<void> {
  for (let place = resolve(target); ; place = dirname(place)) {
    const found = await stat(place).catch(() => undefined)
    if (found?.isDirectory()) return
    if (found)
      throw new Refusal(
        `received the folder '${quote(target, 1024)}', but '${quote(place, 1024)}' is a file; expected a folder, or a place for a new one: name another`,
      )
    if (place === dirname(place)) return
  }
}

/** Asks only about files that would be lost here. Throws Refusal. */
async function agree({ writes, removals }: PullChanges, { yes }: Options): Promise<void> {
  const over = writes.filter((write) => write.over)
  if (yes || over.length + removals.length === 0) return
  const lines = [
    ...over.map(({ path }) => `  overwrites ${quote(path, 1024)}\n`),
    ...removals.map(({ path }) => `  removes ${quote(path, 1024)}\n`),
  ]
  const more = lines.length > keysTold ? `  and ${lines.length - keysTold} more\n` : ''
  process.stderr.write(`${lines.slice(0, keysTold).join('')}${more}`)
  const question = `Overwrite ${count(over.length, 'file')} and remove ${removals.length.toLocaleString('en')}?`
  await confirm({ question })
}

function tell(
  { written, removed, failed }: Pulled,
  { same, others }: PullChanges,
  isJson: boolean | undefined,
): number {
  const exitCode = failed.length === 0 ? 0 : 1
  if (isJson) {
    process.stdout.write(renderJson({ written, removed, same, failed, notInputs: others }))
    return exitCode
  }
  process.stdout.write(
    `pulled: ${count(written, 'file')} written, ${removed.toLocaleString('en')} removed, ${same.toLocaleString('en')} the same\n`,
  )
  for (const key of others.slice(0, keysTold)) process.stderr.write(`not an input, not fetched: ${quote(key, 1024)}\n`)
  if (others.length > keysTold) process.stderr.write(`and ${others.length - keysTold} more that are no inputs\n`)
  for (const { key, reason } of failed) process.stderr.write(`not fetched: ${quote(`${key}: ${reason}`, 2000)}\n`)
  return exitCode
}

const workedOnAtOnce = 32
const repetition = { attemptsMost: 6, firstMs: 500, mostMs: 20_000 }

/** The changes that make a folder equal to the bucket. */
type PullChanges = {
  /** `over`: its file exists, with another content. */
  readonly writes: readonly { readonly head: ObjectHead; readonly path: string; readonly over: boolean }[]
  /** Files that the bucket lacks, and files with another name than their key's. */
  readonly removals: readonly LocalFile[]
  readonly same: number
  /**
   * Keys that are no names of inputs. They are not fetched: an uploader of one folder could give the person who pulls any file, such as a
   * `.git/config`.
   */
  readonly others: readonly string[]
}

/** Compares contents. A file keeps its name only if that name is the one for its key among all keys. */
export async function comparePull(objects: ObjectStore, folder: LocalFolder, scope: InputScope): Promise<PullChanges> {
  const heads: ObjectHead[] = []
  const others: string[] = []
  for (const prefix of scope.prefixes)
    for (const head of (await listHeads(objects, prefix)).values()) {
      if (!isInScope(head.key, scope)) continue
      if (isInputName(head.key)) heads.push(head)
      else others.push(head.key)
    }
  const paths = renderFilePaths(heads.map(({ key }) => key))
  const { files } = await folder.list()
  const byPath = new Map(files.map((file) => [file.path, file]))
  const limit = pLimit(workedOnAtOnce)
  const compared = await limit.map(heads, async (head) => {
    const path = paths.get(head.key) ?? head.key
    const file = byPath.get(path)
    const isSame = file !== undefined && (await hasContent(objects, head, await file.read(file.sizeBytes)))
    return { head, path, over: file !== undefined, isSame }
  })
  const wanted = new Set(compared.map(({ path }) => path))
  const pulled = new Set(heads.map(({ key }) => key))
  const isLeft = (file: LocalFile): boolean => {
    const key = parseFilePath(file.path)
    if (wanted.has(file.path) || !isInScope(key, scope)) return false
    return scope.isDeleting || pulled.has(key)
  }
  return {
    writes: compared.filter(({ isSame }) => !isSame),
    removals: files.filter(isLeft),
    same: compared.filter(({ isSame }) => isSame).length,
    others,
  }
}

type Pulled = {
  readonly written: number
  readonly removed: number
  readonly failed: readonly { readonly key: string; readonly reason: string }[]
}

/** Removals come first, since the name of a removed file may equal the name of a written one except for its case. */
export async function pullChanges(
  target: Pick<Ports, 'objects' | 'clock' | 'randomness'>,
  folder: LocalFolder,
  { writes, removals }: PullChanges,
  onDone: () => void = () => {},
): Promise<Pulled> {
  for (const { path } of removals) {
    await folder.remove(path)
    onDone()
  }
  const limit = pLimit(workedOnAtOnce)
  const failed: { readonly key: string; readonly reason: string }[] = []
  await limit.map(writes, async ({ head: { key }, path }) => {
    try {
      const found = await repeatPatiently(target, repetition, () => target.objects.get(key))
      if (found) await folder.write(path, found.body)
      else failed.push({ key, reason: 'somebody deleted it in the meantime' })
      onDone()
    } catch (error) {
      if (!isServiceError(error)) throw error
      failed.push({ key, reason: error.message })
    }
  })
  return { written: writes.length - failed.length, removed: removals.length, failed }
}

/** A folder of inputs on this machine. Paths are from the folder on, with `/`. */
export interface LocalFolder {
  /** Everything under the input prefixes. Empty if the folder does not exist yet. */
  list(): Promise<Walk>
  /** Creates missing folders too. */
  write(path: string, body: Uint8Array): Promise<void>
  /** Removes folders too if they are empty then. */
  remove(path: string): Promise<void>
}

class DiskFolder implements LocalFolder {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  async list() {
    return (await isFolder(this.#root)) ? listFiles(this.#root) : { files: [], faults: [] }
  }

  async write(path: string, body: Uint8Array): Promise<void> {
    const place = this.#placeOf(path)
    await mkdir(dirname(place), { recursive: true })
    // A new file appears only when it is complete, also after a crash.
    const part = join(dirname(place), `.ssofile-${process.pid}-${this.#parts++}.part`)
    await writeFile(part, body)
    await rename(part, place)
  }

  async remove(path: string): Promise<void> {
    await rm(this.#placeOf(path))
    for (let above = dirname(path); above.includes('/'); above = dirname(above)) {
      try {
        await rmdir(this.#placeOf(above))
      } catch {
        return // not empty
      }
    }
  }

  #parts = 0

  #placeOf(path: string): string {
    return join(this.#root, path.replaceAll('/', sep))
  }
}
