import { readdir, readFile } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { listDrills } from '../../../shared/modules/break-glass/list-drills.ts'
import { type DrillRecord, drillPrefix, parseDrill } from '../../../shared/modules/break-glass/rules/drill-record.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { bucketOf } from '../bucket/bucket.ts'
import { openCliPorts } from '../bucket/cli-ports.ts'

/** Records of drills, from a bucket or a folder that contains `drills/`. An invalid record counts as no drill. */
export async function readDrills(source: string | undefined, ports: Ports): Promise<readonly DrillRecord[]> {
  if (source === undefined) return listDrills(ports.objects)
  if (source.startsWith('s3://')) return listDrills(openCliPorts(bucketOf(source)).objects)
  const folder = join(source, drillPrefix)
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.json'))
  const keyOf = (file: string) => drillPrefix + file.split(sep).join('/')
  const read = async (file: string) => parseDrill(keyOf(file), await readFile(join(folder, file), 'utf8'))
  return (await Promise.all(files.map(read))).filter((one) => one !== undefined)
}
