import { readFileSync } from 'node:fs'
import { emergencyPrincipals } from '../../shared/domain/break-glass/emergency-principals.ts'

/** Who is of break-glass: beside the bundle, as the configuration is. */
export function readEmergency() {
  const read = emergencyPrincipals.parse(JSON.parse(readFileSync(new URL('./emergency.json', import.meta.url), 'utf8')))
  return () => read
}
