import { linkPrefix } from '../links/link.ts'
import { foldersThatCount } from '../links/temporary-folder.ts'
import { suspensionPrefix } from '../suspensions/suspension.ts'

/**
 * The share of a piece of work, from the key that caused it. Each declared folder has one share, for everything below it. Links directly
 * under `links_data/` have one share together, and so have links in undeclared folders: nobody gets a second share by inventing folders.
 * Each suspension has a share, so that a person with much access holds up nobody else. Other work that no link caused (a reconcile, an
 * event, open work) has a share by the first word of its cause.
 */
export function shareOf(cause: string, folders: readonly string[]): string {
  if (cause.startsWith(suspensionPrefix)) return cause
  if (!cause.startsWith(linkPrefix)) return `no link: ${cause.split(/[/% ]/, 1)[0]}`
  const name = cause.slice(linkPrefix.length).split('%', 1)[0] ?? ''
  if (!name.includes('/')) return 'no folder'
  const within = foldersThatCount(folders).filter((folder) => name.startsWith(`${folder}/`))
  const folder = within.sort((a, b) => b.length - a.length)[0]
  return folder === undefined ? 'undeclared folders' : `folder ${folder}`
}
