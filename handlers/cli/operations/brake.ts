import { type Command, Option } from 'commander'
import pLimit from 'p-limit'
import { readCallerIdentity } from '../../../shared/aws/caller-identity.ts'
import { openAwsObjectVersions } from '../../../shared/aws/s3-object-versions.ts'
import type { AssignmentKey } from '../../../shared/domain/assignments/assignment.ts'
import { emptyBrake } from '../../../shared/domain/brake/brake-record.ts'
import { membershipsOn, peopleOn, userOnList } from '../../../shared/domain/brake/lists.ts'
import { hasItems } from '../../../shared/domain/brake/releases.ts'
import { countTaken } from '../../../shared/domain/brake/taken.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { findHeldFiles } from '../../../shared/modules/restore/held-files.ts'
import type { ObjectStore } from '../../../shared/ports/object-store.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { readMembers } from '../../../shared/reconcile/brake/read-members.ts'
import { People } from '../../../shared/reconcile/directory/people.ts'
import {
  brakeFile,
  digestOf,
  heldDigests,
  releaseList,
  showList,
} from '../../../shared/reconcile/records/brake-file.ts'
import { Ledger } from '../../../shared/reconcile/records/ledger.ts'
import { readPause } from '../../../shared/reconcile/records/pause.ts'
import { isSpoiled, unlessSpoiled } from '../../../shared/reconcile/records/stored-json.ts'
import { listMeantNames } from '../../../shared/reconcile/records/suspensions.ts'
import { Refusal } from '../arguments/refusal.ts'
import { wholeDigest } from '../arguments/whole-digest.ts'
import { openBucket } from '../bucket/open-bucket.ts'
import { type BringBackOptions, bringBack } from '../folder/bring-back.ts'
import { countPendingDeletions } from '../status/untold-inputs.ts'
import { csvMark } from '../terminal/csv-mark.ts'
import { renderJson } from '../terminal/render-json.ts'
import { show as page } from '../terminal/show.ts'
import { explainDenial } from './explain-denial.ts'
import {
  type HeldAssignment,
  nameReleased,
  renderHeld,
  renderHeldAsCsv,
  renderReleased,
  renderReleasedContents,
  type ShownList,
} from './render-held.ts'

const readsAtOnce = 32

const outputs = ['table', 'csv', 'json'] as const
type Output = (typeof outputs)[number]

type Options = {
  readonly release?: string
  readonly keep?: string
  readonly dryRun?: boolean
  readonly yes?: boolean
  readonly output: Output
  readonly json?: boolean
  readonly verbose?: boolean
}

/** `ssofile brake`: shows and releases held changes. */
export function addBrake(program: Command): void {
  program
    .command('brake')
    .description(
      'Shows held revocations, with their cause and the people who would lose access, one list for each rule and folder or cause; then held files and credentials. Exit code 1 while the brake holds anything.\n--release releases exactly the list or file with this digest, for one hour; it refuses a list that has grown, or another upload of the file. It only needs to write control/.\n--keep puts the deleted links of this list back, so their access stays: it shows the plan and asks, as undo does, and needs to write the files.',
    )
    .option('--release <digest>', 'release the list or the file with this digest; its beginning is enough')
    .option('--keep <digest>', 'put back the deleted links of the list with this digest')
    .option('--dry-run', 'show the plan; change nothing')
    .option('--yes', 'do not ask')
    .option('--verbose', 'every link and every account')
    .addOption(new Option('--output <form>', 'the format of the output').choices(outputs).default('table'))
    .option('--json', 'the same as --output json')
    .addHelpText(
      'after',
      '\nExample:\n  ssofile brake\n  ssofile brake --release 3f0c9d2e7a1b5c48\n  ssofile brake --keep 3f0c9d2e7a1b5c48 --dry-run',
    )
    .action(async ({ release, keep, json, verbose = false, dryRun = false, yes = false, ...options }: Options) => {
      const ports = await openBucket()
      const output = json ? 'json' : options.output
      if (release !== undefined && keep !== undefined)
        throw new Refusal('received --release with --keep, expected one of them: the access goes, or it stays')
      if (keep !== undefined) process.exitCode = await keepAccess(ports, keep, { dryRun, yes, json: output === 'json' })
      else if (release === undefined) process.exitCode = await show(ports, output, verbose)
      else process.exitCode = await letGo(ports, release, output === 'json')
    })
}

