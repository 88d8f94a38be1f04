import * as fc from 'fast-check'
import type { Action } from '../action.ts'
import type { KindName, LivedKind } from './part.ts'
import { livedKinds } from './parts.ts'

/** Anything that one of its writers may do to a file of this kind. Mostly the file is valid. */
function stepOf(kind: KindName, { files }: LivedKind): fc.Arbitrary<Action> {
  const file = fc.constantFrom(...Object.keys(files.keys))
  const by = fc.constantFrom(0, 0, 1)
  const named = { kind: fc.constant(kind), file, by }
  const body = (of: Readonly<Record<string, unknown>>) => fc.constantFrom(...Object.keys(of))
  const written = (of: Readonly<Record<string, unknown>>) =>
    fc.record({ do: fc.constant('write a file' as const), ...named, body: body(of) })
  const others: fc.Arbitrary<Action>[] = [
    fc.record({ do: fc.constant('write a file again' as const), ...named }),
    fc.record({ do: fc.constant('delete a file' as const), ...named }),
    fc.record({ do: fc.constant('rename a file' as const), ...named, to: file }),
  ]
  const invalid = Object.keys(files.invalid).length === 0 ? [] : [written(files.invalid)]
  const valid = [written(files.valid), written(files.valid), written(files.valid)]
  return fc.oneof(...valid, ...others, ...invalid)
}

/** A file of any kind with a life, or of one of these kinds. */
export function drawFiles(among: readonly KindName[] = [...livedKinds.keys()]): fc.Arbitrary<Action> {
  const steps = [...livedKinds].filter(([kind]) => among.includes(kind)).map(([kind, lived]) => stepOf(kind, lived))
  return fc.oneof(...steps)
}
