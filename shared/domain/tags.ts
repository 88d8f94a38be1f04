import * as z from 'zod'

/**
 * Tags by key, as AWS has them: any key, `__proto__` included. (zod's own record builds a new object by assignment, where
 * that key is lost; a custom type keeps what JSON.parse made.)
 */
export const tags = z.custom<Readonly<Record<string, string>>>(isTags, 'expected an object whose values are texts')

function isTags(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.values(value).every((text) => typeof text === 'string')
}
