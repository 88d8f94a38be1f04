import { brakeRegressions } from './regressions/brake.ts'
import { directoryRegressions } from './regressions/directory.ts'
import { driftRegressions } from './regressions/drift.ts'
import { hostileRegressions } from './regressions/hostile.ts'
import { linksRegressions } from './regressions/links.ts'
import { organizationRegressions } from './regressions/organization.ts'
import { permissionSetsRegressions } from './regressions/permission-sets.ts'
import type { Regression } from './regressions/regression.ts'
import { requestRegressions } from './regressions/requests.ts'
import { unreadableRegressions } from './regressions/unreadable.ts'

/** What the simulation once found, by topic. */
export const regressions: readonly Regression[] = [
  ...brakeRegressions,
  ...directoryRegressions,
  ...driftRegressions,
  ...hostileRegressions,
  ...linksRegressions,
  ...organizationRegressions,
  ...permissionSetsRegressions,
  ...requestRegressions,
  ...unreadableRegressions,
]
