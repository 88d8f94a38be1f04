import * as z from 'zod'
import type { LocalSystem } from './local-system.ts'

const session = z.object({ accessKeyId: z.string(), arn: z.string(), userId: z.string() })
export type Session = z.infer<typeof session>

/** As `aws sso login` does it: credentials of a user who has this access. Locally their access key id is enough. */
export async function signIn(
  system: LocalSystem,
  asked: { readonly user: string; readonly permissionSet: string; readonly account: string },
): Promise<Session> {
  const answered = await fetch(`${system.url}/_ssofile/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(asked),
  })
  if (answered.status !== 200)
    throw new Error(`${asked.user} cannot sign in: ${answered.status} ${await answered.text()}`)
  return session.parse(await answered.json())
}
