import { splitFolder } from '../links/link-fields.ts'
import { type Parsed, quote, refused } from '../statuses/complaint.ts'

const ofSystems = /^(\._.*|\.#.*|Thumbs\.db|desktop\.ini|.*(~|\.swp|\.bak|\.orig))$/i
const endOfInput = /(\.json|%ssofile)$/

/**
 * Files that systems and editors leave in folders, such as `.DS_Store`, `Thumbs.db` or `notes.txt~`. They are not inputs. A group may begin
 * with a dot, such as `.NET Developers`, so a dot alone says nothing about a name that ends like an input. A principal may contain such a
 * name, so a folder can be only before the first `%`.
 */
export function isSystemFile(key: string): boolean {
  const name = nameIn(key)
  return ofSystems.test(name) || (name.startsWith('.') && !endOfInput.test(name))
}

/** Gives the refusal of a system file the only remedy that helps. Returns everything else unchanged. */
export function unlessSystemFile<T>(judged: Parsed<T>): Parsed<T> {
  if (judged.ok || !isSystemFile(judged.complaint.object)) return judged
  const remedy = remedyFor(nameIn(judged.complaint.object))
  const { faults, ...whole } = judged.complaint
  return refused({ ...whole, remedy, faults: faults?.map((fault) => ({ ...fault, remedy })) })
}

function nameIn(key: string): string {
  return splitFolder(key).rest
}

function remedyFor(name: string): string {
  const pattern = name.startsWith('.') || !name.includes('.') ? name : name.slice(name.lastIndexOf('.'))
  const isPlain = quote(pattern) === pattern && !pattern.includes("'")
  return `it looks like a file of the system or of an editor: delete it${isPlain ? `, or leave it out: aws s3 sync … --exclude '*${pattern}'` : ''}`
}
