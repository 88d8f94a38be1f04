/**
 * The networks whose calls an identity store answers. `undefined`: any network. It always answers a caller at one of `addresses`, whatever
 * the other fields say. (Identity Store API Reference, "NetworkConfiguration".)
 */
export type DirectoryNetwork = {
  /** Only calls through a VPC endpoint. */
  readonly isEndpointRequired: boolean
  /** Only calls from these VPCs. Empty: from any VPC. */
  readonly vpcs: readonly string[]
  /** CIDR ranges. */
  readonly addresses: readonly string[]
}
