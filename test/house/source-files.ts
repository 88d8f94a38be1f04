import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const projectFolder = fileURLToPath(new URL('../..', import.meta.url))

/** What `.gitignore` names: whole folders only, so that this list is all there is to read. */
const ignored = readText('.gitignore')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => line.replace(/^\/|\/$/g, ''))

/**
 * The files of the project below a folder, as `test/house/source-files.ts`, ascending. What git ignores, and git's own,
 * is left out. Read from the disk, not from git: new files count before they are committed, and no git is needed.
 */
export function listProjectFiles(folder = ''): readonly string[] {
  return readdirSync(join(projectFolder, folder), { withFileTypes: true })
    .filter(({ name }) => name !== '.git' && !ignored.includes(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) return listProjectFiles(path)
      return entry.isFile() ? [path] : []
    })
}

/** The names of the folders that the project has at its top, dotted ones and what git ignores left out. */
export function listTopFolders(): readonly string[] {
  return readdirSync(projectFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !ignored.includes(entry.name))
    .map(({ name }) => name)
    .sort()
}

export function readText(path: string): string {
  return readFileSync(join(projectFolder, path), 'utf8')
}
