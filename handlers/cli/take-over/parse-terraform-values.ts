import type * as z from 'zod'
import { type Parsed, parsed, quote, refused } from '../../../shared/domain/statuses/complaint.ts'
import type { TerraformResource } from './parse-terraform-resources.ts'

/** The attributes of all resources of one type, and where each stands in the file. */
export function parseTerraformValues<T>(
  file: string,
  resources: readonly TerraformResource[],
  type: string,
  schema: z.ZodType<T>,
): Parsed<readonly { readonly values: T; readonly place: string }[]> {
  const found: { values: T; place: string }[] = []
  for (const { address, values } of resources.filter((one) => one.type === type)) {
    const read = schema.safeParse(values)
    if (!read.success) {
      const paths = [...new Set(read.error.issues.map(({ path }) => path.join('.')))]
      return refused({
        object: `${file}, ${quote(address)}`,
        received: `values that are not of ${type}: ${quote(paths.join(', '))}`,
        expected: 'the attributes that the AWS provider writes',
        remedy: 'apply or refresh it in Terraform, then write the file again',
      })
    }
    found.push({ values: read.data, place: `${file}, ${address}` })
  }
  return parsed(found)
}
