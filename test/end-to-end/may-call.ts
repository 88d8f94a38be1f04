import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import { expect } from '@jest/globals'
import { bucket, type LocalSystem } from './local-system.ts'

/** Whether a call of this session is answered; one that is not must say that an explicit denial is why. */
export async function mayCall(system: LocalSystem, session: string): Promise<boolean> {
  try {
    await system.s3(session).send(new ListObjectsV2Command({ Bucket: bucket, Prefix: 'control/', Delimiter: '/' }))
    return true
  } catch (error) {
    expect(error).toMatchObject({ name: 'AccessDenied', message: expect.stringContaining('explicit deny') })
    return false
  }
}
