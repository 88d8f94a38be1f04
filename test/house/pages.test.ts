import { beforeAll, describe, expect, test } from '@jest/globals'
import { Command } from 'commander'
import { addCommands } from '../../handlers/cli/commands.ts'
import { listProjectFiles, readText } from './source-files.ts'

const pages = listProjectFiles().filter((path) => path.endsWith('.md'))
const tests = listProjectFiles('test').filter((path) => path.endsWith('.test.ts'))
const textOf = new Map(pages.map((path) => [path, readText(path)]))
const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> }

/** What would ask the public registry for a package of that name, and run it, where ssofile is not installed. */
const bareNpx = /\b(?:npx|npm (?:exec|x))(?! +--no(?:-install)? +ssofile)(?: +-\S+)* +ssofile\b/

test('no file has a line for npx that would run what somebody else registered under the name of the command', () => {
  const saying = listProjectFiles().filter((path) => bareNpx.test(readText(path)))
  expect(saying).toEqual([])
  expect(['npx', 'npx -y', 'npm exec --'].filter((start) => !bareNpx.test(`${start} ssofile plan`))).toEqual([])
  expect(['npx --no-install ssofile who', 'npm link ssofile'].filter((line) => bareNpx.test(line))).toEqual([])
})

/** As GitHub makes it of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}

function anchorsOf(page: string): ReadonlySet<string> {
  const headings = withoutFences(textOf.get(page) ?? '').matchAll(/^#+ (.+)$/gm)
  return new Set([...headings].map(([, heading = '']) => anchorOf(heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1'))))
}

function withoutFences(text: string): string {
  return text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '')
}

/** Lines that are typed, in blocks and in sentences; a line that ends in a backslash goes on. */
function linesToType(text: string): readonly string[] {
  // Blocks of each language, or the end of one would begin another.
  const blocks = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
    .filter(([, language]) => language === '' || language === 'sh')
    .map(([, , block = '']) => block)
  const typed = blocks
    // What a wrong line is answered.
    .filter((block) => !/unknown (option|command)/.test(block))
    .flatMap((block) => {
      const lines = block.replaceAll('\\\n', ' ').split('\n')
      const shown = lines.filter((line) => line.startsWith('$ ')).map((line) => line.slice(2))
      return shown.length > 0 ? shown : lines
    })
  const indented = [...text.matchAll(/^ {4}(\S.*)$/gm)].map(([, line = '']) => line)
  const within = [...withoutFences(text).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)
  return [...typed, ...indented, ...within].map((line) => line.replace(/(^|\s)#\s.*$/, ''))
}

/** The words after each `ssofile` that stands where a command does. */
function ssofileCalls(line: string): readonly (readonly string[])[] {
  const begins = /(?:^|[|;&]\s*|\()(?:[A-Z_]+=\S*\s+)*ssofile\s+([^|;&]*)/g
  return [...line.matchAll(begins)].map(([, rest = '']) => rest.match(/'[^']*'|"[^"]*"|[^\s'"]+/g) ?? [])
}

describe.each(pages)('%s', (page) => {
  test('leads with each link to a file, and to a heading in it', () => {
    const broken = [...withoutFences(textOf.get(page) ?? '').matchAll(/\]\(([^)\s]+)\)/g)].flatMap(
      ([, target = '']) => {
        if (/^[a-z]+:/.test(target)) return []
        const [file = '', anchor] = target.split('#')
        const path = file === '' ? page : new URL(file, `file:///${page}`).pathname.slice(1)
        const isThere =
          textOf.has(path) || listProjectFiles().some((known) => known === path || known.startsWith(`${path}/`))
        const isHeading = anchor === undefined || !path.endsWith('.md') || anchorsOf(path).has(anchor)
        return isThere && isHeading ? [] : [target]
      },
    )
    expect(broken).toEqual([])
  })

  test('names tests that there are', () => {
    const text = textOf.get(page) ?? ''
    const named = [...text.matchAll(/`([\w/.-]+\.test\.ts)`/g)].map(([, name = '']) => name)
    const given = [...text.matchAll(/npm test -- ([\w/ -]+)`/g)].flatMap(([, names = '']) => names.split(' '))
    expect([...named, ...given].filter((name) => !tests.some((path) => path.includes(name)))).toEqual([])
  })

  test('names scripts that package.json has', () => {
    const named = [...(textOf.get(page) ?? '').matchAll(/npm run ([a-z][\w-]*(?::[\w-]+)*)/g)].map(
      ([, name = '']) => name,
    )
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([])
  })
})

describe('each line with ssofile', () => {
  const program = new Command('ssofile').option('--version').option('--help')
  beforeAll(() => addCommands(program, ['completion']))

  /** What the line has that the command does not know; undefined: nothing. */
  function fault(words: readonly string[]): string | undefined {
    const [name = '', second = ''] = words.filter((word) => !word.startsWith('-'))
    if (name === '' || name === 'help' || name === '…') return undefined
    const command = program.commands.find((one) => one.name() === name)
    if (command === undefined) return `command ${name}`
    const inner = command.commands.find((one) => one.name() === second)
    const known = [...program.options, ...command.options, ...(inner?.options ?? [])].map(({ long }) => long)
    return words
      .map((word) => word.split('=')[0] ?? '')
      .find((word) => /^--[a-z]/.test(word) && word !== '--help' && !known.includes(word))
  }

  test.each(pages)('of %s names a command that there is, with options that it has', (page) => {
    const faults = linesToType(textOf.get(page) ?? '').flatMap((line) =>
      ssofileCalls(line).flatMap((words) => {
        const found = fault(words)
        return found === undefined ? [] : [`${found}: ${line}`]
      }),
    )
    expect(faults).toEqual([])
  })

  test('is found where it stands, with what is wrong in it', () => {
    const text = 'Type `ssofile wo --user x`.\n\n```sh\nA=1 ssofile who --usr x | ssofile plan \\\n  --markdwn\n```\n'
    const found = linesToType(text).flatMap((line) => ssofileCalls(line).map(fault))
    expect(found).toEqual(['--usr', '--markdwn', 'command wo'])
  })
})
