import type { SimulatedWorld } from '../../simulated-world.ts'
import { hygieneFiles } from './retire-files.ts'

/** The owners delete their files, under rules that are valid: every key that ssofile made inactive comes back. Says whether there were any. */
export function bringKeysBack(world: SimulatedWorld): boolean {
  const files = world.keys('retire/')
  if (files.length === 0) return false
  void world.objects.as('governance').put('hygiene.json', hygieneFiles.valid['of two days'])
  for (const key of files) void world.objects.as('owner').delete(key)
  return true
}