/** Puts the deleted links of a list back, by the same steps as `undo`. */
async function keepAccess({ objects }: Ports, digest: string, options: BringBackOptions): Promise<number> {
  const record = (await brakeFile(objects).read())?.value ?? emptyBrake
  const whole = wholeDigest(digest, heldDigests(record))
  const list = record.lists.find((one) => digestOf(one) === whole)
  if (list === undefined)
    throw new Refusal(
      `received the digest '${quote(digest)}', expected that of a list of held revocations; nothing was changed. Run ssofile brake`,
    )
  const files = await findHeldFiles(objects, openAwsObjectVersions(objects.bucket), [...list.held])
  if (files === undefined)
    throw new Refusal(
      'no link of this list was deleted, so there is no file to put back; nothing was changed. ssofile brake says what keeps the access',
    )
  const whose = `the deletion of ${count(files.keys.size, 'link')}`
  return bringBack({ ...files, whose }, options)
}

async function show({ objects, identityStore }: Ports, output: Output, isVerbose: boolean): Promise<number> {
  // Count pending deletions before reading the lists. A file that stops being pending meanwhile then appears in the lists. CSV has only the
  // lists.
  const pendingDeletions = output === 'csv' ? 0 : await countPendingDeletions({ objects })
  const [stored, pause] = await Promise.all([brakeFile(objects).read(), readPause(objects)])
  const { lists, contents, releases } = stored?.value ?? emptyBrake
  const ledger = new Ledger(objects)
  const limit = pLimit(readsAtOnce)
  const people = new People(identityStore)
  const shown = await Promise.all(
    lists.map(async (list): Promise<ShownList> => {
      const { items, passed, ...about } = showList(list)
      const held = await limit.map(list.held, (key) => readHeld(ledger, key))
      const memberships = membershipsOn(list)
      const suspended = peopleOn(list)
      const isOfPeople = list.rule === 'people' || suspended.length > 0
      return {
        ...about,
        held,
        takes: countTaken([...list.held], await readMembers([...list.held], (group) => people.membersOf(group))),
        ...(isOfPeople && { people: await namePeople(suspended, objects) }),
        ...(memberships.length > 0 && { memberships }),
        ...(list.rule === 'attributes' && { attributes: [...items] }),
        ...(list.rule === 'retirements' && { credentials: [...items] }),
      }
    }),
  )
  const told = { lists: shown, contents, releases, pause, pendingDeletions }
  if (output === 'json') process.stdout.write(renderJson(told))
  else if (output === 'csv') process.stdout.write(csvMark() + renderHeldAsCsv(told))
  else await page(renderHeld(told, { isVerbose }))
  return lists.length + contents.length === 0 ? 0 : 1
}

/** The names of people on a list, as in the files about them. */
function namePeople(items: readonly string[], objects: ObjectStore): Promise<readonly string[]> {
  return pLimit(readsAtOnce).map(
    items,
    async (item) => (await listMeantNames(objects, userOnList(item)))[0] ?? userOnList(item),
  )
}

async function readHeld(ledger: Ledger, key: AssignmentKey): Promise<HeldAssignment> {
  const read = await unlessSpoiled(ledger.read(key))
  if (isSpoiled(read)) return { key, reason: read.message, links: [] }
  const { principal, reason, links = [] } = read?.entry ?? {}
  return { key, principal, reason, links }
}

async function letGo({ objects }: Ports, digest: string, json: boolean): Promise<number> {
  const known = heldDigests((await brakeFile(objects).read())?.value ?? emptyBrake)
  const result = await releaseList(objects, wholeDigest(digest, known), await readCallerIdentity()).catch(
    explainDenial('control', 'brake --release', 'brake --release …'),
  )
  switch (result.outcome) {
    case 'released':
      process.stdout.write(
        json
          ? renderJson({
              digest,
              rule: result.list.rule,
              released: result.list.held,
              items: hasItems(result.list) ? result.list.items : [],
            })
          : renderReleased(result.list, await readPause(objects)),
      )
      return 0
    case 'released-contents':
      process.stdout.write(
        json
          ? renderJson({ digest, released: [], permissionSet: result.permissionSet })
          : renderReleasedContents(result.permissionSet, await readPause(objects)),
      )
      return 0
    case 'released-before':
      process.stdout.write(
        json
          ? renderJson({ digest, released: [], at: result.at, by: result.by })
          : `this was already released at ${result.at} by ${result.by}: nothing to do\n`,
      )
      return 0
    case 'other-list': {
      const { lists, contents } = result.record
      const held = [
        ...lists.map((list) => `${digestOf(list)} (${nameReleased({ ...list, keys: list.held })})`),
        ...contents.map((one) => `${one.digest} (the file of ${one.name})`),
      ]
      const now = held.length === 0 ? 'the brake holds nothing' : `the held list has the digest ${held.join(', ')}`
      throw new Refusal(
        `received the digest '${digest}', but now ${now}; nothing was released. Run ssofile brake again`,
      )
    }
    default:
      return result satisfies never
  }
}
