import { linkPrefix } from '../links/link.ts'
import { foldersThatCount } from '../links/temporary-folder.ts'

/**
 * Whose work this is, by the key that caused it: each declared folder has a share of its own, whatever stands below it.
 * What is directly under `links_data/` shares one, and so does all that is in folders that count for nothing: nobody gets
 * a second share by inventing folders. What no link caused (a reconcile, an event, open work) has a share by the first word of its cause.
 */
export function shareOf(cause: string, folders: readonly string[]): string {
  if (!cause.startsWith(linkPrefix)) return `no link: ${cause.split(/[/% ]/, 1)[0]}`
  const name = cause.slice(linkPrefix.length).split('%', 1)[0] ?? ''
  if (!name.includes('/')) return 'no folder'
  const within = foldersThatCount(folders).filter((folder) => name.startsWith(`${folder}/`))
  const folder = within.sort((a, b) => b.length - a.length)[0]
  return folder === undefined ? 'undeclared folders' : `folder ${folder}`
}
