import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleFunctions } from '../../infra/bundle-function.ts'
import { defaultConfiguration } from '../../shared/domain/deployment/configuration.ts'
import { functionNames } from '../../shared/ports/deployment-settings.ts'

/**
 * What makes of a bundle one of the next version: each record and message that it writes has a field that this version does
 * not know.
 */
const asLater = `{
  const stringify = JSON.stringify
  const isRecord = (value) => value?.constructor === Object && (value.v === 1 || typeof value.state === 'string')
  const later = (value) => (isRecord(value) ? { ...value, ofALaterVersion: { is: ['unknown'] } } : value)
  JSON.stringify = (value, ...how) => stringify(later(value), ...how)
}
`

/** The release before, where somebody has its bundles: a folder with NAME/index.mjs and NAME/configuration.json. */
const released = process.env.LAST_RELEASE_BUNDLES

/** Writes the bundles of two releases, one after the other, into folders of this one. */
export function bundleTwoReleases(directory: string): { readonly older: string; readonly newer: string } {
  const [older, newer] = [join(directory, 'older'), join(directory, 'newer')]
  bundleFunctions(defaultConfiguration, newer)
  cpSync(released ?? newer, older, { recursive: true })
  for (const name of functionNames) {
    const bundle = join(newer, name, 'index.mjs')
    writeFileSync(bundle, asLater + readFileSync(bundle, 'utf8'))
  }
  return { older, newer }
}
