import * as z from 'zod'
import type { MemorySecrets } from '../../../shared/memory/memory-secrets.ts'
import { type JsonOperation, operation } from './json-operation.ts'

const name = z.string().min(1).max(512)
const value = z.string().min(1).max(65_536)

/** Secrets Manager, as far as a person and the product need it for a webhook. */
export function secretsManagerOperations(secrets: MemorySecrets): Readonly<Record<string, JsonOperation>> {
  return {
    CreateSecret: operation(z.object({ Name: name, SecretString: value }), async ({ Name, SecretString }) => ({
      ARN: secrets.create(Name, SecretString),
      Name,
    })),
    PutSecretValue: operation(
      z.object({ SecretId: name, SecretString: value }),
      async ({ SecretId, SecretString }) => ({
        ARN: secrets.put(SecretId, SecretString),
      }),
    ),
    GetSecretValue: operation(z.object({ SecretId: name }), async ({ SecretId }) => {
      const found = secrets.get(SecretId)
      return { ARN: found.arn, Name: found.name, SecretString: found.value }
    }),
  }
}
