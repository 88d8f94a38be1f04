import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { placeWriters, writePlaceWriters } from '../../shared/modules/reports/place-writers.ts'
import { claimBucket } from '../../shared/reconcile/records/owner.ts'
import { customResource } from './custom-resource.ts'
import { openDeployment } from './open-deployment.ts'

const { ports, deployment } = openDeployment()
const writers = z
  .array(placeWriters)
  .parse(JSON.parse(readFileSync(new URL('./writers.json', import.meta.url), 'utf8')))

/** At deployment: assigns the bucket to this instance and deployment, or fails the deployment; then tells who may write there. */
export const handler = customResource(async () => {
  await claimBucket(ports, deployment)
  await writePlaceWriters(ports, writers)
}, ports)
