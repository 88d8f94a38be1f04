import { expect, test } from '@jest/globals'
import { Command } from 'commander'
import { addCommands, commands } from '../../../handlers/cli/commands.ts'

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
