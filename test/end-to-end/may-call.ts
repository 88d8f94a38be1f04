import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import { expect } from '@jest/globals'
import { bucket, type LocalSystem } from './local-system.ts'

/** Whether a call of this session is answered; one that is not must say that an explicit denial is why. */
export async function mayCall(system: LocalSystem, session: string): Promise<boolean> {
  const refusal = await refusalOf(system, session)
  if (refusal === undefined) return true
  expect(refusal).toMatchObject({ name: 'AccessDenied', message: expect.stringContaining('explicit deny') })
  return false
}

/** Why a call of this session is not answered: denied, or its role is gone. `undefined`: it is answered. */
export async function refusalOf(system: LocalSystem, session: string): Promise<unknown> {
  const asked = new ListObjectsV2Command({ Bucket: bucket, Prefix: 'control/', Delimiter: '/' })
  return system
    .s3(session)
    .send(asked)
    .then(
      () => undefined,
      (error: unknown) => error,
    )
}
