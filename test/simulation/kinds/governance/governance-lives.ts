import {
  account,
  another,
  ask,
  asked,
  decide,
  deleteLink,
  done,
  join,
  type Lives,
  lateVersion,
  linkOf,
  longDone,
  mia,
  ofAll,
  ofMia,
  ofSecond,
  own,
  reconcile,
  selected,
  set,
  strike,
  upload,
  uploadAll,
  wait,
} from '../../steps.ts'
import { stepsWith } from '../file-steps.ts'
import { eligibilityFiles } from './eligibility-files.ts'
import { policyFiles } from './policy-files.ts'
import { policyTestFiles } from './policy-test-files.ts'
import { selectorFiles } from './selector-files.ts'

const selector = stepsWith('selector', selectorFiles)
const eligibility = stepsWith('eligibility', eligibilityFiles)
const policy = stepsWith('policy', policyFiles)
const policyTest = stepsWith('policyTest', policyTestFiles)
const lateOfMia = linkOf(`account%${account}`, 'Late-ps', mia, 'USER')
const ofApprovers = linkOf(`account%${account}`, set, 'approvers')
const ofOther = linkOf('select%other')

/** Selectors, eligibilities and tests that change while they are in use. */
export const governanceLives: Lives = {
  'a selector is widened, renamed while links use it, and comes back': {
    before: [selector.write('pick', 'unit'), upload(selected), longDone],
    actions: [
      [selector.write('pick', 'rest', 1), longDone, selector.rename('pick', 'other'), upload(ofOther), longDone],
      [selector.rename('other', 'pick', 1), longDone],
    ],
  },
  'a selector is narrowed, and the brake holds all but one account': {
    settings: { brakeCount: 1 },
    before: [selector.write('pick', 'rest'), uploadAll(selected, ofOther), longDone],
    actions: [selector.write('pick', 'nobody'), longDone, selector.write('pick', 'rest'), longDone],
  },
  'a selector is not valid while a link of it comes, and is corrected': {
    before: [selector.write('other', 'unit'), upload(ofOther), longDone],
    actions: [
      [selector.write('other', 'with nothing but an exception'), upload(selected), longDone],
      [selector.write('other', 'tag', 1), selector.write('pick', 'names'), longDone, upload(ofAll)],
    ],
  },
  'an eligibility asks for more while a request waits': {
    before: asked,
    actions: [eligibility.write('first', 'with two approvals'), wait(10_000), decide('ann'), longDone, decide('bob')],
  },
  'an eligibility goes while a request waits, and another one comes': {
    before: asked,
    actions: [
      [eligibility.remove('first'), decide('ann'), longDone, eligibility.write('second', 'for others', 1), longDone],
      [eligibility.rename('second', 'first'), eligibility.write('second', 'with two approvals'), ask, longDone],
      [decide('ann'), decide('bob'), longDone],
    ],
  },
  'an eligibility is not valid while its access is approved, and is corrected': {
    before: asked,
    actions: [
      eligibility.write('first', 'broken'),
      decide('ann'),
      longDone,
      eligibility.write('first', 'with one approval'),
    ],
  },
  'an approver denies while the eligibility is not valid, which is corrected': {
    before: [asked, decide('ann'), longDone],
    actions: [
      [eligibility.write('first', 'broken'), longDone, decide('bob', { decision: 'deny' }), longDone],
      [eligibility.write('first', 'with one approval'), longDone],
    ],
  },
  'an eligibility is overwritten while it is read': {
    before: eligibility.write('second', 'for others'),
    actions: [
      [strike('late', 'writes', { process: 'handler', times: 20 }), wait(76_000)],
      [eligibility.write('second', 'of another permission set'), longDone],
    ],
  },
  'an eligibility is for something else after it gave access': {
    before: [asked, decide('ann'), longDone],
    actions: [eligibility.write('first', 'of another permission set'), longDone, ask, longDone, reconcile],
  },
  'a policy refuses links without a ticket, which were there before, and later ones': {
    before: [upload(own), longDone],
    actions: [
      [
        policy.write('one', 'that asks for a ticket'),
        done,
        uploadAll(another, ofSecond),
        upload(ofMia, 'reason'),
        longDone,
      ],
      [upload(another, 'reason'), deleteLink(own), longDone, upload(own), longDone, policy.remove('one', 1), longDone],
    ],
  },
  'a policy is broken while links come, and is corrected': {
    before: [upload(own), policy.write('one', 'that only warns'), longDone],
    actions: [
      [policy.write('one', 'with one id twice'), done, upload(another), deleteLink(own), longDone],
      [policy.write('one', 'that only warns', 1), longDone, policy.rename('one', 'two'), upload(own), longDone],
    ],
  },
  'two permission sets of a user are kept apart, whichever comes first, and both at once': {
    before: [lateVersion('first'), policy.write('one', 'that keeps First and Late apart'), longDone],
    actions: [
      [upload(ofMia), longDone, upload(lateOfMia), longDone, deleteLink(ofMia), longDone],
      [deleteLink(lateOfMia), longDone, uploadAll(ofMia, lateOfMia), longDone],
    ],
  },
  'two permission sets are kept apart, also if a group gives one of them': {
    before: [
      join('approvers', mia),
      lateVersion('first'),
      policy.write('one', 'that keeps First and Late apart'),
      longDone,
    ],
    actions: [
      [upload(ofApprovers), longDone, upload(lateOfMia), longDone, deleteLink(ofApprovers), longDone],
      [upload(ofApprovers), longDone],
    ],
  },
  'tests of policies come, are not valid, and go': [
    [policyTest.write('one', 'one'), wait(500), policyTest.write('one', 'with an unknown verdict'), longDone],
    [policyTest.rename('one', 'two'), policyTest.write('one', 'none', 1), longDone],
  ],
}
