import type { Action } from '../../action.ts'
import {
  done,
  type Lives,
  linkOf,
  listed,
  longDone,
  loseNextEvent,
  make,
  mia,
  othersPut,
  reconcile,
  remove,
  rename,
  strike,
  suspend,
  type UserName,
  upload,
  wait,
} from '../../steps.ts'
import { stepsWith } from '../file-steps.ts'
import { personFiles } from '../people/person-files.ts'
import { groupFiles, membershipFiles, ruleFiles } from './group-files.ts'

const group = stepsWith('group', groupFiles)
const member = stepsWith('membership', membershipFiles)
const rule = stepsWith('rule', ruleFiles)
const person = stepsWith('person', personFiles)
const theGroup = group.write('team-file', 'described')
const linkOfGroup = upload(linkOf('account%200000000001', 'First-ps', 'team-file'))

/** The next write of a function, and the next change of the directory, arrive five seconds later. */
const lateWrite = (skip: number) => strike('late', 'writes', { process: 'handler', skip })
const lateCreation = strike('late', 'directoryWrites', { process: 'handler' })
const othersTake = (name: UserName): Action => ({ do: 'somebody else takes out of the group', name })

const hours = (count: number) => wait(count * 60 * 60_000)
export const longGroupLives: Lives = {
  'a mover hands over for a day, and another one comes back meanwhile': {
    before: [
      theGroup,
      rule.write('team-file', 'engineers, with a day to hand over'),
      person.write('nora', 'employee'),
      done,
    ],
    actions: [
      [person.write('nora', 'mover'), hours(12), person.write('nora', 'employee'), hours(14)],
      [person.write('nora', 'mover'), hours(27), longDone],
    ],
  },
}

