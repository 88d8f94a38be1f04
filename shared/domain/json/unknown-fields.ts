import * as z from 'zod'

/** The fields of a value that its schema does not have, with their paths. Records keep such fields, and a reader may look for them. */
export function listUnknownFields(schema: unknown, value: unknown, path = ''): readonly string[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault)
    return value === undefined ? [] : listUnknownFields(schema.unwrap(), value, path)
  if (schema instanceof z.ZodArray)
    return Array.isArray(value)
      ? value.flatMap((one, index) => listUnknownFields(schema.element, one, `${path}[${index}]`))
      : []
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const fitting = schema.options.find((option) => z.safeParse(option, value).success)
    return fitting ? listUnknownFields(fitting, value, path) : []
  }
  if (!(schema instanceof z.ZodObject) || typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, one]) => {
    const known: unknown = schema.shape[name]
    const at = path === '' ? name : `${path}.${name}`
    return known === undefined ? [at] : listUnknownFields(known, one, at)
  })
}
