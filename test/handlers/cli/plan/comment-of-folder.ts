import { compareInputs } from '../../../../handlers/cli/folder/compare-inputs.ts'
import { findInvalid } from '../../../../handlers/cli/folder/find-invalid.ts'
import type { LeftPlace } from '../../../../handlers/cli/plan/left-places.ts'
import { planDigest } from '../../../../handlers/cli/plan/make-plan.ts'
import { nameChangedFields } from '../../../../handlers/cli/plan/name-changed-fields.ts'
import { planStanding } from '../../../../handlers/cli/plan/plan-standing.ts'
import { renderMarkdownPlan } from '../../../../handlers/cli/plan/render-markdown-plan.ts'
import { previewChanges } from '../../../../shared/modules/plan/preview.ts'
import { ProposedObjects } from '../../../../shared/modules/plan/proposed-objects.ts'
import type { World } from '../../../world.ts'

type Files = Readonly<Record<string, string>>

/** What `plan --markdown` says of a folder with these files. */
export async function commentOf(world: World, folder: Files, left: readonly LeftPlace[] = []): Promise<string> {
  const inputs = Object.entries(folder).map(([key, text]) => {
    const body = new TextEncoder().encode(text)
    return { key, sizeBytes: body.length, read: async () => body }
  })
  const changes = await compareInputs(world.objects, inputs)
  const now = world.clock.now()
  const after = new ProposedObjects(world.objects, now, changes)
  const ports = { ...world.ports, objects: after }
  const planned = await world.finish(previewChanges(ports, world.configuration, { looksMost: 300 }))
  const permissionSets = await nameChangedFields(planned.permissionSets, { before: world.objects, after })
  const preview = { ...planned, permissionSets }
  const invalid = findInvalid(changes.uploads, preview, { ...world.configuration, now, named: undefined })
  const standing = await world.finish(planStanding(ports, world.configuration, { preview: planned, changes }))
  const digest = planDigest('ssofile', changes, standing)
  const push = { ...changes, faults: [], invalid, left, digest }
  return renderMarkdownPlan({ preview, push, warnings: [], pause: undefined, source: './access' })
}

/** A bucket with these files, settled. */
export async function settle(world: World, files: Files): Promise<void> {
  for (const [key, body] of Object.entries(files)) await world.objects.put(key, body)
  for (const name of ['sweep', 'hourly', 'sweep'] as const) {
    await world.clock.advance(60_000)
    await world.finish(world.runSchedule(name), 1_000)
    await world.clock.advance(60_000)
  }
}

/** The lines to look at first. */
export function firstOf(comment: string): string {
  return /### Look at these first\n\n([\s\S]*?)\n\n/.exec(comment)?.[1] ?? ''
}
