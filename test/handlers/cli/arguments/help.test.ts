import { expect, test } from '@jest/globals'
import { runSsofile } from '../../../end-to-end/run-program.ts'

test('help for a command that there is not names those that there are, and is wrong usage', async () => {
  const { exitCode, stdout, stderr } = await runSsofile(['help', 'nope'], process.env)
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  expect(stderr).toMatch(/'nope'.* local, validate, plan, push, pull, apply, .*resume/)
}, 60_000)

test('help for a command is what the command itself tells', async () => {
  const [asked, told] = await Promise.all([
    runSsofile(['help', 'plan'], process.env),
    runSsofile(['plan', '-h'], process.env),
  ])
  expect(asked).toEqual(told)
  expect(asked).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('ssofile plan ./access') })
}, 60_000)

test('help without a command is that of all', async () => {
  const { exitCode, stdout } = await runSsofile(['help'], process.env)
  expect(exitCode).toBe(0)
  for (const command of ['local', 'plan', 'resume', 'help']) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'))
}, 60_000)
