import type { Dirent } from 'node:fs'
import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { basename, isAbsolute, join, relative, resolve, sep } from 'node:path'
import pLimit from 'p-limit'
import { quote } from '../../shared/domain/complaint.ts'
import { parseFilePath } from '../../shared/domain/file-name.ts'
import type { InputFault } from '../../shared/domain/judge-input.ts'
import { linkPrefix } from '../../shared/domain/link.ts'
import { permissionSetPrefix } from '../../shared/domain/permission-set-file.ts'
import { policyPrefix } from '../../shared/domain/policy-file.ts'
import { selectorPrefix } from '../../shared/domain/selector-file.ts'
import { Refusal } from './refusal.ts'

/** An input as it is, or would be, in the bucket. */
export type InputFile = {
  readonly key: string
  /** Where its file is, from the folder on, with `/`. Absent: where the key says. */
  readonly path?: string
  readonly sizeBytes: number
  /** Of an input in a bucket. */
  readonly uploadedAt?: Date
  /** Empty for more than `mostBytes`. Throws if it cannot be read. */
  read(mostBytes: number): Promise<Uint8Array>
}

export type FolderListing = {
  /** Ascending by key. */
  readonly files: readonly InputFile[]
  /** What cannot be uploaded, by the key it would have. */
  readonly faults: readonly ({ readonly key: string } & InputFault)[]
  readonly warnings: readonly string[]
  /** The input prefixes that the folder has. */
  readonly prefixes: readonly string[]
}

const prefixes = [linkPrefix, permissionSetPrefix] as const
const looksAtOnce = 64

/**
 * The inputs in a folder: hidden files too, symbolic links followed within it, names as `parseFilePath` reads them. Throws
 * Refusal for a folder with neither prefix in it.
 */
export async function listFolder(folder: string): Promise<FolderListing> {
  const names = (await readFolder(folder)).map(({ name }) => name)
  const present = prefixes.filter((prefix) => names.includes(prefix.slice(0, -1)))
  if (present.length === 0) throw new Refusal(explainLayout(folder, names))
  const walk = await listFiles(folder)
  const known = [...prefixes, policyPrefix, selectorPrefix].map((prefix) => prefix.slice(0, -1))
  const others = names.filter((name) => !known.includes(name))
  const missing = prefixes.filter((prefix) => !present.includes(prefix))
  const named = nameInputs(walk.files)
  return {
    prefixes: present,
    files: named.files,
    faults: [...walk.faults, ...named.faults],
    warnings: [
      ...missing.map((prefix) => `there is no ${prefix} here: what the bucket has there is left as it is`),
      ...(others.length === 0 ? [] : [explainOthers(others)]),
      ...walk.warnings,
    ],
  }
}

export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false
  }
}

/** Every file under the two input prefixes, as it is called here. */
export async function listFiles(folder: string): Promise<Walk> {
  const names = (await readFolder(folder)).map(({ name }) => name)
  const walk: Walk = { files: [], faults: [], warnings: [], limit: pLimit(looksAtOnce) }
  for (const prefix of prefixes.filter((one) => names.includes(one.slice(0, -1)))) {
    const path = join(folder, prefix)
    await walkFolder(walk, { path, prefix, above: [await realpath(folder)] })
  }
  return walk
}

/** The files of a folder by the keys that their names mean, ascending. Of files that mean one key none is taken. */
export function nameInputs(files: readonly LocalFile[]): Pick<FolderListing, 'files' | 'faults'> {
  const byKey = Map.groupBy(files, ({ path }) => parseFilePath(path))
  const [clear, twice] = [
    [...byKey].filter(([, same]) => same.length === 1),
    [...byKey].filter(([, { length }]) => length > 1),
  ]
  return {
    files: clear
      .flatMap(([key, same]) => same.map((file) => ({ key, ...file })))
      .sort((a, b) => (a.key < b.key ? -1 : 1)),
    faults: twice.map(([key, same]) => ({
      key,
      received: `${same.length} files for it: ${same.map(({ path }) => `'${quote(path, 1024)}'`).join(', ')}`,
      expected: 'one file for each key',
      remedy: 'keep one of them',
    })),
  }
}

