/** Its links are written by ssofile alone, for requests that were granted. It is always there, and nobody declares it. */
export const temporaryFolder = 'temporary'

/** The folders whose links count: those that the configuration declares, and the reserved one. */
export function foldersThatCount(declared: readonly string[]): readonly string[] {
  return [...declared, temporaryFolder]
}
