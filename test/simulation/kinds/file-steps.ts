import type { Action } from '../action.ts'
import type { KindFiles, KindName } from './part.ts'

/** The steps of lives that write the files of one kind. `by`: another of its writers. */
export function stepsWith<Name extends string, Valid extends string, Invalid extends string>(
  kind: KindName,
  _files: KindFiles<Name, Valid, Invalid>,
) {
  return {
    write: (file: Name, body: Valid | Invalid, by = 0): Action => ({ do: 'write a file', kind, file, body, by }),
    writeAgain: (file: Name, by = 0): Action => ({ do: 'write a file again', kind, file, by }),
    remove: (file: Name, by = 0): Action => ({ do: 'delete a file', kind, file, by }),
    rename: (file: Name, to: Name, by = 0): Action => ({ do: 'rename a file', kind, file, to, by }),
  }
}
