import {
  attributesFileMostBytes,
  attributesKey,
  type OwnedAttributes,
  ownedAttributes,
  ownedAttributesPrefix,
  parseAttributesFile,
} from '../../domain/attributes/attributes-file.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { JsonRecord } from './json-record.ts'
import { readParsedInput } from './read-input.ts'

export function readAttributesFile(objects: ObjectStore) {
  const parse = (_: string, body: Uint8Array, sizeBytes: number) => parseAttributesFile(body, sizeBytes)
  return readParsedInput(objects, attributesKey, { mostBytes: attributesFileMostBytes, parse })
}

/** The state of the attributes file that ssofile last applied. */
export function ownedAttributesRecord(objects: ObjectStore): JsonRecord<OwnedAttributes> {
  return new JsonRecord(objects, ownedAttributesPrefix + attributesKey, ownedAttributes)
}
