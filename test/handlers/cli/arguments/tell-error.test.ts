import { expect, test } from '@jest/globals'
import { callSsofile } from '../../../end-to-end/call-ssofile.ts'

const nowhere = {
  AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
  AWS_ACCESS_KEY_ID: 'me',
  AWS_SECRET_ACCESS_KEY: 'any',
  AWS_REGION: 'us-east-1',
}

test.each([
  { words: ['status', '--json'], exitCode: 1, message: /ECONNREFUSED/, remedy: /AWS_ENDPOINT_URL is http/ },
  { words: ['status', '--output', 'json'], exitCode: 1, message: /ECONNREFUSED/, remedy: /AWS_ENDPOINT_URL is http/ },
  { words: ['validate', 'no/such/folder', '--json'], exitCode: 2, message: /no\/such\/folder/ },
  { words: ['who', '--no-such-option', '--json'], exitCode: 2, message: /^unknown option '--no-such-option'$/ },
])(
  'an error of $words is JSON, with the exit code and what to do',
  async ({ words, exitCode, message, remedy }) => {
    const ended = await callSsofile(words, nowhere)
    expect(ended).toMatchObject({ exitCode, stdout: '' })
    const told = JSON.parse(ended.stderr)
    expect(told).toMatchObject({ exitCode, error: { message: expect.stringMatching(message), causes: [] } })
    if (remedy) expect(told.error.do).toMatch(remedy)
  },
  60_000,
)

test('the version is JSON where JSON is asked for', async () => {
  const [text, json] = [await callSsofile(['--version'], nowhere), await callSsofile(['--version', '--json'], nowhere)]
  expect(JSON.parse(json.stdout)).toEqual({ version: text.stdout.trim() })
})

test('the example folder and what every folder of a team has give no warning', async () => {
  const { stdout } = await callSsofile(['validate', 'fixtures/acme'], nowhere)
  expect(stdout).toMatch(/^valid: /m)
  expect(stdout).not.toContain('not an input')
})
