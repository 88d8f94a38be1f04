import type { Command } from 'commander'
import { parseEndReason } from '../../../shared/domain/files/person-file.ts'
import { kinds } from '../../../shared/domain/inputs/kinds.ts'
import { principalName } from '../../../shared/domain/principals/principal.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { suspensionKey } from '../../../shared/domain/suspensions/suspension.ts'
import type { ObjectStore } from '../../../shared/ports/object-store.ts'
import type { Ports } from '../../../shared/ports/ports.ts'
import { readParsedInput } from '../../../shared/reconcile/records/read-input.ts'
import { Refusal } from '../arguments/refusal.ts'
import { openBucket } from '../bucket/open-bucket.ts'
import { explainDenial } from '../operations/explain-denial.ts'
import { renderJson } from '../terminal/render-json.ts'

/** `ssofile restore-person USER`: deletes the file that suspends somebody. */
export function addRestorePerson(program: Command): void {
  program
    .command('restore-person')
    .argument('<user>', 'the user name of the file, as in links')
    .description(
      'Deletes suspended/<user name>: access by links comes back within a minute. Withdrawn requests and ended temporary access do not: the person asks again. It refuses if ssofile itself suspended the person, because the file under people/ is gone or over. It needs to read and write suspended/.',
    )
    .option('--json', 'the key as JSON')
    .addHelpText('after', '\nExample:\n  ssofile restore-person kenji.ito@acme.example')
    .action(async (user: string, { json = false }: { readonly json?: boolean }) => {
      process.exitCode = await restorePerson(await openBucket(), user, json)
    })
}

async function restorePerson({ objects }: Ports, user: string, json: boolean): Promise<number> {
  const { key, outcome } = await deleteSuspension(objects, user)
  if (outcome === 'lost') {
    process.stderr.write(
      `${quote(key, 1024)}: somebody changed or deleted it in the meantime, so it stays as it is now\n`,
    )
    return 1
  }
  process.stdout.write(
    json
      ? renderJson({ key })
      : `${quote(key, 1024)} is deleted\n  within a minute, ssofile gives back the access that links still grant: ssofile who --user '${quote(user)}'\n`,
  )
  return 0
}

/** Throws Refusal if there is none, or if ssofile would write it again. */
export async function deleteSuspension(objects: ObjectStore, user: string) {
  const name = principalName.safeParse(user)
  if (!name.success) throw new Refusal('received an empty user, expected the user name of the file')
  const key = suspensionKey(name.data)
  const explain = explainDenial('people', 'restore-person', `restore-person ${user}`)
  const found = await readParsedInput(objects, key, kinds.suspension).catch(explain)
  if (found === undefined)
    throw new Refusal(
      `there is no ${quote(key, 1024)} in the bucket ${objects.bucket}; nothing was changed. To list suspended people: aws s3 ls s3://${objects.bucket}/suspended/`,
    )
  const ended = found.file.ok ? parseEndReason(found.file.value.reason) : undefined
  if (ended !== undefined)
    throw new Refusal(
      `${quote(key, 1024)}: ssofile suspended this person because of ${quote(ended, 1024)}, and would suspend the person again; nothing was changed. To give the access back, upload ${quote(ended, 1024)} without endsAt or with a later one`,
    )
  const outcome = await objects.delete(key, { ifMatch: found.head.etag }).catch(explain)
  return { key, outcome }
}
