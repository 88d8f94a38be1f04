import type { Action } from '../../action.ts'
import {
  ask,
  asked,
  decide,
  done,
  type Lives,
  leo,
  linkOf,
  listed,
  longDone,
  lookAtBrake,
  make,
  makeAgain,
  mia,
  night,
  ofFileGroup,
  ofLeo,
  ofMia,
  othersPut,
  own,
  reconcile,
  releaseBrake,
  remove,
  rename,
  set,
  strike,
  upload,
  wait,
  writeGroup,
} from '../../steps.ts'
import { stepsWith } from '../file-steps.ts'
import { decisionFiles, reviewFiles } from '../reviews/review-files.ts'
import { personFiles } from './person-files.ts'
import { suspensionFiles } from './suspension-files.ts'

const person = stepsWith('person', personFiles)
const suspension = stepsWith('suspension', suspensionFiles)
const review = stepsWith('review', reviewFiles)
const decision = stepsWith('decision', decisionFiles)
const nora = 'nora@example.com'
const linkOfNora = upload(linkOf('account%200000000001', set, nora, 'USER'))
const linkOfLeo = upload(linkOf('account%200000000001', set, 'leo@example.com', 'USER'))
const loseNextEvent: Action = { do: 'lose the next event' }

/** Joiners, movers and leavers by files. */
export const peopleLives: Lives = {
  'a person joins, moves to another department, and leaves': {
    before: [linkOfNora, person.write('nora', 'joiner'), wait(90_000)],
    actions: [person.write('nora', 'mover'), done, person.remove('nora'), longDone],
  },
  'the time of a contractor ends, and is prolonged': {
    before: [linkOfNora, person.write('nora', 'contractor'), wait(60_000)],
    actions: [wait(90_000), person.write('nora', 'contractor until next year'), longDone],
  },
  'a file that is not valid prolongs nothing': {
    before: [linkOfNora, person.write('nora', 'contractor'), done],
    actions: [person.write('nora', 'contractor without an end'), wait(130_000)],
  },
  'a file that is not valid ends nobody': {
    before: [person.write('nora', 'employee'), linkOfNora, wait(150_000)],
    actions: [person.write('nora', 'broken'), longDone, person.write('nora', 'mover'), done],
  },
  'a person who left comes back later': {
    before: [person.write('nora', 'employee'), linkOfNora, done, person.remove('nora'), longDone],
    actions: [person.write('nora', 'joiner for a while'), wait(60_000), wait(130_000)],
  },
  'somebody else made the user before the file came, and HR gives up': {
    before: [make(`USER/${nora}`), linkOfNora, done],
    actions: [person.write('nora', 'leaver'), done, person.write('nora', 'employee'), done, person.remove('nora')],
  },
  'somebody deletes the user by hand and makes another one': {
    before: [person.write('nora', 'employee'), linkOfNora, done],
    actions: [
      remove(`USER/${nora}`),
      wait(200),
      make(`USER/${nora}`),
      done,
      person.remove('nora'),
      longDone,
      reconcile,
    ],
  },
  'others make the user while ssofile does, and the file goes at once': [
    [person.write('nora', 'employee'), wait(200), make(`USER/${nora}`), linkOfNora, done],
    [person.remove('nora'), longDone],
  ],
  'others make the user just before ssofile does, and the file goes at once': [
    [person.write('nora', 'employee'), wait(260), make(`USER/${nora}`), person.remove('nora'), longDone],
  ],
  'two looks at once delete a person who has ended': {
    before: [person.write('nora', 'employee to be deleted at the end'), wait(5_000)],
    actions: [person.remove('nora'), night, wait(5_000), wait(62 * 60_000)],
  },
  'a person ends and is renamed before S3 tells of the suspension': {
    before: [person.write('nora', 'employee'), linkOfNora, linkOfLeo, done],
    actions: [
      [{ do: 'delay the next event', skip: 1 }, person.remove('nora'), wait(1_400)],
      [rename(`USER/${nora}`, 'leo@example.com'), longDone, reconcile],
    ],
  },
  'a renamed person ends, whose former name others have by now': {
    before: [person.write('nora', 'employee'), done],
    actions: [
      [rename(`USER/${nora}`, 'leo@example.com'), make(`USER/${nora}`), linkOfNora, wait(130_000)],
      [person.remove('nora'), longDone],
    ],
  },
  'two files suspend a person with access through a group, and one of them goes': {
    before: [writeGroup, upload(ofFileGroup), done, othersPut(mia), suspension.write('mia', 'empty'), longDone],
    actions: [
      [rename(`USER/${mia}`, leo), longDone, suspension.write('leo', 'reason'), longDone],
      [suspension.remove('mia'), longDone],
    ],
  },
  'others make a suspended user again, and put the new one into a group': {
    before: [writeGroup, upload(ofFileGroup), suspension.write('mia', 'empty'), longDone],
    actions: [makeAgain(`USER/${mia}`), longDone, othersPut(mia), longDone, reconcile],
  },
  'the note of a suspension is lost after its user was renamed': {
    before: [upload(ofMia), upload(ofLeo), done, suspension.write('mia', 'empty'), longDone],
    actions: [
      rename(`USER/${mia}`, leo),
      longDone,
      { do: 'lose records', places: ['state/suspended/'] },
      longDone,
      longDone,
    ],
  },
  'a group gets access in the moment in which a member of others is suspended': {
    before: [writeGroup, done, othersPut(mia)],
    actions: [suspension.write('mia', 'empty'), wait(600), upload(ofFileGroup), longDone],
  },
  'somebody renames a person, whose time ends then': {
    before: [person.write('nora', 'contractor'), linkOfNora, linkOfLeo, done],
    actions: [rename(`USER/${nora}`, 'leo@example.com'), wait(120_000), reconcile],
  },
  'somebody renames a person, and then a file says when the time ends': {
    before: [person.write('nora', 'employee'), linkOfNora, done, rename(`USER/${nora}`, 'leo@example.com'), listed],
    actions: [person.write('nora', 'contractor'), wait(15 * 60_000), reconcile],
  },
  'a process dies before it makes a user, whom others make like the next file': [
    [strike('kill-before', 'directoryWrites', { process: 'handler' }), person.write('nora', 'employee'), wait(1_500)],
    [{ do: 'make a user like a file', name: nora, body: 'mover' }, person.write('nora', 'mover'), listed],
    [person.remove('nora'), longDone],
  ],
  'a person is suspended by HR, and ends and returns meanwhile': {
    before: [person.write('nora', 'employee'), linkOfNora, done],
    actions: [
      [suspension.write('nora', 'reason'), done, person.write('nora', 'leaver'), longDone],
      [person.write('nora', 'employee'), done, suspension.remove('nora'), longDone],
    ],
  },
  'somebody deletes the suspension of a person who has ended': {
    before: [person.write('nora', 'employee'), linkOfNora, done, person.remove('nora'), longDone],
    actions: [suspension.remove('nora'), longDone, loseNextEvent, suspension.remove('nora'), longDone, reconcile],
  },
  'a person who ended is deleted once a night has found nothing left': {
    before: [person.write('nora', 'employee to be deleted at the end'), linkOfNora, longDone],
    actions: [person.remove('nora'), longDone, night, wait(62 * 60_000)],
  },
  'a person is deleted at once, and others make the same user again': {
    before: [person.write('nora', 'employee to be deleted at the end'), done, person.remove('nora'), longDone, night],
    actions: [wait(62 * 60_000), make(`USER/${nora}`), linkOfNora, longDone, reconcile],
  },
  'one uploader suspends two people where one may pass, and another uploader a third one': {
    settings: { peopleCount: 1 },
    before: [person.write('nora', 'employee'), make('USER/leo@example.com'), linkOfNora, linkOfLeo, done],
    actions: [
      [
        suspension.write('nora', 'reason'),
        suspension.write('leo', 'empty'),
        longDone,
        suspension.write('mia', 'empty', 1),
      ],
      [longDone, lookAtBrake, releaseBrake, longDone, suspension.remove('leo'), longDone],
    ],
  },
  'two people end at once where one may pass, and one of them returns': {
    settings: { peopleCount: 1 },
    before: [person.write('nora', 'employee'), person.write('leo', 'contractor'), linkOfNora, linkOfLeo, done],
    actions: [person.remove('nora'), wait(150_000), person.write('leo', 'employee'), longDone],
  },
  'a suspended approver approves, and another one, and the requester is suspended then': {
    before: [asked, suspension.write('an approver', 'reason'), wait(5 * 60_000)],
    actions: [
      [decide('ann'), longDone, decide('bob'), longDone, suspension.write('mia', 'empty'), wait(5 * 60_000)],
      [ask, decide('bob'), longDone, suspension.remove('mia'), suspension.remove('an approver', 1), longDone],
    ],
  },
  'a suspended reviewer revokes, and another one keeps': {
    before: [
      upload(own),
      done,
      review.write('quarter', 'of two days'),
      suspension.write('an approver', 'empty'),
      wait(5 * 60_000),
    ],
    actions: [
      [decision.write('ann revokes the first', 'empty'), longDone, review.remove('quarter'), longDone],
      [suspension.remove('an approver'), longDone],
    ],
  },
  'a file is renamed while its user has access': {
    before: [person.write('nora', 'employee'), linkOfNora, done],
    actions: [person.rename('nora', 'leo'), longDone, person.rename('leo', 'nora', 1), longDone],
  },
}
