import type { Part } from '../part.ts'
import { attributeActions } from './attribute-actions.ts'
import { attributeFiles } from './attribute-files.ts'
import { attributeLives } from './attribute-lives.ts'
import { attributeSabotages } from './attribute-sabotages.ts'
import { AttributesPromise } from './attributes-promise.ts'

/** Attributes for access control. */
export const attributes = {
  kinds: { attributes: { files: attributeFiles, oracle: AttributesPromise } },
  actions: attributeActions,
  lives: attributeLives,
  sabotages: attributeSabotages,
} as const satisfies Part
