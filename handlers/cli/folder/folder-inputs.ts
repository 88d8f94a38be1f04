import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { parseFilePath, renderFilePaths } from '../../../shared/domain/links/file-name.ts'
import type { InputFault } from '../../../shared/domain/links/judge-input.ts'
import { temporaryPrefix } from '../../../shared/domain/links/link.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { Refusal } from '../arguments/refusal.ts'
import { isKeeper, isUnused, pushedPlaces } from './input-parts.ts'
import { type LocalFile, type Walk, walkFolder } from './proposed-folder.ts'

/** An input in the bucket, or a file that would become one. */
export type InputFile = Omit<LocalFile, 'path'> & {
  readonly key: string
  /** The path of its file below the folder, with `/`. Absent: the same as the key. */
  readonly path?: string
  /** Only for an input in a bucket. */
  readonly uploadedAt?: Date
}

export type FolderListing = {
  /** Ascending by key. */
  readonly files: readonly InputFile[]
  /** Files that cannot be uploaded, with the key that they would have. */
  readonly faults: readonly ({ readonly key: string } & InputFault)[]
  readonly warnings: readonly string[]
  readonly prefixes: readonly string[]
}

/** All inputs are much smaller. */
const fileMostBytes = 1024 * 1024

/**
 * The inputs in a folder, with hidden files. `parseFilePath` reads the names. Throws Refusal if the folder contains none of the prefixes.
 */
export async function listFolder(folder: string): Promise<FolderListing> {
  const names = (await readFolder(folder)).map(({ name }) => name)
  const present = pushedPlaces().filter((prefix) => names.includes(nameOf(prefix)))
  if (present.length === 0) throw new Refusal(explainLayout(folder, names))
  const walk = await listFiles(folder)
  const known = pushedPlaces().map(nameOf)
  const named = nameInputs(walk.files)
  const unused = named.files.filter(({ key }) => isUnused(key))
  const others = [
    // Such as .git and .vscode, which every folder of a team has.
    ...names.filter((name) => !known.includes(name) && !name.startsWith('.')),
    ...unused.map(({ key }) => key).filter((key) => !isKeeper(key)),
  ]
  const missing = pushedPlaces('access').filter((prefix) => !present.includes(prefix))
  const faulty = named.files.flatMap((file) => faultOf(file) ?? [])
  const unusable = new Set(faulty.map(({ key }) => key))
  return {
    prefixes: present,
    files: named.files.filter((file) => !unusable.has(file.key) && !unused.includes(file)),
    faults: [...walk.faults, ...named.faults, ...faulty],
    warnings: [
      ...missing.map((prefix) => `there is no ${prefix} here: the objects there stay as they are`),
      ...(others.length === 0 ? [] : [explainOthers(others)]),
    ],
  }
}

/** The name of the folder for a prefix. */
function nameOf(prefix: string): string {
  return prefix.replace(/\/$/, '')
}

function faultOf({ key, sizeBytes }: InputFile): FolderListing['faults'][number] | undefined {
  if (key.startsWith(temporaryPrefix)) return { key, ...notTemporary }
  if (sizeBytes <= fileMostBytes) return undefined
  return {
    key,
    received: `a file of ${sizeBytes} bytes`,
    expected: `at most ${fileMostBytes}`,
    remedy: 'write a smaller one, or remove it',
  }
}

const notTemporary = {
  received: `a file under ${temporaryPrefix}`,
  expected: 'no file there: only ssofile writes there, for granted requests, and push never compares it',
  remedy: 'remove it from the folder; to ask for temporary access, run ssofile request; to end it, ssofile finish',
}

export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false
  }
}

/** Every file under the input prefixes, with its path on this machine. */
export async function listFiles(folder: string): Promise<Walk> {
  const walks = await Promise.all(pushedPlaces().map((prefix) => walkFolder(folder, prefix)))
  return { files: walks.flatMap(({ files }) => files), faults: walks.flatMap(({ faults }) => faults) }
}

/**
 * The files of a folder by the keys that their names mean, ascending. If several files mean one key, none of them counts. A file counts only
 * at the key itself or at the path that `pull` would write: people who approve a change, and rules such as CODEOWNERS, see paths only.
 */
export function nameInputs(files: readonly LocalFile[]): Pick<FolderListing, 'files' | 'faults'> {
  const keyed = files.map((file) => ({ key: parseFilePath(file.path), ...file }))
  const byKey = Map.groupBy(keyed, ({ key }) => key)
  const paths = renderFilePaths(byKey.keys())
  const isAtItsPath = ({ key, path }: { key: string; path: string }) => path === key || path === paths.get(key)
  const single = [...byKey.values()].filter(({ length }) => length === 1).flat()
  const twice = [...byKey].filter(([, { length }]) => length > 1)
  return {
    files: single.filter(isAtItsPath).sort((a, b) => (a.key < b.key ? -1 : 1)),
    faults: [
      ...twice.map(([key, same]) => ({
        key,
        received: `${same.length} files for it: ${same.map(({ path }) => `'${quote(path, 1024)}'`).join(', ')}`,
        expected: 'one file for each key',
        remedy: 'keep one of them',
      })),
      ...single
        .filter((file) => !isAtItsPath(file))
        .map(({ key, path }) => ({
          key,
          ...(key.startsWith(temporaryPrefix) ? notTemporary : faultOfPath(path, paths.get(key) ?? key)),
        })),
    ],
  }
}

function faultOfPath(path: string, right: string): InputFault {
  const form = path.normalize('NFC') === right ? ', which is not in Unicode form NFC' : ''
  return {
    received: `it in the file '${quote(path, 1024)}'${form}`,
    expected: `the path '${quote(right, 1024)}', so that everybody who reads only paths sees the key`,
    remedy: `rename the file to '${quote(right, 1024)}'`,
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
  const expected =
    'expected a folder that contains links_data/, permission_sets/ or both, memberships/, or files of governance'
  if (pushedPlaces().some((prefix) => prefix === `${own}/`))
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
