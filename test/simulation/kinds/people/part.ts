import { SuspensionsPromise } from '../../oracle/suspensions.ts'
import type { Part } from '../part.ts'
import { suspensionFiles } from './suspension-files.ts'

/** The people of the directory: their suspensions. */
export const people = {
  kinds: { suspension: { files: suspensionFiles, oracle: SuspensionsPromise } },
} as const satisfies Part
