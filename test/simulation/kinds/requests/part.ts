import { TemporaryPromise } from '../../oracle/temporary.ts'
import type { Part } from '../part.ts'
import { approvalFiles, requestFiles } from './request-files.ts'

/** Temporary access. Its lives are in `lives.ts`. */
export const requests = {
  kinds: {
    request: { files: requestFiles, oracle: TemporaryPromise },
    approval: { files: approvalFiles, oracle: TemporaryPromise },
  },
} as const satisfies Part
