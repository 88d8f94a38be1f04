import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { answerOf } from './answers.ts'
import { type AwsPortsOptions, clientSettings } from './aws-ports.ts'

/** Reads the present value of one secret. Throws ServiceError (`secretsmanager`), or an error if it is no text. */
export function openAwsSecret(SecretId: string, endpoint?: AwsPortsOptions['endpoint']): () => Promise<string> {
  const secrets = new SecretsManagerClient({ ...clientSettings(endpoint), maxAttempts: 3 })
  return async () => {
    const { SecretString } = await answerOf('secretsmanager', secrets.send(new GetSecretValueCommand({ SecretId })))
    if (SecretString === undefined) throw new Error(`the secret ${SecretId}: received no text, expected one`)
    return SecretString
  }
}
