import { type Attribute, attributeKey, attributeSource } from '../../../../shared/domain/attributes/attributes-file.ts'

type Written = { readonly AccessControlAttributes: readonly { Key: string; Value: { Source: readonly string[] } }[] }

/** The attributes of a file of this simulation. `undefined`: it is not valid. */
export function attributesIn(text: string): readonly Attribute[] | undefined {
  try {
    const { AccessControlAttributes: all }: Written = JSON.parse(text)
    if (new Set(all.map(({ Key }) => Key.toLowerCase())).size < all.length) return undefined
    return all.map(({ Key, Value }) => ({
      key: attributeKey.parse(Key),
      source: attributeSource.parse(Value.Source[0]),
    }))
  } catch {
    return undefined
  }
}
