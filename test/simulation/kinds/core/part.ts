import { AccessPromise } from '../../oracle/access.ts'
import type { Part } from '../part.ts'
import { linkFiles } from './link-files.ts'

export const core = {
  kinds: { link: { files: linkFiles, oracle: AccessPromise } },
} as const satisfies Part
