import { posix } from 'node:path'
import { importsOf } from './architecture.ts'
import { visitSyntax } from './visit-syntax.ts'

/**
 * The circles among these files, each as `a.ts > b.ts > a.ts`. Imports of types count too: two files that need each other
 * are one concept. `files`: by path, the paths that it imports.
 */
export function importCircles(files: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const circles: string[] = []
  const done = new Set<string>()
  const visit = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) {
      circles.push([...way.slice(way.indexOf(path)), path].join(' > '))
      return
    }
    if (done.has(path)) return
    for (const imported of files.get(path) ?? []) visit(imported, [...way, path])
    done.add(path)
  }
  for (const path of files.keys()) visit(path, [])
  return circles
}

/** The files of the project that this one imports. */
export function importsIn(path: string, text: string): readonly string[] {
  const imported: string[] = []
  visitSyntax(text, (node) => {
    for (const specifier of importsOf(node)) {
      if (specifier?.startsWith('.')) imported.push(posix.join(posix.dirname(path), specifier))
    }
    return undefined
  })
  return imported
}
