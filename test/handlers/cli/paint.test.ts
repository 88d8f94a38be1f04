import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import { renderStatus } from '../../../handlers/cli/render-status.ts'
import { status } from '../../../shared/domain/status.ts'

const checkout = fileURLToPath(new URL('../../../', import.meta.url))

function validateAcme(env: Readonly<Record<string, string>>): string {
  const { NO_COLOR: _, FORCE_COLOR: __, ...rest } = process.env
  const args = ['handlers/cli/ssofile.ts', 'validate', 'fixtures/acme']
  return execFileSync(process.execPath, args, { cwd: checkout, env: { ...rest, ...env }, encoding: 'utf8' })
}

describe('what a command prints', () => {
  test('has no colour in a pipe, and none with NO_COLOR', () => {
    expect(validateAcme({})).not.toContain('\u001b')
    expect(validateAcme({ NO_COLOR: '1' })).not.toContain('\u001b')
  })

  test('has colour in a pipe with FORCE_COLOR', () => {
    expect(validateAcme({ FORCE_COLOR: '1' })).toContain('\u001b[32mvalid: ')
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
