/** Path and name of a managed policy of AWS's, which are the same in all partitions. `undefined`: it is not AWS's. */
export function managedPolicyPath(arn: string): string | undefined {
  return /^arn:[^:]+:iam::aws:policy\/(.+)$/.exec(arn)?.[1]
}