export const groupLives: Lives = {
  'a joiner comes into a group by rule, moves, and is brought back by a file': {
    before: [theGroup, rule.write('team-file', 'engineers'), linkOfGroup, done],
    actions: [
      [person.write('nora', 'joiner'), wait(80_000), person.write('nora', 'mover'), longDone],
      [member.write('nora', 'that ends soon'), wait(100_000), person.remove('nora'), longDone],
    ],
  },
  'two files in two folders ask for one membership, and go one after the other': {
    before: [theGroup, person.write('nora', 'employee'), done, member.write('nora', 'reason')],
    actions: [
      [member.write('nora in a folder', 'empty', 1), longDone, member.remove('nora'), longDone],
      [member.write('nora in a folder', 'that ends soon'), wait(80_000), member.write('nora', 'malformed'), longDone],
    ],
  },
  'a contractor, whom a rule excepts, is employed, and a contractor again': {
    before: [theGroup, person.write('nora', 'contractor until next year'), done],
    actions: [
      [rule.write('team-file', 'engineers, but no contractors'), longDone, person.write('nora', 'employee'), longDone],
      [person.write('nora', 'contractor until next year'), longDone],
    ],
  },
  'a mover has time to hand over, which ends as the rule changes': {
    before: [
      theGroup,
      rule.write('team-file', 'engineers, with a day to hand over'),
      person.write('nora', 'employee'),
      longDone,
    ],
    actions: [person.write('nora', 'mover'), longDone, rule.write('team-file', 'engineers'), longDone],
  },
  'a rule is not valid while a mover moves': {
    before: [theGroup, person.write('nora', 'employee'), rule.write('team-file', 'engineers'), longDone],
    actions: [
      rule.write('team-file', 'broken'),
      done,
      person.write('nora', 'mover'),
      longDone,
      rule.write('team-file', 'sales'),
    ],
  },
  'a group that was there is adopted, and given up': {
    before: [
      person.write('nora', 'employee'),
      group.write('team-2', 'empty'),
      done,
      member.write('nora in team-2', 'empty'),
    ],
    actions: [done, group.remove('team-2'), longDone, member.remove('nora in team-2'), longDone],
  },
  'others make the group while ssofile does, and its file goes': [
    [theGroup, wait(150), make('GROUP/team-file'), done, group.remove('team-file'), longDone],
  ],
  'a group is deleted while others have somebody in it': {
    before: [theGroup, done, othersPut(mia)],
    actions: [group.remove('team-file'), longDone],
  },
  'others put a user into the group while ssofile does, and the file goes': {
    before: [theGroup, done],
    actions: [member.write('mia', 'empty'), wait(330), othersPut(mia), done, member.remove('mia'), longDone],
  },
  'a group is renamed before a file asks for a member': {
    before: [theGroup, linkOfGroup, done, rename('GROUP/team-file', 'team-late'), wait(130_000)],
    actions: [member.write('mia', 'empty'), longDone],
  },
  'somebody comes into a group while it is given up': {
    before: [person.write('nora', 'employee'), group.write('team-2', 'empty'), done],
    actions: [
      [lateWrite(1), group.remove('team-2'), wait(600), member.write('nora in team-2', 'empty'), longDone],
      [member.remove('nora in team-2'), longDone, reconcile],
    ],
  },
  'others delete an adopted group': {
    before: [person.write('nora', 'employee'), group.write('team-2', 'empty'), member.write('nora in team-2', 'empty')],
    actions: [remove('GROUP/team-2'), longDone, reconcile, longDone],
  },
  'others take out whom they had put in, unseen, while a file asks': {
    before: [theGroup, done, othersPut(mia), member.write('mia', 'empty'), listed],
    actions: [loseNextEvent, othersTake(mia), longDone, reconcile, longDone],
  },
  'the days to hand over become fewer': {
    before: [
      [theGroup, rule.write('team-file', 'engineers, with two days to hand over'), person.write('nora', 'employee')],
      [longDone, person.write('nora', 'mover'), longDone],
    ],
    actions: [rule.write('team-file', 'engineers, with a day to hand over'), longDone],
  },
  'others put in whom a file asks for, which goes at once': {
    before: [theGroup, done],
    actions: [
      [lateCreation, member.write('mia', 'empty'), wait(4_500), othersPut(mia), member.remove('mia'), longDone],
      longDone,
    ],
  },
  'AWS refuses a member, whom others put in then': {
    before: [theGroup, done],
    actions: [
      [strike('refuse-denied', 'directoryWrites', { process: 'handler' }), member.write('mia', 'empty'), wait(10_000)],
      [othersPut(mia), longDone, member.remove('mia'), longDone],
    ],
  },
  'a file goes before the call that it asks for, and others put its user in': {
    before: [theGroup, done],
    actions: [
      [lateWrite(1), member.write('mia', 'empty'), wait(6_000), member.remove('mia'), wait(15_000), othersPut(mia)],
      listed,
      longDone,
    ],
  },
  'somebody deletes the group by hand and makes another one': {
    before: [theGroup, person.write('nora', 'employee'), member.write('nora', 'empty'), linkOfGroup, longDone],
    actions: [
      remove('GROUP/team-file'),
      wait(200),
      make('GROUP/team-file'),
      longDone,
      reconcile,
      group.remove('team-file'),
    ],
  },
  'a user in a group by a file is made again by others, and the group is renamed': {
    before: [theGroup, member.write('mia', 'empty'), linkOfGroup, longDone],
    actions: [
      [remove('USER/mia@example.com'), wait(100), make('USER/mia@example.com'), longDone],
      [rename('GROUP/team-file', 'team-late'), longDone, reconcile, member.remove('mia'), longDone],
    ],
  },
  'somebody in two groups is suspended while the files change': {
    before: [
      theGroup,
      group.write('team-2', 'described'),
      rule.write('team-2', 'engineers'),
      person.write('nora', 'employee'),
    ],
    actions: [
      [member.write('nora', 'empty'), suspend, member.write('mia', 'empty'), longDone],
      [rule.write('team-2', 'engineers by title, or sales'), group.write('team-file', 'broken'), longDone],
    ],
  },
}
