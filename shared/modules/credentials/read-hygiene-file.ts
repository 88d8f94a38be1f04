import {
  defaultHygiene,
  type Hygiene,
  hygieneFileMostBytes,
  hygieneKey,
  parseHygieneFile,
} from '../../domain/files/hygiene-file.ts'
import { type Complaint, type Parsed, parsed } from '../../domain/statuses/complaint.ts'
import type { ObjectStore } from '../../ports/object-store.ts'

/** Governance's rules for credentials; without a file the defaults. */
export async function readHygieneFile(objects: ObjectStore): Promise<Parsed<Hygiene>> {
  return (await readPresentFile(objects)) ?? parsed(defaultHygiene)
}

export type RetirementRules = Hygiene & { readonly ownerTag: string }
/** `why`: for the owners of accounts, so it quotes nothing of the file. */
export type ReadRetirementRules =
  | { readonly ok: true; readonly value: RetirementRules }
  | { readonly ok: false; readonly why: string; readonly complaint: Complaint }

/** Without a valid file that has `ownerTag`, nobody knows who may retire which credential. No defaults: the file may be lost. */
export async function readRetirementRules(objects: ObjectStore): Promise<ReadRetirementRules> {
  const read = await readPresentFile(objects)
  if (read?.ok === false) return { ...read, why: 'hygiene.json is not valid' }
  const { ownerTag } = read?.value ?? {}
  if (read !== undefined && ownerTag !== undefined) return { ok: true, value: { ...read.value, ownerTag } }
  return {
    ok: false,
    why: read ? 'hygiene.json has no ownerTag' : 'there is no hygiene.json',
    complaint: {
      object: hygieneKey,
      received: read ? 'a file without ownerTag' : 'no file',
      expected: 'ownerTag, the key of the tag that names the owner of an account',
      remedy: 'upload it with a line such as "ownerTag": "owner"',
    },
  }
}

async function readPresentFile(objects: ObjectStore): Promise<Parsed<Hygiene> | undefined> {
  const object = await objects.get(hygieneKey, { mostBytes: hygieneFileMostBytes })
  return object && parseHygieneFile(object.body, object.size)
}
