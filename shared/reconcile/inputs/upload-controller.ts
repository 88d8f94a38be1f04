import type { Format } from '../../domain/inputs/kind.ts'
import type { Controller, Description, Input, KindTypes, ReconcileContext } from './controller.ts'

export interface UploadTypes<Name, Body> extends KindTypes {
  readonly name: Name
  readonly body: Body
  readonly entry: never
  readonly facts: object
  readonly action: never
  readonly end: { readonly tell: 'uploaded' }
  readonly context: ReconcileContext
}

/**
 * The upload of a file that only the dispatcher applies, because it alone calls SSO Admin: gathers nothing and takes no step.
 * `describe` returns the status until then, and the hint for the dispatcher.
 */
export function uploadController<Name, Body>(
  noun: string,
  format: Format<Name, Body>,
  describe: (input: Input<UploadTypes<Name, Body>>) => Description,
): Controller<UploadTypes<Name, Body>> {
  return {
    noun,
    format,
    describesInvalid: true,
    gather: async () => ({}),
    decide: () => ({ tell: 'uploaded' }),
    underPause: [],
    perform: async () => ({}),
    describe: (_, input) => describe(input),
  }
}
