import { SystemRandomness } from '../../../shared/aws/system-randomness.ts'
import type { OpenTable } from '../../../shared/memory/table.ts'
import type { Clock } from '../../../shared/ports/clock.ts'
import type { LocalModels } from '../local-models.ts'
import { LocalBreakGlass } from './local-break-glass.ts'

export type OpenedBreakGlass = {
  readonly model: LocalBreakGlass
  readonly accountOf: (accessKeyId: string) => string
}

export function openBreakGlass(
  { organizations, iam, accountOf }: Pick<LocalModels, 'organizations' | 'iam' | 'accountOf'>,
  clock: Clock,
  openTable: OpenTable,
): OpenedBreakGlass {
  const model = new LocalBreakGlass({
    clock,
    randomness: new SystemRandomness(),
    openTable,
    organizations,
  })
  return { model, accountOf: (id) => model.sessionOf(id)?.account ?? iam.sessionOf(id)?.account ?? accountOf(id) }
}
