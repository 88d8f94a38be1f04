import type { Part } from '../part.ts'
import { credentialActions } from './credential-actions.ts'
import { credentialLives, longCredentialLives } from './credential-lives.ts'
import { credentialSabotages } from './credential-sabotages.ts'
import { CredentialsPromise } from './credentials-promise.ts'
import { hygieneFiles, retireFiles } from './retire-files.ts'

/** Credentials that files retire, and the rules for them. */
export const credentials = {
  kinds: {
    retirement: { files: retireFiles, oracle: CredentialsPromise },
    hygiene: { files: hygieneFiles, oracle: CredentialsPromise },
  },
  actions: credentialActions,
  lives: credentialLives,
  longLives: longCredentialLives,
  sabotages: credentialSabotages,
} as const satisfies Part
