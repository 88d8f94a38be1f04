import { expect, test } from '@jest/globals'
import { callSsofile } from '../../../end-to-end/call-ssofile.ts'

test('help for a command that there is not names those that there are, and is wrong usage', async () => {
  const { exitCode, stdout, stderr } = await callSsofile(['help', 'nope'], process.env)
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  expect(stderr).toMatch(/'nope'.* validate, plan, push, pull, .*resume.* local, doctor/)
}, 60_000)

test('help for a command is what the command itself tells', async () => {
  // One after the other: two at a time would start a process each.
  const asked = await callSsofile(['help', 'plan'], process.env)
  expect(asked).toEqual(await callSsofile(['plan', '-h'], process.env))
  expect(asked).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('ssofile plan ./access') })
}, 60_000)

test('the commands stand under headings, and no line is wider than a terminal of eighty columns', async () => {
  const { stdout } = await callSsofile(['help'], process.env)
  const headings = ['Author:', 'Look:', 'Temporary access:', 'Operate:', 'Install:']
  expect(stdout.match(/^[A-Z][a-z ]+:$/gm)).toEqual(['Options:', ...headings])
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
}, 60_000)

test('help without a command is that of all', async () => {
  const { exitCode, stdout } = await callSsofile(['help'], process.env)
  expect(exitCode).toBe(0)
  for (const command of ['local', 'plan', 'resume', 'help']) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'))
}, 60_000)
