import { done, type Lives, longDone, lookAtBrake, night, reconcile, releaseBrake, wait } from '../../steps.ts'
import { stepsWith } from '../file-steps.ts'
import type { attributeActions } from './attribute-actions.ts'
import { attributeFiles } from './attribute-files.ts'

const { write, remove } = stepsWith('attributes', attributeFiles)
const file = 'the only one'
type As = Parameters<(typeof attributeActions)['configure attributes in the console']>[1]['as']
const byHand = (as: As) => ({ do: 'configure attributes in the console', as }) as const

export const attributeLives: Lives = {
  'attributes are added, one is taken away, and its loss is released': {
    before: [write(file, 'one'), done],
    actions: [write(file, 'three'), done, write(file, 'two'), longDone, lookAtBrake, releaseBrake, longDone],
  },
  'a list of attributes grows after an operator looked at it': {
    before: [write(file, 'three'), done, write(file, 'two'), longDone, lookAtBrake],
    actions: [write(file, 'one'), wait(200), releaseBrake, longDone, lookAtBrake, releaseBrake, longDone],
  },
  'a source changes, is put back while it is held, and is not valid then': {
    before: [write(file, 'two'), done],
    actions: [
      write(file, 'another source'),
      longDone,
      write(file, 'two'),
      done,
      write(file, 'one key twice'),
      longDone,
    ],
  },
  'the file of attributes goes while a loss is held, and a smaller one comes': {
    before: [write(file, 'three'), done, write(file, 'one'), longDone, lookAtBrake],
    actions: [remove(file), done, releaseBrake, longDone, write(file, 'two'), longDone],
  },
  'others change attributes, take one away and add one': {
    before: [write(file, 'two'), longDone],
    actions: [
      byHand('another source'),
      reconcile,
      longDone,
      byHand('one'),
      reconcile,
      longDone,
      byHand('three'),
      night,
    ],
  },
  'AWS refuses a change by others': {
    before: [write(file, 'two'), longDone],
    actions: [{ do: 'configure attributes in the console', as: 'three', isRefused: true }, reconcile, longDone, night],
  },
  'a release is an hour old when the same loss comes again': {
    before: [write(file, 'two'), done, write(file, 'one'), longDone, lookAtBrake, releaseBrake, longDone],
    actions: [write(file, 'two'), done, wait(70 * 60_000), write(file, 'one'), longDone],
  },
}
