import { applyDensity, applyMode, Density, Mode } from '@cloudscape-design/global-styles'

const modes = ['system', 'light', 'dark'] as const
const densities = ['comfortable', 'compact'] as const
export type Look = { readonly mode: (typeof modes)[number]; readonly density: (typeof densities)[number] }

/** As this browser remembers it; at first, the colours of the system. */
export function readLook(): Look {
  const mode = modes.find((one) => one === localStorage.getItem('mode')) ?? 'system'
  const density = densities.find((one) => one === localStorage.getItem('density')) ?? 'comfortable'
  return { mode, density }
}

export function applyLook(changed: Partial<Look> = {}): void {
  for (const [name, value] of Object.entries(changed)) localStorage.setItem(name, value)
  const { mode, density } = readLook()
  const system = matchMedia('(prefers-color-scheme: dark)')
  const isDark = mode === 'dark' || (mode === 'system' && system.matches)
  applyMode(isDark ? Mode.Dark : Mode.Light)
  applyDensity(density === 'compact' ? Density.Compact : Density.Comfortable)
  system.onchange = () => applyLook()
}
