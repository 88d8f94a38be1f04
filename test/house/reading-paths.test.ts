import { posix } from 'node:path'
import { expect, test } from '@jest/globals'
import { workedQueues } from '../../shared/ports/queues.ts'
import { importsIn } from './import-circles.ts'
import { listProjectFiles, readText } from './source-files.ts'

const stepsMost = 12
const files = new Set(listProjectFiles())
const names = new Set([...files].map((path) => posix.basename(path)))

type Path = { readonly title: string; readonly steps: readonly { readonly file: string; readonly text: string }[] }

/** The paths through the code that docs/contributing-code.md has under headings of the third level. */
function listPaths(text: string): readonly Path[] {
  const [, section = ''] = text.split('\n## How a message flows\n')
  const [flow = ''] = section.split(/\n## /)
  return flow
    .split('\n### ')
    .slice(1)
    .map((part) => {
      const steps = [...part.matchAll(/^(\d+)\. `([^`]+)`: (.+)$/gm)].map(([, number, file = '', told = ''], index) => {
        expect(number).toBe(String(index + 1))
        return { file, text: told }
      })
      return { title: part.split('\n')[0] ?? '', steps }
    })
}

const paths = listPaths(readText('docs/contributing-code.md'))

test('docs/contributing-code.md has six paths through the code', () => {
  expect(paths.map(({ title }) => title)).toEqual([
    'A file is uploaded, access comes',
    'A link is deleted, access goes',
    'A request is approved, access comes and ends',
    'The file of a group, a rule, a person or a suspension, from upload to status',
    'A credential is retired, in the folder of one module',
    'A plan, from the command to its sections',
  ])
})

test.each(paths)(
  'each step of "$title" is a file that an earlier one imports, or that a queue or a schedule starts',
  ({ steps }) => {
    expect(steps.length).toBeGreaterThan(5)
    expect(steps.length).toBeLessThanOrEqual(stepsMost)
    const open = new Set<string>()
    for (const [index, { file, text }] of steps.entries()) {
      expect(files).toContain(file)
      const queue = /^from the queue `([^`]+)`/.exec(text)?.[1]
      const isStarted = index === 0 || text.startsWith('from the schedule') || workedQueues.some((one) => one === queue)
      expect({ file, isReached: isStarted || open.has(file) }).toEqual({ file, isReached: true })
      for (const imported of importsIn(file, readText(file))) open.add(imported)
      for (const [, named = ''] of text.matchAll(/`([\w-]+\.ts)`/g)) expect(names).toContain(named)
    }
  },
)
