import {
  attributesKey,
  type OwnedAttributes,
  ownedAttributes,
  ownedAttributesPrefix,
} from '../../domain/attributes/attributes-file.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { JsonRecord } from './json-record.ts'

/** What ssofile applied of the file of attributes. */
export function ownedAttributesRecord(objects: ObjectStore): JsonRecord<OwnedAttributes> {
  return new JsonRecord(objects, ownedAttributesPrefix + attributesKey, ownedAttributes)
}
