import { type Complaint, type Parsed, quote, refused } from './complaint.ts'
import { splitFolder } from './link-fields.ts'

/**
 * What systems and editors leave beside files, such as `.DS_Store`, `Thumbs.db` or `notes.txt~`: nobody means it as an
 * input. A principal may hold any of this, so only what stands before the first `%` can be a folder.
 */
export function isSystemFile(key: string): boolean {
  return /^(\.(?!json$).*|Thumbs\.db|desktop\.ini|.*(~|\.swp|\.bak|\.orig))$/i.test(nameIn(key))
}

/** A refusal with the one remedy that helps where the file is not meant at all; anything else as it is. */
export function unlessSystemFile<T>(judged: Parsed<T>): Parsed<T> {
  if (judged.ok || !isSystemFile(judged.complaint.object)) return judged
  const remedy = remedyFor(nameIn(judged.complaint.object))
  const { faults, ...whole } = judged.complaint
  const told: Complaint = { ...whole, remedy }
  return refused(faults === undefined ? told : { ...told, faults: faults.map((fault) => ({ ...fault, remedy })) })
}

function nameIn(key: string): string {
  return splitFolder(key).rest
}

function remedyFor(name: string): string {
  const pattern = name.startsWith('.') || !name.includes('.') ? name : name.slice(name.lastIndexOf('.'))
  const isPlain = quote(pattern) === pattern && !pattern.includes("'")
  return `it looks like a file of the system or of an editor: delete it${isPlain ? `, or leave it out: aws s3 sync … --exclude '*${pattern}'` : ''}`
}
