import {
  attributesKey,
  type OwnedAttributes,
  ownedAttributes,
  ownedAttributesPrefix,
} from '../../domain/attributes/attributes-file.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { JsonRecord } from './json-record.ts'

/** The state of the attributes file that ssofile last applied. */
export function ownedAttributesRecord(objects: ObjectStore): JsonRecord<OwnedAttributes> {
  return new JsonRecord(objects, ownedAttributesPrefix + attributesKey, ownedAttributes)
}
