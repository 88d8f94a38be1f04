import { alarmBus, iamRegion, thingPrefix } from '../../../domain/account-facts/break-glass-names.ts'
import type { BreakGlass } from '../../../domain/files/break-glass-file.ts'
import {
  type AlarmRule,
  type AlarmRules,
  busRule,
  forwarded,
  roleAlarms,
  securityAlarms,
  stackSetAlarms,
} from './alarm-rules.ts'

export type WantedRule = AlarmRule & {
  readonly name: string
  /** Absent: the default bus. */
  readonly bus?: string
}

/** The rules in one Region of the security account. They send to the topic in this Region. */
export function securityRules({ securityAccount }: BreakGlass, region: string): readonly WantedRule[] {
  const fromOthers = { name: busRule, ...forwarded, bus: alarmBus }
  return [...named(thingPrefix, securityAlarms(securityAccount, region)), ...(region === iamRegion ? [fromOthers] : [])]
}

/** The rules in an account with the role. They send to the bus of the security account, as `stackSetRules` do. */
export function roleRules(playbook: string): readonly WantedRule[] {
  return named(`${thingPrefix}${playbook}-`, roleAlarms(playbook))
}

/** The rules in the management account. */
export function stackSetRules({ managementAccount }: BreakGlass): readonly WantedRule[] {
  return named(`${thingPrefix}stacksets-`, stackSetAlarms(managementAccount))
}

function named(prefix: string, rules: AlarmRules): readonly WantedRule[] {
  return Object.entries(rules).map(([name, rule]) => ({ name: `${prefix}${name}`, ...rule }))
}
