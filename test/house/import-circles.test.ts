import { describe, expect, test } from '@jest/globals'
import { importCircles, importsIn } from './import-circles.ts'

describe('a circle is told with its files', () => {
  const circlesOf = (files: ReadonlyMap<string, string>) =>
    importCircles(new Map([...files].map(([path, text]) => [path, importsIn(path, text)])))
  const one = (path: string, specifier: string) => [`a/${path}.ts`, `import { x } from '${specifier}'`] as const

  test('where two files import each other', () => {
    expect(circlesOf(new Map([one('b', './c.ts'), one('c', './b.ts')]))).toEqual(['a/b.ts > a/c.ts > a/b.ts'])
  })

  test('where three files do, of which the first only leads to them', () => {
    const files = new Map([one('a', './b.ts'), one('b', './c.ts'), one('c', './d.ts'), one('d', '../a/b.ts')])
    expect(circlesOf(files)).toEqual(['a/b.ts > a/c.ts > a/d.ts > a/b.ts'])
  })

  test('where only a type is imported', () => {
    const files = new Map([one('b', './c.ts'), ['a/c.ts', "import type { X } from './b.ts'"] as const])
    expect(circlesOf(files)).toHaveLength(1)
  })

  test('and two ways to one file are none', () => {
    const files = new Map([
      ['a/b.ts', "import './c.ts'\nimport './d.ts'"] as const,
      one('c', './e.ts'),
      one('d', './e.ts'),
      ['a/e.ts', "import * as z from 'zod'"] as const,
    ])
    expect(circlesOf(files)).toEqual([])
  })
})
