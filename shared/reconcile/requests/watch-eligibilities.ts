import type { Configuration } from '../../domain/deployment/configuration.ts'
import { eligibilityPrefix } from '../../domain/requests/eligibility-file.ts'
import type { Ports } from '../../ports/ports.ts'
import { sendInputs } from '../records/inputs.ts'
import { spoiledAsAbsent } from '../records/stored-json.ts'
import { tellBroken } from '../statuses/tell-broken.ts'
import type { EligibilityFiles } from './eligibility-files.ts'
import { listUndecided } from './list-requests.ts'
import { eligibilityState, toStored } from './stored-eligibilities.ts'

/**
 * Gives each eligibility that is broken a status, and has every request that waits, or was rejected, looked at when one has
 * changed. Answers which are broken. Safe to repeat after any interruption: what changed is noted last.
 */
export async function watchEligibilities(
  ports: Pick<Ports, 'objects' | 'queues' | 'randomness' | 'clock'>,
  configuration: Pick<Configuration, 'folders'>,
  files: Pick<EligibilityFiles, 'read'>,
): Promise<readonly string[]> {
  const { objects } = ports
  const { eligibilities, contents, texts } = await files.read()
  const complaints = [...eligibilities.values()].flatMap((one) => (one.ok ? [] : [one.complaint]))
  const broken = await tellBroken(ports, eligibilityPrefix, complaints)
  const record = eligibilityState(objects)
  const known = (await spoiledAsAbsent(record.read()))?.value.contents ?? {}
  const isSame =
    Object.keys(known).length === contents.size && [...contents].every(([name, content]) => known[name] === content)
  if (isSame) return broken
  await sendInputs(ports, await listUndecided(objects), 'an eligibility has changed', configuration)
  await record.overwrite(toStored(contents, texts))
  return broken
}
