import * as z from 'zod'

/**
 * Tags by key. Any key is valid in AWS, `__proto__` included. (zod's own record assigns to a new object and loses that
 * key; a custom type keeps the object that JSON.parse made.)
 */
export const tags = z.custom<Readonly<Record<string, string>>>(isTags, 'expected an object whose values are texts')

function isTags(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.values(value).every((text) => typeof text === 'string')
}
