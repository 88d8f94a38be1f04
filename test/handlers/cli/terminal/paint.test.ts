import { describe, expect, test } from '@jest/globals'
import { renderStatus } from '../../../../handlers/cli/status/render-status.ts'
import { status } from '../../../../shared/domain/statuses/status.ts'
import { testInDepth } from '../../../depth.ts'
import { runSsofile } from '../../../end-to-end/run-program.ts'

async function validateAcme(env: Readonly<Record<string, string>>): Promise<string> {
  const { NO_COLOR: _, FORCE_COLOR: __, ...rest } = process.env
  const { exitCode, stdout } = await runSsofile(['validate', 'fixtures/acme'], { ...rest, ...env })
  expect(exitCode).toBe(0)
  return stdout
}

describe('what a command prints', () => {
  testInDepth('has no colour in a pipe, and none with NO_COLOR', async () => {
    expect(await validateAcme({})).not.toContain('\u001b')
    expect(await validateAcme({ NO_COLOR: '1' })).not.toContain('\u001b')
  })

  testInDepth('has colour in a pipe with FORCE_COLOR', async () => {
    expect(await validateAcme({ FORCE_COLOR: '1' })).toContain('\u001b[32mvalid: ')
  })

  test('shows what a name from outside holds without obeying it', () => {
    const text = renderStatus(
      status.parse({
        input: 'links_data/root%all%Billing-ps%a\u001b[31m%GROUP%ssofile',
        state: 'failed',
        reason: 'no \u001b[31m reason',
        updatedAt: '2026-03-03T10:00:00.000Z',
      }),
    )
    expect(text).not.toContain('\u001b')
  })
})
