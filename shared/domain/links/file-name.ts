/** S3 allows 1,024 bytes in a key, file systems 255 in a name. The rest is room for suffixes of tools. */
const nameMostBytes = 200

/** Characters that Windows or a Unix rejects in a name, and the one that begins an escape. */
const untaken = /[\p{Cc}"*/:<>?\\|~]/gu
/** Windows drops these at the end of a name. `.` and `..` are not names. */
const dropped = /[. ]$/u
/**
 * A name that begins with a dot may command a tool: git runs commands from a `.git/config`. HFS+ also takes names for such a one that begin
 * with invisible letters, since it ignores them. (Apple Technical Note TN1150.)
 */
const hidden = /^[.\p{Default_Ignorable_Code_Point}]/u
/** Windows takes these for devices, whatever follows the dot. (Windows documentation, "Naming Files, Paths, and Namespaces".) */
const device = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?=\.|$)/i

/**
 * The path of the file for each of these inputs, by key. Any file system can hold all of them, even one that ignores case or changes the
 * form of accents. An ordinary key is its own path.
 *
 * | in the key                                              | in the path                                                      |
 * | ------------------------------------------------------- | ---------------------------------------------------------------- |
 * | `/` before the first `%`                                | `/`: a folder                                                    |
 * | `/` after it, `:` `?` `*` `"` `<` `>` `\|` `\\` `~`, control characters, a dot or space at the end | `~` and two hexadecimal digits for each byte: `~2f` |
 * | a dot at the beginning of a name, or an invisible letter  | the same: `~2e`                                                  |
 * | `con`, `nul` and the other names of devices             | the same for the first letter: `~63on`                           |
 * | letters beyond ASCII that are not in form NFC           | the same for each byte                                           |
 * | names that differ only in case                          | the same for each letter that is not small: `~41`                |
 * | names over 200 bytes                                    | as above, in parts: each but the last is a folder ending in `~`  |
 *
 * `parseFilePath` reads a path without the others. Only the choice of a path for a key depends on the other keys.
 */
export function renderFilePaths(keys: Iterable<string>): ReadonlyMap<string, string> {
  const root = newFolder()
  for (const key of keys) {
    const segments = splitKey(key)
    const last = segments.pop() ?? ''
    let folder = root
    for (const segment of segments) {
      const inner = folder.folders.get(segment) ?? newFolder()
      folder.folders.set(segment, inner)
      folder = inner
    }
    folder.files.set(last, key)
  }
  const paths = new Map<string, string>()
  placeFolder(root, '', paths)
  return paths
}

type Folder = { readonly files: Map<string, string>; readonly folders: Map<string, Folder> }

function newFolder(): Folder {
  return { files: new Map(), folders: new Map() }
}

function placeFolder({ files, folders }: Folder, path: string, paths: Map<string, string>): void {
  const names = new Set([...files.keys(), ...folders.keys()])
  const twins = Map.groupBy(names, (name) => foldCase(renderName(name, 'plain')))
  for (const group of twins.values()) {
    for (const name of group) {
      const care = group.length > 1 ? 'careful' : 'plain'
      const inner = folders.get(name)
      if (inner) placeFolder(inner, `${path}${renderName(name, care)}/`, paths)
      const key = files.get(name)
      if (key !== undefined) paths.set(key, path + renderName(name, inner ? 'apart' : care))
    }
  }
}

/** Only the part before the first `%` has folders. A `/` next to another `/` divides nothing. */
function splitKey(key: string): string[] {
  const end = key.indexOf('%')
  const start = end < 0 ? key : key.slice(0, end)
  const segments = start.split(/(?<=[^/])\/(?=[^/]|$)/u)
  // A folder's name may stand alone before the `%`: `folder/%…`.
  if (end < 0 && segments.length > 1 && segments.at(-1) === '') segments.splice(-2, 2, `${segments.at(-2)}/`)
  segments.push(`${segments.pop() ?? ''}${end < 0 ? '' : key.slice(end)}`)
  return segments
}

/** `careful`: no other name becomes this one if a file system changes case. `apart`: no folder of the same name either. */
type Care = 'plain' | 'careful' | 'apart'

function renderName(name: string, care: Care): string {
  const short = escapeName(name, care)
  if (Buffer.byteLength(short) <= nameMostBytes) return short
  const tokens = escapeName(name, care === 'plain' ? 'careful' : care).match(/~[0-9a-f]{2}|./gsu) ?? []
  const parts = ['']
  for (const token of tokens) {
    const longer = joinStably(parts.at(-1) ?? '', token)
    if (Buffer.byteLength(longer) < nameMostBytes) parts[parts.length - 1] = longer
    else parts.push(token.replace(hidden, escapeBytes))
  }
  return parts.join('~/')
}

/** An escape at the beginning of a part could join with an accent that follows it. */
function joinStably(part: string, token: string): string {
  return part + (isNormal(part + token) ? token : escapeBytes(token))
}

function escapeName(name: string, care: Care): string {
  const careful = care === 'plain' ? name.replace(untaken, escapeBytes) : name.replace(/./gsu, escapeUnlessSmall)
  const ended = careful.replace(hidden, escapeBytes).replace(dropped, escapeBytes)
  const begun =
    care === 'apart' && !ended.startsWith('~') ? ended.replace(/^./su, escapeBytes) : ended.replace(device, first)
  // An escape could also join with an accent that follows it.
  const isStable = isNormal(name) && isNormal(begun)
  return isStable ? begun : begun.replace(/\P{ASCII}/gu, escapeBytes)
}

function first(text: string): string {
  return text.replace(/^./u, escapeBytes)
}

function escapeUnlessSmall(letter: string): string {
  return foldCase(letter) === letter ? letter.replace(untaken, escapeBytes) : escapeBytes(letter)
}

function escapeBytes(text: string): string {
  return [...Buffer.from(text)].map((byte) => `~${byte.toString(16).padStart(2, '0')}`).join('')
}

/** Coarser than any file system: equal results may be one file. */
function foldCase(text: string): string {
  return text.toLowerCase().toUpperCase().toLowerCase()
}

function isNormal(text: string): boolean {
  return text === text.normalize('NFC')
}

/**
 * The key of the input at this path. It does not depend on other files. `~` without two hexadecimal digits of valid UTF-8 means itself.
 * Letters that are not escaped count in form NFC, since some file systems change it.
 */
export function parseFilePath(path: string): string {
  return path
    .split('/')
    .map((name) => name.normalize('NFC'))
    .join('/')
    .replaceAll(/(?<=[^/])~\//gu, '')
    .replaceAll(/(?:~[0-9a-f]{2})+/giu, unescapeRun)
}

function unescapeRun(run: string): string {
  const bytes = Buffer.from(run.replaceAll('~', ''), 'hex')
  const text = bytes.toString('utf8')
  return Buffer.from(text).equals(bytes) ? text : run
}
