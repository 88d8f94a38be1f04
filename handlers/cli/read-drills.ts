import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type DrillRecord, drillPrefix, drillRecord } from '../../shared/domain/break-glass/drill-record.ts'
import type { Ports } from '../../shared/ports/ports.ts'
import { bucketOf } from './bucket.ts'
import { openCliPorts } from './cli-ports.ts'

/** Records of drills, of a folder with `drills/` in it or a bucket. What is no record counts as no drill. */
export async function readDrills(source: string | undefined, ports: Ports): Promise<readonly DrillRecord[]> {
  const texts =
    source === undefined || source.startsWith('s3://') ? await ofBucket(source, ports) : await ofFolder(source)
  return texts.flatMap((text) => drillRecord.safeParse(parse(text)).data ?? [])
}

async function ofBucket(source: string | undefined, ports: Ports): Promise<readonly string[]> {
  const { objects } = source === undefined ? ports : openCliPorts(bucketOf(source))
  const keys = (await Array.fromAsync(objects.list(drillPrefix))).map(({ key }) => key)
  const found = await Promise.all(keys.map((key) => objects.get(key)))
  return found.flatMap((object) => (object === undefined ? [] : new TextDecoder().decode(object.body)))
}

async function ofFolder(folder: string): Promise<readonly string[]> {
  const files = await readdir(join(folder, drillPrefix), { recursive: true })
  return Promise.all(
    files.filter((file) => file.endsWith('.json')).map((file) => readFile(join(folder, drillPrefix, file), 'utf8')),
  )
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
