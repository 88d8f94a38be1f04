import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { Argument, Command } from 'commander'
import { renderCompletion, shells } from '../../../handlers/cli/completion.ts'

function program(): Command {
  const root = new Command('ssofile')
  root
    .command('plan')
    .summary("what would change: it's told")
    .option('--json', 'as JSON')
    .option('--config <file>', 'file')
  root.command('completion').addArgument(new Argument('<shell>').choices(shells))
  return root
}

describe.each(shells)('the completion for %s', (shell) => {
  test('knows every command, option and choice', () => {
    const script = renderCompletion(shell, program())
    for (const word of ['plan', 'json', 'config', 'completion', 'fish']) expect(script).toContain(word)
  })

  const path = `/bin/${shell}`
  test('is a script that the shell can read, where the machine has it', () => {
    const script = renderCompletion(shell, program())
    if (existsSync(path)) expect(() => execFileSync(path, ['-n', '-c', script])).not.toThrow()
  })
})

test('in bash it completes commands, then the options of the command', () => {
  const complete = (words: readonly string[]) => {
    const script = `${renderCompletion('bash', program())}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _ssofile; echo "\${COMPREPLY[*]}"`
    return execFileSync('/bin/bash', ['-c', script], { encoding: 'utf8' }).trim()
  }
  expect(complete(['ssofile', 'p'])).toBe('plan')
  expect(complete(['ssofile', 'plan', '--'])).toBe('--json --config --help')
  expect(complete(['ssofile', 'completion', 'f'])).toBe('fish')
})