async function readFolder(folder: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (error) {
    throw new Refusal(
      `the folder '${quote(folder, 1024)}' cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    )
  }
}

function explainLayout(folder: string, names: readonly string[]): string {
  const own = basename(resolve(folder))
  const expected = 'expected a folder that contains links_data/, permission_sets/ or both'
  if (prefixes.some((prefix) => prefix === `${own}/`))
    return `received '${quote(folder, 1024)}', which is ${own}/ itself; ${expected}: name the folder above it`
  const there = names.slice(0, 5).map((name) => `'${quote(name)}'`)
  const more = names.length > there.length ? ` and ${names.length - there.length} more` : ''
  const found = names.length === 0 ? 'nothing in it' : `${there.join(', ')}${more} in it`
  return `received '${quote(folder, 1024)}' with ${found}; ${expected}`
}

function explainOthers(names: readonly string[]): string {
  const told = names.slice(0, 5).map((name) => `'${quote(name)}'`)
  const more = names.length > told.length ? ` and ${names.length - told.length} more` : ''
  return `not an input, and ignored: ${told.join(', ')}${more}; ssofile push leaves it out`
}

/** A file in a folder; its path from there, with `/`. */
export type LocalFile = Omit<InputFile, 'key'> & { readonly path: string }

type Walk = {
  readonly files: LocalFile[]
  readonly faults: ({ readonly key: string } & InputFault)[]
  readonly warnings: string[]
  readonly limit: ReturnType<typeof pLimit>
}
/** `above`: the real paths of the folders that contain it, to detect a loop; first the outermost. */
type Place = { readonly path: string; readonly prefix: string; readonly above: readonly string[] }

async function walkFolder(walk: Walk, { path, prefix, above }: Place): Promise<void> {
  let real: string
  let entries: readonly Dirent[]
  try {
    real = await realpath(path)
    entries = await readdir(path, { withFileTypes: true })
  } catch (error) {
    walk.faults.push({ key: prefix, ...unreadable('folder', error) })
    return
  }
  if (leadsOut(real, above)) {
    walk.faults.push({ key: prefix, ...outside })
    return
  }
  if (above.includes(real)) {
    walk.faults.push({
      key: prefix,
      received: 'a symbolic link to a folder that contains it, which is an endless loop',
      expected: 'files and folders',
      remedy: 'remove the link',
    })
    return
  }
  const inner = { prefix, path, above: [...above, real] }
  await Promise.all(entries.map((entry) => lookAt(walk, inner, entry)))
}

async function lookAt(walk: Walk, { path, prefix, above }: Place, entry: Dirent): Promise<void> {
  const [inner, key] = [join(path, entry.name), prefix + entry.name]
  try {
    const found = await walk.limit(() => stat(inner))
    if (found.isDirectory()) return await walkFolder(walk, { path: inner, prefix: `${key}/`, above })
    if (!found.isFile()) {
      walk.warnings.push(`'${quote(key, 1024)}' is not a regular file: it is left out`)
      return
    }
    if (entry.isSymbolicLink() && leadsOut(await realpath(inner), above)) {
      walk.faults.push({ key, ...outside })
      return
    }
    const read = async (mostBytes: number) =>
      found.size === 0 || found.size > mostBytes ? new Uint8Array() : walk.limit(() => readFile(inner))
    walk.files.push({ path: key, sizeBytes: found.size, read })
  } catch (error) {
    walk.faults.push({ key, ...(entry.name.includes('\ufffd') ? notUtf8 : unreadable(kindOf(entry), error)) })
  }
}

/**
 * Whoever writes the folder, of a pull request for instance, need not be who runs the command: a link could lead to that
 * person's credentials, which a complaint would quote and a push would upload. `.git` may hold a token too.
 */
function leadsOut(real: string, [root = '']: readonly string[]): boolean {
  const steps = relative(root, real)
  return isAbsolute(steps) || steps.split(sep).some((step) => step === '..' || step.toLowerCase() === '.git')
}

const outside = {
  received: 'a symbolic link that leads out of the folder',
  expected: 'files in the folder itself (not in .git)',
  remedy: 'put the file there in its place',
}

function kindOf(entry: Dirent): string {
  return entry.isSymbolicLink() ? 'symbolic link' : 'file'
}

const notUtf8 = {
  received: 'a name that is not UTF-8',
  expected: 'a name in UTF-8, as keys in S3 are',
  remedy: 'rename it (it looks like Latin-1)',
}

export function unreadable(what: string, error: unknown): InputFault {
  const message = error instanceof Error ? error.message : String(error)
  return {
    received: `a ${what} that cannot be read (${quote(message, 300)})`,
    expected: 'a readable one: what cannot be read cannot be compared, and is not pushed',
    remedy: `correct its permissions${what === 'symbolic link' ? ' or its target' : ''}, or remove it`,
  }
}
