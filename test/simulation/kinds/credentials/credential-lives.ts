import { done, type Lives, longDone, reconcile, tag, wait } from '../../steps.ts'
import { stepsWith } from '../file-steps.ts'
import type { credentialActions } from './credential-actions.ts'
import { hygieneFiles, retireFiles } from './retire-files.ts'

const retire = stepsWith('retirement', retireFiles)
const hygiene = stepsWith('hygiene', hygieneFiles)
const govern = hygiene.write('hygiene', 'of two days')
const ask = (file: keyof typeof retireFiles.keys, by = 0) => retire.write(file, 'empty', by)
const [first, second] = ['200000000001', '200000000002']
type Use = Parameters<(typeof credentialActions)['use a credential']>[1]
const use = (user: Use['user'], what: Use['what'] = 'key') =>
  ({ do: 'use a credential', owner: 'a', user, what }) as const
const byHand = (isActive: boolean) => ({ do: 'switch a key by hand', owner: 'a', user: 'ci', isActive }) as const
const deleteByHand = { do: 'delete a key by hand', owner: 'a', user: 'app' } as const
const renameUser = { do: 'rename an IAM user', owner: 'a', user: 'ci', to: 'ci-late' } as const

export const credentialLives: Lives = {
  'keys are retired, and come back when their files go': {
    before: [govern, done],
    actions: [
      [ask('key of ci'), ask('key of app'), ask('key in the account of b', 1), longDone],
      [retire.remove('key of ci'), wait(300), retire.remove('key of app', 1), longDone],
    ],
  },
  'the account of a retired key gets another owner, who asks too, and comes back': {
    before: [govern, ask('key of ci'), longDone],
    actions: [
      [tag(first, 'b'), longDone, ask('key of ci, by b', 1), longDone, tag(first, 'a'), wait(7 * 60_000)],
      [retire.remove('key of ci, by b', 1), longDone, ask('key of ci'), longDone],
    ],
  },
  'a file waits for the tag of an account, which comes later': {
    before: [govern, tag(second, 'a'), ask('key in the account of b'), wait(9 * 60_000)],
    actions: [tag(second, 'b'), wait(7 * 60_000), ask('key in the account of b', 1), longDone],
  },
  'the rules are broken while a file goes, and are corrected': {
    before: [govern, ask('key of ci'), ask('password of app'), longDone],
    actions: [
      [hygiene.write('hygiene', 'broken'), retire.remove('key of ci'), longDone, ask('key of app'), longDone],
      [hygiene.write('hygiene', 'that protects ci'), wait(6 * 60_000), ask('key of ci'), longDone],
    ],
  },
  'governance protects a user whose key is retired': {
    before: [govern, ask('key of ci'), ask('key of ci, by b', 1), longDone],
    actions: [
      hygiene.write('hygiene', 'that protects ci', 1),
      wait(6 * 60_000),
      hygiene.remove('hygiene'),
      wait(6 * 60_000),
    ],
  },
  'a key that was inactive before stays inactive': {
    before: [govern, byHand(false), ask('key of ci'), longDone],
    actions: [retire.remove('key of ci'), longDone, ask('key of ci'), wait(1_000), byHand(true), longDone],
  },
  'a user is renamed while the key is retired, and the file goes': {
    before: [govern, ask('key of ci'), longDone],
    actions: [renameUser, longDone, retire.remove('key of ci'), longDone],
  },
  'a key is gone before its file comes, and a file is renamed': {
    before: [govern, deleteByHand, done],
    actions: [
      ask('key of app'),
      longDone,
      ask('key of ci'),
      longDone,
      retire.rename('key of ci', 'key of app'),
      longDone,
    ],
  },
}

const hours = (count: number) => wait(count * 60 * 60_000)
export const longCredentialLives: Lives = {
  'credentials that nobody used are deleted after the days': {
    before: [govern, ask('key of ci'), ask('password of app'), longDone],
    actions: [hours(24), reconcile, hours(26), longDone, retire.remove('key of ci'), longDone],
  },
  'credentials that somebody used stay, and one asks again later': {
    before: [govern, use('ci'), ask('key of ci'), ask('password of app'), longDone],
    actions: [hours(2), use('app', 'password'), byHand(true), hours(48), retire.remove('password of app'), hours(2)],
  },
  'a key is asked for again before its days are over, which begin again': {
    before: [govern, ask('key of ci'), longDone],
    actions: [
      hours(30),
      retire.remove('key of ci'),
      hours(1),
      ask('key of ci'),
      hours(40),
      hygiene.write('hygiene', 'of three days'),
      hours(40),
    ],
  },
}
