import type { Configuration } from '../../domain/deployment/configuration.ts'
import { kinds } from '../../domain/inputs/kinds.ts'
import type { Ports } from '../../ports/ports.ts'
import { sendInputs } from '../../reconcile/records/inputs.ts'
import { spoiledAsAbsent } from '../../reconcile/records/stored-json.ts'
import { tellFiles } from '../../reconcile/statuses/tell-files.ts'
import { type EligibilityFiles, eligibilityStateRecord, toStored } from './eligibility-files.ts'
import { listUndecided } from './list-requests.ts'

/**
 * Writes a status for each eligibility. When an eligibility has changed, looks at every waiting or rejected request.
 * Returns the broken ones. Safe to repeat after an interruption: it notes the change last.
 */
export async function watchEligibilities(
  ports: Pick<Ports, 'objects' | 'queues' | 'randomness' | 'clock'>,
  configuration: Pick<Configuration, 'folders' | 'limits'>,
  files: Pick<EligibilityFiles, 'read'>,
): Promise<readonly string[]> {
  const { objects } = ports
  const { eligibilities, contents, texts } = await files.read()
  const complaints = [...eligibilities.values()].flatMap((one) => (one.ok ? [] : [one.complaint]))
  const broken = await tellFiles(ports, kinds.eligibility, configuration, complaints)
  const record = eligibilityStateRecord.of(objects)
  const { contents: known = {}, again } = (await spoiledAsAbsent(record.read()))?.value ?? {}
  const isSame =
    Object.keys(known).length === contents.size && [...contents].every(([name, content]) => known[name] === content)
  if (isSame && !again) return broken
  await sendInputs(ports, await listUndecided(objects), 'an eligibility has changed', configuration)
  await record.overwrite({ ...toStored(contents, texts), ...(!isSame && { again: true }) })
  return broken
}
