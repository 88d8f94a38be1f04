/**
 * From where an identity store answers calls of its API; `undefined`: from anywhere. A caller at one of `addresses` is answered
 * whatever else is asked for. (Identity Store API Reference, "NetworkConfiguration".)
 */
export type DirectoryNetwork = {
  /** Only through a VPC endpoint. */
  readonly isEndpointRequired: boolean
  /** Only from these VPCs; none: from any. */
  readonly vpcs: readonly string[]
  /** CIDR ranges. */
  readonly addresses: readonly string[]
}
