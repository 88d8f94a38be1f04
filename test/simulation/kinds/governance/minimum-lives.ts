import {
  account,
  deleteLink,
  done,
  join,
  type Lives,
  leo,
  linkOf,
  longDone,
  lookAtBrake,
  make,
  mia,
  move,
  ofFileGroup,
  ofLeo,
  ofMia,
  quit,
  releaseBrake,
  remove,
  set,
  thirdUnit,
  unit,
  upload,
  uploadAll,
  uploadForAWhile,
  wait,
} from '../../steps.ts'
import { stepsWith } from '../file-steps.ts'
import { groupFiles, membershipFiles, ruleFiles } from '../groups/group-files.ts'
import { personFiles } from '../people/person-files.ts'
import { suspensionFiles } from '../people/suspension-files.ts'
import { policyFiles } from './policy-files.ts'

const policy = stepsWith('policy', policyFiles)
const group = stepsWith('group', groupFiles)
const member = stepsWith('membership', membershipFiles)
const rule = stepsWith('rule', ruleFiles)
const person = stepsWith('person', personFiles)
const suspension = stepsWith('suspension', suspensionFiles)
const keep = policy.write('one', 'that keeps a person')
const kept = wait(4 * 60_000)
const nora = person.write('nora', 'employee')
const ofNora = linkOf(`account%${account}`, set, 'nora@example.com', 'USER')
const ofApprovers = linkOf(`account%${account}`, set, 'approvers')
const unitOfMia = linkOf(`ou_id%${unit}`, set, mia, 'USER')

/** Each way in which the last people with a permission set leave, two at once included. */
export const minimumLives: Lives = {
  'the last person with a permission set loses nothing, also if two links go at once': {
    before: [make(`USER/${leo}`), keep, uploadAll(ofMia, ofLeo), kept],
    actions: [
      [deleteLink(ofMia), deleteLink(ofLeo), longDone, upload(ofApprovers), join('approvers', leo), wait(6 * 60_000)],
      [deleteLink(ofApprovers), longDone, lookAtBrake, releaseBrake, longDone],
    ],
  },
  'the last two people of a group leave it at once, as their files go': {
    before: [
      group.write('team-file', 'described'),
      nora,
      done,
      member.write('nora', 'empty'),
      upload(ofFileGroup),
      keep,
      kept,
    ],
    actions: [
      [member.write('mia', 'empty'), kept, member.remove('nora'), member.remove('mia'), longDone],
      [upload(ofLeo), make(`USER/${leo}`), wait(6 * 60_000)],
    ],
  },
  'the only person of a rule moves, and a membership ends by its time': {
    before: [
      group.write('team-file', 'described'),
      nora,
      rule.write('team-file', 'engineers'),
      upload(ofFileGroup),
      keep,
      kept,
    ],
    actions: [
      [person.write('nora', 'mover'), longDone, rule.write('team-file', 'sales'), longDone],
      [member.write('nora', 'that ends soon'), rule.remove('team-file'), wait(150_000)],
    ],
  },
  'the last two people are suspended at once, and one comes back': {
    before: [nora, uploadAll(ofMia, ofNora), keep, kept],
    actions: [
      [suspension.write('mia', 'reason'), suspension.write('nora', 'empty', 1), longDone],
      [suspension.remove('mia'), longDone, suspension.write('mia', 'empty'), longDone],
    ],
  },
  'a person ends by the file after the other one was deleted by hand': {
    before: [nora, make(`USER/${leo}`), uploadAll(ofNora, ofLeo), keep, kept],
    actions: [remove(`USER/${leo}`), kept, person.remove('nora'), longDone, upload(ofMia), wait(6 * 60_000)],
  },
  'others take one of two people out of a group, and the link of the other one goes': {
    before: [
      join('approvers', leo),
      make(`USER/${leo}`),
      done,
      join('approvers', leo),
      uploadAll(ofApprovers, ofMia),
      keep,
      kept,
    ],
    actions: [...['ann', 'bob', leo].map((who) => quit('approvers', who)), kept, deleteLink(ofMia), longDone],
  },
  'the last link ends by its time, and its account leaves the unit of another one': {
    before: [upload(unitOfMia), uploadForAWhile(ofMia, 400_000), keep, kept],
    actions: [move(account, thirdUnit), kept, wait(60_000)],
  },
}
