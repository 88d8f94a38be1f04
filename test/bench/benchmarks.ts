import type { Benchmark } from './benchmark.ts'
import { burst } from './burst.ts'
import { calls } from './calls.ts'
import { cost } from './cost.ts'
import { credentials } from './credentials.ts'
import { flood } from './flood.ts'
import { importing } from './importing.ts'
import { latency } from './latency.ts'
import { organization } from './organization.ts'
import { hostedPage } from './page.ts'
import { people } from './people.ts'
import { peopleByFiles } from './people-by-files.ts'
import { permissionSets } from './permission-sets.ts'
import { report } from './report.ts'
import { requests } from './requests.ts'
import { review } from './review.ts'
import { start } from './start.ts'
import { status } from './status.ts'
import { throughput } from './throughput.ts'
import { urgent } from './urgent.ts'
import { usage } from './usage.ts'

/** What docs/performance.md tells, in its order: `npm run bench` runs them all. */
export const benchmarks: readonly Benchmark[] = [
  throughput,
  calls,
  urgent,
  flood,
  burst,
  organization,
  importing,
  requests,
  people,
  peopleByFiles,
  review,
  report,
  cost,
  credentials,
  usage,
  status,
  start,
  latency,
  permissionSets,
  hostedPage,
]
