import { execFileSync } from 'node:child_process'
import { describe, expect, test } from '@jest/globals'
import { Argument, Command } from 'commander'
import { renderCompletion, shells } from '../../../../handlers/cli/arguments/completion.ts'

function program(): Command {
  const root = new Command('ssofile')
  root
    .command('plan')
    .summary("what would change: it's told")
    .option('--json', 'as JSON')
    .option('--config <file>', 'file')
  root.command('completion').addArgument(new Argument('<shell>').choices(shells))
  const group = root.command('break-glass').summary('emergencies')
  group.command('drill').summary('prove it').option('--playbook <name>', 'only this one')
  return root
}

describe.each(shells)('the completion for %s', (shell) => {
  test('knows every command, option and choice', () => {
    const script = renderCompletion(shell, program())
    for (const word of ['plan', 'json', 'config', 'completion', 'fish', 'break-glass', 'drill', 'playbook'])
      expect(script).toContain(word)
  })
})

test('in bash it completes commands, then the options of the command', () => {
  const complete = (words: readonly string[]) => {
    const script = `${renderCompletion('bash', program())}
COMP_LINE='${words.join(' ')}'; COMP_POINT=\${#COMP_LINE}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _ssofile; echo "\${COMPREPLY[*]}"`
    return execFileSync('/bin/bash', ['-c', script], { encoding: 'utf8' }).trim()
  }
  expect(complete(['ssofile', 'p'])).toBe('plan')
  expect(complete(['ssofile', 'plan', '--'])).toBe('--json --config --help')
  expect(complete(['ssofile', 'completion', 'f'])).toBe('fish')
  expect(complete(['ssofile', 'break-glass', 'd'])).toBe('drill')
})

test('in bash it completes keys, accounts, permission sets and requests with those of the bucket', () => {
  const root = program()
  root.command('explain').argument('<account>').argument('<permission-set>').argument('<principal>')
  root.command('approve').argument('<request>')
  root.command('status').argument('[key]').option('--account <id>', 'account')
  const complete = (words: readonly string[]) => {
    // In place of the command: what it would be asked.
    const script = `ssofile() { printf '%s\\n' "asked-for-$2-like-$3"; }
${renderCompletion('bash', root)}
COMP_LINE='${words.join(' ')}'; COMP_POINT=\${#COMP_LINE}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _ssofile; printf '%s\\n' "\${COMPREPLY[@]}"`
    return execFileSync('/bin/bash', ['-c', script], { encoding: 'utf8' }).trim()
  }
  expect(complete(['ssofile', 'status', 'root%'])).toBe('asked-for-keys-like-root%')
  expect(complete(['ssofile', 'status', '--account', '23'])).toBe('asked-for-accounts-like-23')
  expect(complete(['ssofile', 'explain', '23'])).toBe('asked-for-accounts-like-23')
  expect(complete(['ssofile', 'explain', '233000000002', 'Bil'])).toBe('asked-for-permission-sets-like-Bil')
  expect(complete(['ssofile', 'approve', '4f'])).toBe('asked-for-requests-like-4f')
  expect(complete(['ssofile', 'status', '--a'])).toBe('--account')
})
