import {
  defaultHygiene,
  type Hygiene,
  hygieneFileMostBytes,
  hygieneKey,
  parseHygieneFile,
} from '../../domain/files/hygiene-file.ts'
import { type Parsed, parsed } from '../../domain/statuses/complaint.ts'
import type { ObjectStore } from '../../ports/object-store.ts'

/** Governance's rules for credentials; without a file the defaults. */
export async function readHygieneFile(objects: ObjectStore): Promise<Parsed<Hygiene>> {
  const object = await objects.get(hygieneKey, { mostBytes: hygieneFileMostBytes })
  return object === undefined ? parsed(defaultHygiene) : parseHygieneFile(object.body, object.size)
}
