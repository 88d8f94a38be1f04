/**
 * The network from which an identity store answers calls. `undefined`: from anywhere. A caller at one of `addresses` is always answered,
 * whatever the other fields say. (Identity Store API Reference, "NetworkConfiguration".)
 */
export type DirectoryNetwork = {
  /** Only through a VPC endpoint. */
  readonly isEndpointRequired: boolean
  /** Only from these VPCs; none: from any. */
  readonly vpcs: readonly string[]
  /** CIDR ranges. */
  readonly addresses: readonly string[]
}
