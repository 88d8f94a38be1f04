import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import * as z from 'zod'
import { addHelp } from './arguments/help.ts'
import { Refusal } from './arguments/refusal.ts'
import { tellError, wantsJson } from './arguments/tell-error.ts'
import { addBucketOption } from './bucket/bucket.ts'
import { chooseRegion } from './bucket/choose-region.ts'
import { addCommands } from './commands.ts'
import { renderJson } from './terminal/render-json.ts'

/** Runs `ssofile …` with the arguments and environment of this process. Sets its exit code: `process.exitCode`. */
export async function runCommand(): Promise<void> {
  const words = process.argv.slice(2)
  const isJson = wantsJson(words)
  const program = describeProgram(isJson)
  // Commander prints the error as text, and the usage after it.
  if (isJson) program.configureOutput({ writeErr: () => {} })
  addBucketOption(program)
  program.hook('preAction', chooseRegion)
  await addCommands(program, words)
  addHelp(program)
  try {
    await program.parseAsync()
  } catch (error) {
    // Commander's own exit codes are 0 for help and 1 for wrong usage.
    if (!(error instanceof CommanderError)) process.exitCode = tellError(error)
    else if (error.exitCode === 0 || !isJson) process.exitCode = error.exitCode === 0 ? 0 : 2
    else process.exitCode = tellError(new Refusal(error.message.replace(/^error: /, '')))
  }
}

function describeProgram(isJson: boolean): Command {
  return new Command('ssofile')
    .description(
      'Keeps AWS IAM Identity Center equal to the files in an S3 bucket: uploading a file grants access, deleting it revokes it.',
    )
    .addHelpText(
      'after',
      `
The bucket is --bucket, SSOFILE_BUCKET or s3://bucket (default: ssofile).
AWS credentials, Region and endpoints come from the standard environment
variables: AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL and so on.

Exit codes: 0 done; 1 the answer is no (failed, held, rejected, not in force);
2 wrong usage or refused; 3 there are changes (plan --detailed-exitcode only).
Colour only on a terminal; NO_COLOR and FORCE_COLOR are respected.

Examples: ssofile plan --help, and so on for each command.\nReference: docs/commands.md`,
    )
    .version(
      isJson ? renderJson({ version: readVersion() }).trimEnd() : readVersion(),
      '-V, --version',
      'the version of ssofile',
    )
    .showHelpAfterError('(add --help for usage)')
    .configureHelp({ subcommandTerm: (command) => command.name(), showGlobalOptions: true })
    .exitOverride()
}

const packageFile = z.object({ version: z.string() })

function readVersion(): string {
  return packageFile.parse(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))).version
}
