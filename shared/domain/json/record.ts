import * as z from 'zod'

/**
 * One of ssofile's own objects or messages, or a part of one. Several versions run at the same time, because CloudFormation rolls back, and
 * an update changes the functions one after the other. So unknown fields are kept and are no fault. A new field needs a default, or is
 * optional. Files of people are strict instead (`z.strictObject`): a field that nobody reads is a mistake.
 */
export function record<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape> {
  return z.looseObject(shape)
}
