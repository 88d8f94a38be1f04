import type { Sabotage } from './sabotages.ts'

export const hostileSabotages: readonly Sabotage[] = []
