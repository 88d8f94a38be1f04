/** Only ssofile writes links here, for granted requests. The folder always counts, and nobody declares it. */
export const temporaryFolder = 'temporary'

/** The folders whose links count: the declared ones and the reserved one. */
export function foldersThatCount(declared: readonly string[]): readonly string[] {
  return [...declared, temporaryFolder]
}
