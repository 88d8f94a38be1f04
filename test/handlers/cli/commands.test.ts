import { expect, test } from '@jest/globals'
import { Command, type Option } from 'commander'
import { addCommands, commands } from '../../../handlers/cli/commands.ts'
import { listProjectFiles, readText } from '../../house/source-files.ts'

const names = Object.keys(commands)

async function programFor(...words: readonly string[]): Promise<Command> {
  const program = new Command('ssofile')
  await addCommands(program, words)
  return program
}

const isWhole = (command: Command) =>
  command.options.length + command.registeredArguments.length + command.commands.length > 0

/** Those with an option, an argument or a command of their own. */
const loaded = (program: Command) => program.commands.filter(isWhole).map((command) => command.name())

test.each(names)('%s is loaded when it is called, and stands in its place', async (name) => {
  const program = await programFor('--json', name, 'anything')
  expect(program.commands.map((command) => command.name())).toEqual(names)
  expect(loaded(program)).toEqual(name === 'completion' ? names : [name])
  expect(program.commands.find((command) => command.name() === name)?.summary()).toBe(commands[name]?.summary ?? '')
})

test('help for a command loads it, and help for all loads none', async () => {
  expect(loaded(await programFor('help', 'status'))).toEqual(['status'])
  expect(loaded(await programFor('--help'))).toEqual([])
})

test('what only scripts call is not shown', async () => {
  const program = await programFor('--version')
  expect(
    program
      .createHelp()
      .visibleCommands(program)
      .map((command) => command.name()),
  ).not.toContain('offer')
})

type Flag = { readonly command: string; readonly option: Option }

function flagsOf(command: Command, path = ''): readonly Flag[] {
  const own = command.options.map((option) => ({ command: path, option }))
  return [...own, ...command.commands.flatMap((inner) => flagsOf(inner, `${path} ${inner.name()}`.trim()))]
}

/** Each flag of several commands, with its commands by what `tell` says of it, if that differs. */
async function differing(tell: (option: Option) => string, except: readonly string[]) {
  const all = flagsOf(await programFor('completion')).filter(({ command }) => command !== 'init')
  return [...Map.groupBy(all, ({ option }) => option.long ?? '')].flatMap(([flag, uses]) => {
    const ways = Map.groupBy(uses, ({ option }) => tell(option))
    if (ways.size < 2 || except.includes(flag)) return []
    return [{ flag, ways: [...ways].map(([words, those]) => `${words}: ${those.map(({ command }) => command)}`) }]
  })
}

test('a flag takes the same value in every command', async () => {
  // who --all names the file of all deployments; --to names a folder, or one file.
  expect(await differing(({ flags }) => flags, ['--all', '--to'])).toEqual([])
})

test('a flag is told in the same words in every command', async () => {
  // What these filter, print, compare or wait for belongs to the command.
  const ofCommand = [
    ...[
      '--account',
      '--all',
      '--folder',
      '--group',
      '--incident',
      '--permission-set',
      '--user',
      '--since',
      '--unused-for',
    ],
    ...[
      '--at',
      '--config',
      '--from',
      '--json',
      '--no-delete',
      '--since',
      '--timeout',
      '--to',
      '--unused-for',
      '--wait',
    ],
  ]
  expect(await differing(({ description }) => description, ofCommand)).toEqual([])
})

test('every command that asks takes --yes', () => {
  const asking = listProjectFiles('handlers/cli').filter((file) => /\bawait confirm\(/.test(readText(file)))
  expect(asking).not.toEqual([])
  expect(asking.filter((file) => !readText(file).includes('.addOption(yesOption())'))).toEqual([])
})
