/** What becomes of one permission set in a benchmark, from its first file to its deletion. */
export type Step = {
  readonly what: string
  /** Without: its file is deleted. */
  readonly body: ((index: number) => object) | undefined
  /** One for each difference, and the provisioning that follows them. */
  readonly writes: number
}

export const permissionSetKeyOf = (index: number) => `permission_sets/Bench-${index}.json`

const policy = (name: string) => `arn:aws:iam::aws:policy/${name}`
const first = (index: number) => ({
  permissionSetName: `Bench-${index}`,
  description: 'Of a benchmark',
  tags: [{ Key: 'team', Value: 'Bench' }],
  managedPoliciesArnList: [policy('ReadOnlyAccess')],
})
const second = (index: number) => ({
  ...first(index),
  managedPoliciesArnList: [policy('ReadOnlyAccess'), policy('AWSSupportAccess')],
})

export const steps: readonly Step[] = [
  { what: 'create, with a policy and a tag', body: first, writes: 3 },
  { what: 'no-op: the same file', body: first, writes: 0 },
  {
    what: 'no-op: the same in other bytes',
    body: (index) => ({ ...first(index), sessionDurationInMinutes: 60 }),
    writes: 0,
  },
  { what: 'update: one policy more', body: second, writes: 2 },
  { what: 'delete', body: undefined, writes: 1 },
]
