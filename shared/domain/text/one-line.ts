import * as z from 'zod'
import { type JsonRule, rule } from '../json/json-faults.ts'

/** Text in one line. */
export const line = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^\P{Cc}*$/u)

export const lineRule = (most: number): JsonRule =>
  rule(
    `one line of text, at most ${most} characters, without control characters`,
    'write it in one line in double quotes, or leave the field out',
  )
