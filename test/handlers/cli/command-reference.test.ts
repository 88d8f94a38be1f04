import { readFile } from 'node:fs/promises'
import { expect, test } from '@jest/globals'
import { Command } from 'commander'
import { addCommands } from '../../../handlers/cli/commands.ts'
import { referenceFile, renderCommandReference } from './command-reference.ts'

test('docs/commands.md says what each --help says; if not: npm run samples', async () => {
  expect(await readFile(referenceFile, 'utf8')).toBe(await renderCommandReference())
})

test('each command has an example in its help', async () => {
  const program = new Command('ssofile')
  await addCommands(program, ['completion'])
  const printing = program.commands.filter((command) => command.name() !== 'offer')
  const lacking = printing
    .flatMap((command) => (command.commands.length > 0 && command.name() !== 'sessions' ? command.commands : [command]))
    .filter((command) => {
      const printed: string[] = []
      command.configureOutput({ writeOut: (text) => printed.push(text) })
      command.outputHelp()
      return !/^Examples?:$/m.test(printed.join(''))
    })
  expect(lacking.map((command) => command.name())).toEqual([])
})
