import { constants, type Dirent, type Stats } from 'node:fs'
import { lstat, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import pLimit from 'p-limit'
import type { Kind } from '../../../shared/domain/inputs/kind.ts'
import type { InputFault } from '../../../shared/domain/links/judge-input.ts'
import { type Complaint, quote } from '../../../shared/domain/statuses/complaint.ts'

/** A regular file of a folder; its path from there, with `/`, in Unicode form NFC if the file system also finds that. */
export type LocalFile = {
  readonly path: string
  readonly sizeBytes: number
  /** Empty for more than `mostBytes`. Throws if it cannot be read. */
  read(mostBytes: number): Promise<Uint8Array>
}

/** The files of a folder, and the unusable ones, by path. */
export type Walk = {
  readonly files: readonly LocalFile[]
  readonly faults: readonly ({ readonly key: string } & InputFault)[]
}

type Growing = { readonly files: LocalFile[]; readonly faults: ({ readonly key: string } & InputFault)[] }

const looksAtOnce = 64

/**
 * The regular files under a prefix of a folder, such as `policies/`, or the file of this name, such as `hygiene.json`; none if it does not
 * exist. The author of the folder, for instance of a pull request, may be another person than the one who runs the command. So this follows
 * no symbolic link, neither a file's nor a folder's: it could lead to that person's credentials, which a complaint would quote and a push
 * would upload, or to an endless device. The person who runs the command names `folder` itself, so it may be a link.
 */
export async function walkFolder(folder: string, prefix: string): Promise<Walk> {
  const walk: Growing = { files: [], faults: [] }
  const steps = prefix.split('/').slice(0, -1)
  for (let depth = 1; depth <= steps.length; depth++) {
    const path = steps.slice(0, depth).join('/')
    const found = await lookAt(walk, folder, `${path}/`)
    if (!found) return walk
    if (found.isDirectory()) continue
    walk.faults.push({ key: `${path}/`, ...(faultOf(found) ?? noFolder) })
    return walk
  }
  const limit = pLimit(looksAtOnce)
  if (prefix.endsWith('/')) await walkInto(walk, { folder, prefix, limit })
  else await walkEntry(walk, { folder, prefix: '', limit }, { name: prefix })
  return walk
}

/** One file of a folder: its content, or its fault. */
export type ProposedFile = { readonly key: string; readonly size: number } & (
  | { readonly body: Uint8Array }
  | { readonly complaint: Complaint }
)

/** The files under a prefix with valid keys, ascending; those above `mostBytes` are not read. */
export async function readProposedFiles(
  folder: string,
  { at: prefix, isKey = () => true, mostBytes }: Pick<Kind, 'at' | 'isKey' | 'mostBytes'>,
): Promise<readonly ProposedFile[]> {
  const { files, faults } = await walkFolder(folder, prefix)
  const limit = pLimit(looksAtOnce)
  const read = await limit.map(
    files.filter(({ path }) => isKey(path)),
    async ({ path: key, sizeBytes: size, read }): Promise<ProposedFile> => {
      try {
        return { key, size, body: await read(mostBytes) }
      } catch (error) {
        return unusable({ object: key, ...unreadable('file', error) })
      }
    },
  )
  const concerns = faults.filter(({ key }) => isKey(key) || prefix.startsWith(key))
  const all = [...read, ...concerns.map(({ key, ...fault }) => unusable({ object: key, ...fault }))]
  return all.sort((a, b) => (a.key < b.key ? -1 : 1))
}

function unusable({ path: _, ...complaint }: Complaint & Pick<InputFault, 'path'>): ProposedFile {
  return { key: complaint.object, size: 0, complaint }
}

type WalkedFolder = { readonly folder: string; readonly prefix: string; readonly limit: ReturnType<typeof pLimit> }

async function walkInto(walk: Growing, { folder, prefix, limit }: WalkedFolder): Promise<void> {
  let entries: readonly Dirent[]
  try {
    entries = await readdir(join(folder, prefix), { withFileTypes: true })
  } catch (error) {
    walk.faults.push({ key: prefix, ...unreadable('folder', error) })
    return
  }
  await Promise.all(entries.map((entry) => walkEntry(walk, { folder, prefix, limit }, entry)))
}

async function walkEntry(
  walk: Growing,
  { folder, prefix, limit }: WalkedFolder,
  { name }: Pick<Dirent, 'name'>,
): Promise<void> {
  const path = prefix + (await nameInGit(folder, prefix, name))
  // Node.js replaces bytes that are not UTF-8 by this letter, and then finds no such file.
  const ifAbsent = name.includes('\ufffd') ? notUtf8 : prefix === '' ? undefined : vanished
  const found = await limit(() => lookAt(walk, folder, path, ifAbsent))
  if (!found) return
  if (found.isDirectory()) return walkInto(walk, { folder, prefix: `${path}/`, limit })
  const fault = faultOf(found)
  if (fault) return void walk.faults.push({ key: path, ...fault })
  const read = (mostBytes: number) => limit(() => readRegularFile(join(folder, path), mostBytes))
  walk.files.push({ path, sizeBytes: found.size, read })
}

/**
 * A Mac may return accents in another form than a program wrote, and finds the file under both; git has NFC (`core.precomposeUnicode`). A file
 * system that tells the forms apart has the form that git has.
 */
async function nameInGit(folder: string, prefix: string, name: string): Promise<string> {
  const composed = name.normalize('NFC')
  if (composed === name) return name
  return lstat(join(folder, prefix + composed)).then(
    () => composed,
    () => name,
  )
}

/** `undefined`: the file is missing, or unreadable, which is noted. A `/` at the end would follow a link. */
async function lookAt(walk: Growing, folder: string, path: string, ifAbsent?: InputFault): Promise<Stats | undefined> {
  try {
    return await lstat(join(folder, path.replace(/\/$/, '')))
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    const fault = isAbsent ? ifAbsent : unreadable('file', error)
    if (fault) walk.faults.push({ key: path, ...fault })
    return undefined
  }
}

/** Never follows a link or waits for a pipe: the file may have become one since the check. */
async function readRegularFile(path: string, mostBytes: number): Promise<Uint8Array> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  const found = await file.stat()
  if (!found.isFile()) throw new Error('it is no longer a regular file')
  if (found.size > mostBytes) return new Uint8Array()
  const body = new Uint8Array(found.size)
  let length = 0
  while (length < body.length) {
    const { bytesRead } = await file.read(body, length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return body.subarray(0, length)
}

/** `undefined`: a regular file. */
function faultOf(found: Stats): InputFault | undefined {
  if (found.isFile()) return undefined
  if (found.isSymbolicLink()) return symbolicLink
  const what = found.isFIFO() ? 'a named pipe' : found.isSocket() ? 'a socket' : 'a device'
  return { received: what, expected: 'a regular file', remedy: 'remove it' }
}

const symbolicLink = {
  received: 'a symbolic link',
  expected: 'a file or folder in its place: push follows no symbolic links',
  remedy: 'replace it by its target',
}

const noFolder = { received: 'a file', expected: 'a folder', remedy: 'remove it' }

const vanished = {
  received: 'a file that was deleted during the command',
  expected: 'files that do not change during the command',
  remedy: 'run the command again',
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
    expected: 'a readable one: push can only compare readable files',
    remedy: 'correct its permissions, or remove it',
  }
}
