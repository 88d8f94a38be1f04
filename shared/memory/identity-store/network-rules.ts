import { BlockList, isIPv6 } from 'node:net'
import type { DirectoryNetwork } from '../../ports/directory-network.ts'
import { Refusal } from '../refusal.ts'

/**
 * Refuses who calls from elsewhere. Nobody here calls through a VPC endpoint. Whether one who is locked out may still change
 * the rules is not documented: here UpdateIdentityStore is answered. (Identity Store API Reference, "NetworkConfiguration".)
 */
export class NetworkRules {
  readonly #stored: Map<string, DirectoryNetwork>
  readonly #source: () => string | undefined

  constructor(stored: Map<string, DirectoryNetwork>, source: () => string | undefined = () => undefined) {
    this.#stored = stored
    this.#source = source
  }

  get now(): DirectoryNetwork | undefined {
    return this.#stored.get('network')
  }

  /** Replaces the whole. `undefined`: no rule. */
  set(network: DirectoryNetwork | undefined): void {
    if (network === undefined) this.#stored.delete('network')
    else this.#stored.set('network', network)
  }

  check(operation: string): void {
    const rules = this.now
    if (rules === undefined || operation === 'UpdateIdentityStore') return
    const isRestricted = rules.isEndpointRequired || rules.vpcs.length > 0
    if (isRestricted && !isAmong(rules.addresses, this.#source()))
      throw new Refusal('identitystore', 'AccessDeniedException', `You are not authorized to perform ${operation}.`)
  }
}

function isAmong(ranges: readonly string[], address: string | undefined): boolean {
  if (address === undefined) return false
  const list = new BlockList()
  for (const range of ranges) {
    const [net = '', bits] = range.split('/')
    const family = isIPv6(net) ? 'ipv6' : 'ipv4'
    list.addSubnet(net, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family)
  }
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}
