/**
 * The id that a provider gave to a user or a group. Unique in a directory; no operation of the API writes it. (Identity Store API Reference,
 * "ExternalId".)
 */
export type ExternalId = { readonly issuer: string; readonly id: string }

/** Why a file is bound to another id than before, for its status. */
export function describeBoundAgain({ former }: { readonly former: string }): string {
  return `the provider made the user again with the same ExternalIds (before: ${former}), so the file is bound to the new id`
}
