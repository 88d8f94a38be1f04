import type { Benchmark } from './benchmark.ts'
import { burst } from './burst.ts'
import { burstHttp } from './burst-http.ts'
import { calls } from './calls.ts'
import { coldStart } from './cold-start.ts'
import { cost } from './cost.ts'
import { fairness } from './fairness.ts'
import { fanOut } from './fan-out.ts'
import { firstView } from './first-view.ts'
import { flood } from './flood.ts'
import { handOver } from './hand-over.ts'
import { importBenchmark } from './import.ts'
import { latency } from './latency.ts'
import { organization } from './organization.ts'
import { permissionSets } from './permission-sets.ts'
import { plan } from './plan.ts'
import { report } from './report.ts'
import { requests } from './requests.ts'
import { rollOut } from './roll-out.ts'
import { sharedRate } from './shared-rate.ts'
import { skew } from './skew.ts'
import { start } from './start.ts'
import { status } from './status.ts'
import { sync } from './sync.ts'
import { throughput } from './throughput.ts'
import { urgent } from './urgent.ts'
import { validate } from './validate.ts'
import { who } from './who.ts'

/** What docs/performance.md tells, in its order: `npm run bench` runs them all. */
export const published: readonly Benchmark[] = [
  throughput,
  calls,
  urgent,
  skew,
  fairness,
  rollOut,
  handOver,
  sharedRate,
  burst,
  fanOut,
  firstView,
  sync,
  organization,
  requests,
  cost,
  burstHttp,
  status,
  start,
  latency,
  coldStart,
]

/** What is measured only when it is asked for by name. */
export const others: readonly Benchmark[] = [permissionSets, importBenchmark, flood, plan, validate, who, report]
