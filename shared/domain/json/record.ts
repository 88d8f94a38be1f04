import * as z from 'zod'

/**
 * One of ssofile's own objects or messages, or a part of one. Versions take turns: CloudFormation rolls back, and the functions
 * of one update change one after the other. So a field that this version does not know is kept, and is no fault. A new field
 * needs a default, or is optional. Files that people write are strict instead (`z.strictObject`): a field that nobody reads is
 * a mistake of theirs.
 */
export function record<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape> {
  return z.looseObject(shape)
}
