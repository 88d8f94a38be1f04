import { describe, expect, test } from '@jest/globals'
import { refuseUnused } from '../../../../handlers/cli/bucket/open-bucket.ts'
import { SystemClock } from '../../../../shared/aws/system-clock.ts'
import { MemoryObjectStore } from '../../../../shared/memory/s3/memory-object-store.ts'
import { ServiceError } from '../../../../shared/ports/service-error.ts'

const bucket = 'acme-scratch'

async function check(...keys: readonly string[]): Promise<void> {
  const objects = new MemoryObjectStore({ bucket, clock: new SystemClock() })
  for (const key of keys) await objects.put(key, '{}')
  return refuseUnused(objects)
}

describe('a command that changes or judges a deployment', () => {
  test.each([
    ['that is empty', []],
    ['with objects of others', ['reports/2026.csv', 'state/terraform.tfstate']],
    [
      'with files that nobody ever read',
      ['links_data/root%all%Billing-ps%dev%GROUP%ssofile', 'permission_sets/a.json'],
    ],
  ])('refuses a bucket %s, and names it', async (_, keys) => {
    await expect(check(...keys)).rejects.toThrow(
      `bucket ${bucket} holds no deployment of ssofile: control/owner.json is missing`,
    )
  })

  test.each([
    ['the record of its owner', 'control/owner.json'],
    ['the pause that a dispatcher wrote when everything was lost', 'control/pause.json'],
    ['a ledger whose owner is lost', 'assignments/210000000001/x.json'],
    ['permission sets whose owner is lost', 'owned_permission_sets/Billing-ps.json'],
    ['a history whose owner is lost', 'history/x.json'],
  ])('accepts a bucket with %s', async (_, key) => {
    await expect(check(key)).resolves.toBeUndefined()
  })

  const failing = (code: string) => {
    const objects = new MemoryObjectStore({ bucket, clock: new SystemClock() })
    return Object.assign(objects, {
      head: () => Promise.reject(new ServiceError('s3', code, code, { httpStatus: 403 })),
    })
  }

  test('leaves the verdict to the policy of the bucket if its caller may not look', async () => {
    await expect(refuseUnused(failing('AccessDenied'))).resolves.toBeUndefined()
  })

  test('fails if S3 does not say whether the bucket has an owner', async () => {
    await expect(refuseUnused(failing('SlowDown'))).rejects.toThrow('SlowDown')
  })
})
