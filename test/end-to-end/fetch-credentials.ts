import { expect } from '@jest/globals'
import * as z from 'zod'
import type { LocalSystem } from './local-system.ts'

/** `aws sso login`, then the AWS CLI's own call for credentials. */
export async function fetchCredentials(
  system: LocalSystem,
  { user, account, set, region }: Readonly<Record<'user' | 'account' | 'set', string>> & { readonly region?: string },
): Promise<void> {
  const body = JSON.stringify({ user, region })
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${system.url}/_ssofile/portal`, { method: 'POST', headers, body })
  const { accessToken } = z.object({ accessToken: z.string() }).parse(await answer.json())
  const access = ['--access-token', accessToken, '--role-name', set, '--account-id', account]
  const fetched = await system.cli(['sso', 'get-role-credentials', ...access])
  expect(JSON.parse(fetched)).toMatchObject({ roleCredentials: { accessKeyId: expect.any(String) } })
}
