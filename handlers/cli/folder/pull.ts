import type { Command } from 'commander'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { readOwner } from '../../../shared/reconcile/records/owner.ts'
import { onlyOption } from '../arguments/only-option.ts'
import { Refusal } from '../arguments/refusal.ts'
import { bucketOf } from '../bucket/bucket.ts'
import { openCliPorts } from '../bucket/cli-ports.ts'
import { chooseConfiguration } from '../bucket/deployment.ts'
import { chooseScope, type ScopeOptions } from '../plan/make-plan.ts'
import { confirm } from '../terminal/confirm.ts'
import { Progress } from '../terminal/progress.ts'
import { renderJson } from '../terminal/render-json.ts'
import { allInputs } from './compare-inputs.ts'
import { DiskFolder } from './local-folder.ts'
import { comparePull, type PullChanges, type Pulled, pullChanges } from './pull-changes.ts'

type Options = ScopeOptions & { readonly yes?: boolean; readonly config?: string; readonly json?: boolean }

const keysTold = 10

/** `ssofile pull`: makes the files of a folder equal to the inputs of the bucket. */
export function addPull(program: Command): void {
  program
    .command('pull')
    .argument('<folder>', 'the folder to write; it is made if it does not exist')
    .description(
      'Makes the files of a folder equal to the inputs in the bucket (SSOFILE_BUCKET): the reverse of push. Asks before it writes over a file, or removes one that the bucket lacks.\nNames that no file system holds are escaped (docs/commands.md); push reads them back.\nExit code 0: done; 1: not all was fetched; 2: wrong usage or refused, and nothing was changed.',
    )
    .option('--yes', 'do not ask')
    .option('--folder <name>', 'only this folder under links_data/ and memberships/')
    .addOption(onlyOption())
    .option('--no-delete', 'leave in the folder what the bucket lacks')
    .option('--config <file>', 'configuration file (JSON), if the bucket has no deployment')
    .option('--json', 'the result as JSON')
    .addHelpText('after', '\nExamples:\n  ssofile pull ./access\n  ssofile pull ./access --folder team-a')
    .action(async (target: string, options: Options) => {
      process.exitCode = await pull(target, options)
    })
}

async function pull(target: string, options: Options): Promise<number> {
  if (target.startsWith('s3://'))
    throw new Refusal(`received '${quote(target)}', expected a folder; the bucket is SSOFILE_BUCKET`)
  const bucket = bucketOf(undefined)
  const ports = openCliPorts(bucket)
  const { folders } = await chooseConfiguration(
    ports.objects,
    (await readOwner(ports.objects))?.deployment,
    options.config,
  )
  const scope = chooseScope(allInputs.prefixes, folders, options)
  const folder = new DiskFolder(target)
  const { faults } = await folder.list()
  const [fault] = faults
  if (fault) throw new Refusal(`nothing was changed; ${fault.key}: received ${fault.received}; ${fault.remedy}`)
  const progress = new Progress()
  try {
    progress.tell('comparing the bucket with the folder')
    const changes = await comparePull(ports.objects, folder, scope)
    progress.end()
    await agree(changes, options)
    let done = 0
    const all = changes.writes.length + changes.removals.length
    const pulled = await pullChanges(ports, folder, changes, () => {
      done++
      progress.tell('fetching files', { done, of: all })
    })
    progress.end()
    return tell(pulled, changes, options.json)
  } finally {
    progress.end()
  }
}

/** Only what would be lost here is asked about. Throws Refusal. */
async function agree({ writes, removals }: PullChanges, { yes }: Options): Promise<void> {
  const over = writes.filter((write) => write.over)
  if (yes || over.length + removals.length === 0) return
  const lines = [
    ...over.map(({ path }) => `  writes over ${quote(path, 1024)}\n`),
    ...removals.map(({ path }) => `  removes ${quote(path, 1024)}\n`),
  ]
  const more = lines.length > keysTold ? `  and ${lines.length - keysTold} more\n` : ''
  process.stderr.write(`${lines.slice(0, keysTold).join('')}${more}`)
  const question = `Write over ${count(over.length, 'file')} and remove ${removals.length.toLocaleString('en')}?`
  if (!(await confirm(question, 'add --yes'))) throw new Refusal('not confirmed; nothing was changed')
}

function tell({ written, removed, failed }: Pulled, { same }: PullChanges, isJson: boolean | undefined): number {
  process.stdout.write(
    isJson
      ? renderJson({ written, removed, same, failed })
      : `pulled: ${count(written, 'file')} written, ${removed.toLocaleString('en')} removed, ${same.toLocaleString('en')} the same\n`,
  )
  for (const { key, reason } of failed) process.stderr.write(`not fetched: ${quote(`${key}: ${reason}`, 2000)}\n`)
  return failed.length === 0 ? 0 : 1
}
