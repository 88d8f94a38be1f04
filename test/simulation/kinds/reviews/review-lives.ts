import { another, deleteLink, done, type Lives, longDone, own, upload, uploadAll, wait } from '../../steps.ts'
import { stepsWith } from '../file-steps.ts'
import { decisionFiles, reviewFiles } from './review-files.ts'

const review = stepsWith('review', reviewFiles)
const decision = stepsWith('decision', decisionFiles)
const decide = (of: keyof typeof decisionFiles.keys) => decision.write(of, 'empty')
const begin = review.write('quarter', 'of two days')
const close = review.remove('quarter')

export const reviewLives: Lives = {
  'a review keeps one link and revokes another, and is closed': {
    before: [uploadAll(own, another), done, begin],
    actions: [[decide('ann keeps the first'), decide('ann revokes the second'), done, close, longDone], longDone],
  },
  'a link that a reviewer revokes is edited, asked again, revoked, and uploaded again': {
    before: [upload(own), done, begin],
    actions: [
      [upload(own, 'reason'), decide('ann revokes the first'), done, decide('bob revokes the second'), longDone],
      [upload(own), longDone, close],
    ],
  },
  'a link that a review revoked is uploaded again and deleted by hand, with another one': {
    settings: { brakeCount: 1 },
    before: [uploadAll(own, another), done, begin, longDone],
    actions: [
      [decide('ann revokes the first'), done, uploadAll(own, another), done, deleteLink(own), deleteLink(another)],
      longDone,
    ],
  },
  'two reviewers disagree, and the review is closed before anything is carried out': {
    before: [uploadAll(own, another), done, begin],
    actions: [decide('ann keeps the first'), decide('bob revokes the first'), close, longDone],
  },
  'a decision is taken back before the review is closed': {
    before: [uploadAll(own, another), done, begin],
    actions: [
      [decide('ann revokes the first'), wait(1_000), decision.remove('ann revokes the first'), longDone],
      [review.rename('quarter', 'month'), longDone],
    ],
  },
  'a review that is open is not valid any more, and a decision is not valid': {
    before: [uploadAll(own, another), done, begin],
    actions: [
      [decision.write('ann revokes the first', 'with an unknown field'), done],
      [review.write('quarter', 'without a fallback', 1), longDone, decide('ann revokes the second'), longDone],
      [review.write('quarter', 'of two days, and two must keep'), longDone, close],
    ],
  },
}

const day = wait(24 * 60 * 60_000)
export const longReviewLives: Lives = {
  'nobody decides in a review, which reminds, escalates and ends': {
    before: [uploadAll(own, another), done, begin],
    actions: [day, day, day, longDone],
  },
}
