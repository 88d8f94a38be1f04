import * as z from 'zod'
import { type Parsed, parsed, refused } from '../../../shared/domain/statuses/complaint.ts'

/** A resource of any type that Terraform manages. `values`: its attributes, by the provider's names. */
export type TerraformResource = {
  readonly address: string
  readonly type: string
  readonly values: unknown
  /** Terraform has also kept an object that this one replaced, and will destroy it. */
  readonly hasDeposed: boolean
}

const shownResource = z.object({
  address: z.string(),
  mode: z.string(),
  type: z.string(),
  values: z.unknown(),
  /** The same as `deposed` below. */
  deposed_key: z.string().optional(),
})
const shownModule = z.object({
  resources: z.array(shownResource).default([]),
  get child_modules() {
    return z.array(shownModule).default([])
  },
})
/** Source: Terraform documentation, "JSON Output Format", State Representation. */
const shown = z.object({ format_version: z.string(), values: z.object({ root_module: shownModule }).optional() })

const instance = z.object({
  /** A number for `count`, a text for `for_each`. */
  index_key: z.union([z.string(), z.number()]).optional(),
  /** An object that Terraform has replaced and will destroy. */
  deposed: z.string().optional(),
  attributes: z.unknown(),
})
/** A state file. Source: Terraform's source, internal/states/statefile/version4.go. */
const stateFile = z.object({
  version: z.literal(4),
  terraform_version: z.string(),
  resources: z.array(
    z.object({
      module: z.string().optional(),
      mode: z.string(),
      type: z.string(),
      name: z.string(),
      instances: z.array(instance),
    }),
  ),
})

/**
 * The resources of all modules, from the output of `terraform show -json` or from a state file (version 4). The content tells the two
 * apart. Data sources do not count.
 */
export function parseTerraformResources(file: string, json: unknown): Parsed<readonly TerraformResource[]> {
  const read = shown.safeParse(json)
  if (read.success) return parsed(listShown(read.data.values?.root_module))
  const state = stateFile.safeParse(json)
  if (state.success) return parsed(listStored(state.data))
  return refused({
    object: file,
    received: 'JSON that is neither the output of terraform show -json nor a state file of version 4',
    expected: 'format_version and values.root_module, or version 4 and resources',
    remedy: 'write it again: terraform show -json > FILE, or terraform state pull > FILE',
  })
}

function listShown(module: z.infer<typeof shownModule> | undefined): readonly TerraformResource[] {
  if (!module) return []
  const managed = module.resources.filter((one) => one.mode === 'managed')
  const leftovers = new Set(managed.filter((one) => one.deposed_key !== undefined).map(({ address }) => address))
  const own = managed
    .filter((one) => one.deposed_key === undefined)
    .map((one) => ({ ...one, hasDeposed: leftovers.has(one.address) }))
  return [...own, ...module.child_modules.flatMap(listShown)]
}

function listStored({ resources }: z.infer<typeof stateFile>): readonly TerraformResource[] {
  return resources
    .filter(({ mode }) => mode === 'managed')
    .flatMap(({ module, type, name, instances }) => {
      const resource = `${module === undefined ? '' : `${module}.`}${type}.${name}`
      const leftovers = new Set(instances.filter((one) => one.deposed !== undefined).map((one) => one.index_key))
      return instances
        .filter(({ deposed }) => deposed === undefined)
        .map(({ index_key: index, attributes }) => ({
          address: index === undefined ? resource : `${resource}[${renderIndex(index)}]`,
          type,
          values: attributes,
          hasDeposed: leftovers.has(index),
        }))
    })
}

/** In Terraform's own text of an address, `${` and `%{` stand twice. (Terraform's source, internal/addrs, toHCLQuotedString.) */
function renderIndex(index: string | number): string {
  return JSON.stringify(index).replaceAll(/([$%])(?=\{)/g, '$1$1')
}
