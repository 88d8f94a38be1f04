import type { Configuration } from '../../domain/deployment/configuration.ts'
import { queueOf } from '../../domain/inputs/kinds.ts'
import { parseLinkKey } from '../../domain/links/link.ts'
import { parsePermissionSetKey } from '../../domain/permission-sets/permission-set-file.ts'
import type { Checkpoint, LinkTimes } from '../records/checkpoint.ts'
import { crowdOf, crowdPrefix, isComparedCrowd } from '../records/crowds.ts'
import type { Heads } from '../records/list-heads.ts'
import { inputOfStatus, statusPrefix } from '../records/status-store.ts'
import type { Statuses } from './read-inputs.ts'

type Bucket = {
  readonly files: Heads
  readonly statusHeads: Heads
  readonly statuses: Pick<Statuses, 'told' | 'spoiled'>
  /** The facts of links whose bodies were read before, by key. */
  readonly links: { readonly memory: Readonly<Record<string, LinkTimes>> }
  readonly last: Pick<Checkpoint, 'since'>
  readonly configuration: Pick<Configuration, 'folders' | 'limits'>
  readonly isSweep: boolean
}

/**
 * The new status of each crowd that has one, from listings alone.
 *
 * | a file without a status, in a crowd that has one         | sweep            | reconcile        |
 * | -------------------------------------------------------- | ---------------- | ---------------- |
 * | among the first that there is room for                   | look at it       | look at it       |
 * | its name, or its body as last read, is invalid           | leave it         | leave it         |
 * | any other, uploaded since the last comparison            | look at it       | look at it       |
 * | any other                                                | leave it         | look at it       |
 */
export function findCrowds(bucket: Bucket) {
  const { files, statusHeads, statuses, last, configuration, isSweep } = bucket
  const prefix = statusPrefix + crowdPrefix
  // Schedules have the crowds of the other kinds: see `sweepCrowds`.
  const names = [...statusHeads.keys()].filter((key) => key.startsWith(prefix) && isComparedCrowd(inputOfStatus(key)))
  const crowds = new Map(names.map((key) => [inputOfStatus(key), { rejected: 0, untold: [] as string[] }]))
  if (crowds.size > 0) {
    for (const key of [...files.keys()].sort()) {
      const crowd = crowds.get(crowdOf(key, configuration.folders))
      const told = statuses.told.get(key)
      if (told?.attention === 'rejected' && crowd) crowd.rejected++
      else if (!told && !statuses.spoiled.has(key)) crowd?.untold.push(key)
    }
  }
  /** Files that are left alone now. */
  const left = new Set<string>()
  const found = [...crowds].map(([crowd, { rejected, untold }]) => {
    const beyond = untold.slice(Math.max(0, configuration.limits.notValidFiles - rejected))
    for (const key of beyond) {
      const isNew = (files.get(key)?.lastModified ?? 0) >= last.since
      if (isKnownBad(key, bucket) || (isSweep && !isNew)) left.add(key)
    }
    return { crowd, untold: beyond }
  })
  return {
    left,
    /** Empty: the crowd has ended. */
    crowds: found,
  }
}

function isKnownBad(key: string, { links, configuration }: Bucket): boolean {
  if (queueOf(key) === 'permission-sets') return !parsePermissionSetKey(key).ok
  return !parseLinkKey(key, configuration.folders).ok || links.memory[key]?.isValid === false
}
