#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { quote } from '../../shared/domain/statuses/complaint.ts'
import { addCompletion } from './arguments/completion.ts'
import { addHelp } from './arguments/help.ts'
import { addOffer } from './arguments/offer.ts'
import { Refusal } from './arguments/refusal.ts'
import { remedyFor } from './arguments/remedy-for.ts'
import { addBreakGlass } from './break-glass/break-glass.ts'
import { addIncident } from './break-glass/incident.ts'
import { addBrowse } from './browse.ts'
import { addPull } from './folder/pull.ts'
import { addPush } from './folder/push.ts'
import { addValidate } from './folder/validate.ts'
import { addPolicies } from './guardrails/policies.ts'
import { addLocal } from './local.ts'
import { addBrake } from './operations/brake.ts'
import { addDoctor } from './operations/doctor.ts'
import { addPause } from './operations/pause.ts'
import { addRestore } from './operations/restore.ts'
import { addResume } from './operations/resume.ts'
import { addSessions } from './operations/sessions.ts'
import { addApply } from './plan/apply.ts'
import { addPlan } from './plan/plan.ts'
import { addApproveAndDeny } from './requests/decide-on-request.ts'
import { addFinish } from './requests/finish.ts'
import { addRequest } from './requests/request.ts'
import { addRequests } from './requests/requests.ts'
import { addRedrive } from './status/redrive.ts'
import { addStatus } from './status/status.ts'
import { addTouch } from './status/touch.ts'
import { addExport } from './take-over/export.ts'
import { addImport } from './take-over/import.ts'
import { addRelease } from './take-over/release.ts'
import { readVersion } from './version.ts'
import { addExplain } from './who/explain.ts'
import { addWho } from './who/who.ts'

const program = new Command('ssofile')
  .description(
    'Keeps AWS IAM Identity Center equal to the files in an S3 bucket: uploading a file grants access, deleting it revokes it.',
  )
  .addHelpText(
    'after',
    `
The bucket is SSOFILE_BUCKET (default: ssofile). AWS credentials, Region and endpoints come from the standard
environment variables: AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_<SERVICE> and so on.

Exit codes: 0 done; 1 the answer is no (failed, held, rejected); 2 wrong usage or refused;
3 there are changes (plan --detailed-exitcode only). Colour only on a terminal; NO_COLOR and FORCE_COLOR are respected.

Examples: ssofile plan --help, and so on for each command. What each command prints: docs/commands.md`,
  )
  .version(readVersion(), '-V, --version', 'the version of ssofile')
  .showHelpAfterError('(add --help for usage)')
  .exitOverride()
addLocal(program)
addValidate(program)
addPlan(program)
addPush(program)
addPull(program)
addApply(program)
addStatus(program)
addWho(program)
addTouch(program)
addExplain(program)
addRequest(program)
addRequests(program)
addApproveAndDeny(program)
addFinish(program)
addBrowse(program)
addIncident(program)
addBrake(program)
addPolicies(program)
addPause(program)
addResume(program)
addSessions(program)
addRestore(program)
addRedrive(program)
addDoctor(program)
addBreakGlass(program)
addCompletion(program)
addOffer(program)
addImport(program)
addExport(program)
addRelease(program)
addHelp(program)

// A reader that stops early (`| head`) is no failure, and does not change the exit code.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return
  process.stderr.write(`ssofile: the result could not be written to standard output: ${error.message}\n`)
  process.exit(1)
})

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = tell(error)
}

function tell(error: unknown): number {
  // Commander has printed it already; its own exit codes are 0 for help and 1 for wrong usage.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof Refusal) {
    process.stderr.write(`ssofile: ${error.message.split('\n').map(escapeNames).join('\n')}\n`)
    return 2
  }
  let told: string | undefined
  for (let cause: unknown = error; cause !== undefined; cause = cause instanceof Error ? cause.cause : undefined) {
    const message = cause instanceof Error ? cause.message : String(cause)
    if (told?.includes(message) !== true)
      process.stderr.write(`${told === undefined ? 'ssofile: ' : '  because: '}${escapeNames(message)}\n`)
    told = message
  }
  const remedy = remedyFor(error, process.env, process.argv.slice(2))
  if (remedy !== undefined) process.stderr.write(`  do: ${escapeNames(remedy)}\n`)
  return 1
}

/** Escapes names in a message, which may quote whole keys. */
function escapeNames(message: string): string {
  return quote(message, 10_000)
}
