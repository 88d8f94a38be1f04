import { readFileSync } from 'node:fs'
import { emergencyPrincipals } from '../../shared/domain/account-facts/emergency-principals.ts'

/** The principals of break-glass, from a file beside the bundle, like the configuration. */
export function readEmergency() {
  const read = emergencyPrincipals.parse(JSON.parse(readFileSync(new URL('./emergency.json', import.meta.url), 'utf8')))
  return () => read
}
