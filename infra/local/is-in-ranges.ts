import { BlockList, isIPv6 } from 'node:net'

/** Whether an address is in one of these CIDR ranges. `undefined`: the caller has none. */
export function isInRanges(address: string | undefined, ranges: readonly string[]): boolean {
  if (address === undefined) return false
  const list = new BlockList()
  for (const range of ranges) {
    const [net = '', bits] = range.split('/')
    const family = isIPv6(net) ? 'ipv6' : 'ipv4'
    list.addSubnet(net, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family)
  }
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}
