import { Argument, Command, Help, Option } from 'commander'
import { addBucketOption } from '../../../handlers/cli/bucket/bucket.ts'
import { addCommands, commands } from '../../../handlers/cli/commands.ts'

export const referenceFile = new URL('../../../docs/commands.md', import.meta.url)

/** What no help says, or only that of the program. */
const intro = `# Commands

For everybody who runs \`ssofile\`: each command with its options and examples, as its \`--help\` prints them. \`npm run samples\` writes this page from the help.

The tasks have pages of their own: [change access by files](files.md), [see who has access](look.md), [temporary access](temporary-access.md), [operate](operations.md), [take over and give back](coming-from.md).

## All commands

The bucket is \`--bucket\`, \`SSOFILE_BUCKET\` or \`s3://BUCKET\` (default \`ssofile\`). Credentials, Region and endpoints come from the standard AWS environment variables.

- **Output**: results go to standard output; errors and progress go to standard error. \`--json\` prints every result in full, and an error as \`{ "error": { "message", "causes", "do" }, "exitCode" }\`.
- **CSV**: in a file (\`--output csv > access.csv\`) it begins with a byte order mark, so that spreadsheets read it as UTF-8. In a pipe or a terminal it has none.
- **Terminal**: tables fit the width. A long result of \`plan\`, \`status\`, \`who\`, \`explain\` or \`brake\` opens in \`PAGER\` (default \`less\`; \`PAGER=cat\` prints it). \`NO_COLOR\` turns colours off, \`FORCE_COLOR=1\` on.
- **Digests**: the first letters are enough, from four on, if no other digest begins so.

| exit code | means |
| --- | --- |
| 0 | done; for a question: yes |
| 1 | no: invalid files, failures, not in force, nobody (of a name that exists), messages given up; something was left out, each with its reason; or no answer yet |
| 2 | wrong usage, refused, not known, no such name or file, or nothing to check; nothing was done: \`push\`, \`import\`, \`release\` and \`restore\` check all of their rights before they write |
| 3 | \`plan --detailed-exitcode\`: there are changes |

Questions and checks have the same codes: 0 found or passed, 1 nothing or failed, 2 not known or no such name. A check that found nothing to check has not passed. An overview of nothing, such as \`brake\` or \`requests\`, is 0. In an organization where only the group \`team-Accountants\` has access, by one link:

| command | exit code | because |
| --- | --- | --- |
| \`ssofile who --account 233000000002\` | 0 | the group has access there |
| \`ssofile who --account 233000000003\` | 1 | nobody has access there |
| \`ssofile who --account 999999999999\` | 2 | there is no such account |
| \`ssofile who --permission-set Nope\` | 2 | there is no such permission set |
| \`ssofile who --user nobody@acme.example\` | 2 | there is no such user |
| \`ssofile who --account 233000000003 --no-live\` | 2 | Identity Center was not asked |
| \`ssofile who --at 2020-01-01T00:00:00Z\` | 2 | history begins later |
| \`ssofile who --changes 1h --account 233000000002\` | 0 | access came there |
| \`ssofile who --changes 1h --account 233000000003\` | 2 | the record of changes begins later |
| \`ssofile who --changes 1h --account 999999999999\` | 2 | there is no such account |
| \`ssofile who --changes 1h --user nobody@acme.example\` | 2 | there is no such user |
| \`ssofile who --used --account 999999999999\` | 2 | there is no such account |
| \`ssofile who --used --account 233000000003\` | 2 | not all of this time was counted |
| \`ssofile who --eligible --user kenji.ito@acme.example\` | 1 | he may ask for nothing |
| \`ssofile who --eligible --permission-set Nope\` | 2 | there is no such permission set |
| \`ssofile who --applications\` | 1 | AWS shows none that may act for people |
| \`ssofile explain 233000000002 Billing-ps team-Accountants\` | 0 | it is in force |
| \`ssofile explain 233000000003 Billing-ps team-Accountants\` | 1 | it is not granted |
| \`ssofile explain 999999999999 Billing-ps team-Accountants\` | 2 | there is no such account |
| \`ssofile explain 233000000002 Nope team-Accountants\` | 2 | there is no such permission set |
| \`ssofile explain 233000000002 Billing-ps nobody\` | 2 | there is no such group or user |
| \`ssofile incident INC-404\` | 2 | no request names it |
| \`ssofile status account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile --wait\` | 0 | it is in force |
| \`ssofile status tema-a/* --wait\` | 2 | no input has such a key |
| \`ssofile status tema-a/account%233000000002%Billing-ps%team-Accountants%GROUP%ssofile --wait\` | 2 | there never was such a key |
| \`ssofile validate fixtures/acme\` | 0 | each file is valid |
| \`ssofile validate no/such/folder\` | 2 | there is no such folder |
| \`ssofile plan no/such/folder\` | 2 | there is no such folder |
| \`ssofile policies test no/such/folder\` | 2 | there is no test |
| \`ssofile review verify nope\` | 2 | there is no such review |

### Without a checkout

\`npm link\` in the checkout puts \`ssofile\` on the path. For other machines, \`npm pack\` makes \`ssofile-cli-0.1.0.tgz\`: install it with \`npm install --global ./ssofile-cli-0.1.0.tgz\`. It needs Node 20.12 or later (of Node 21: 21.7; \`local\`: Node 24) and no other package.

**With npx, write \`npx --no-install ssofile\`.** We have published no package. Without \`--no-install\` npx takes a package \`ssofile\` of the public registry, and a stranger who registers that name runs code on your machine, with your credentials. If you keep \`@ssofile/cli\` in your own registry, bind the scope on each machine: \`npm config set @ssofile:registry <URL of your registry>\`.

### Who may act

Before its first write, and again each minute, a command checks who runs it. If the credentials are a session of IAM Identity Center, its user must be in the directory, enabled, and not [suspended](people.md#suspend-people). Otherwise the command writes nothing (exit code 2).

A command that changes or judges a deployment refuses a bucket in which ssofile never worked (exit code 2): \`SSOFILE_BUCKET\` may be left over in your shell. Questions and results name the bucket. \`apply\` and \`import\` begin a bucket.

- If you may not read the directory, the name of the session and the bucket's policy decide.
- If AWS does not answer, the command writes nothing; only roles from outside IAM Identity Center still work.
- A session of [the role of operators](deployment.md#the-role-of-operators) does not name its user, so no check is possible. It lasts an hour at most.
`

/** An option with the same words in so many commands is explained once, above them. */
const commandsToShare = 2

/** The page docs/commands.md. */
export async function renderCommandReference(): Promise<string> {
  const program = new Command('ssofile')
  addBucketOption(program)
  await addCommands(program, ['completion'])
  const shown = program.commands.filter((command) => commands[command.name()]?.summary !== undefined)
  const uses = shown.flatMap((command) => [command, ...command.commands]).flatMap(({ options }) => options.map(textOf))
  const isShared = (option: Option) =>
    option.long === '--json' || uses.filter((use) => use === textOf(option)).length >= commandsToShare
  const all = shown.flatMap((command) => [command, ...command.commands]).flatMap(({ options }) => options)
  const without = shown
    .flatMap((command) => (command.commands.length > 0 ? command.commands : [command]))
    .filter(({ options }) => !options.some(({ long }) => long === '--json'))
    .map(nameOf)
    .join(', ')
  const shared = [
    ...new Map(
      all.filter(isShared).map((option) => [option.long === '--json' ? option.long : textOf(option), option]),
    ).values(),
  ].map((option) =>
    option.long === '--json' ? new Option(option.flags, `the result as JSON; all commands but ${without}`) : option,
  )
  const groups = Map.groupBy(shown, (command) => commands[command.name()]?.group)
  const sections = [...groups].map(([group, members]) => {
    const links = members.map((one) => `[\`${one.name()}\`](#${one.name()})`).join(', ')
    const parts = members.flatMap((one) => [one, ...one.commands]).map((one) => renderOne(one, isShared))
    return `## ${group}\n\n${links}\n\n${parts.join('\n\n')}\n`
  })
  const many = `### Options of many commands\n\n${renderTerms([...program.options, ...shared])}\n`
  return [intro, many, ...sections].join('\n')
}

/** A subcommand goes by both names: `policies test`. */
function nameOf(command: Command): string {
  const outer = command.parent?.name()
  return outer === 'ssofile' ? command.name() : `${outer} ${command.name()}`
}

function renderOne(command: Command, isShared: (option: Option) => boolean): string {
  const isInner = command.parent?.name() !== 'ssofile'
  const name = nameOf(command)
  const usage = command
    .usage()
    .replace(/\[options\] ?/, '')
    .replace('[command]', '')
    .trim()
  const own = command.options.filter((option) => !isShared(option))
  const also = command.options
    .filter((option) => isShared(option) && option.long !== '--json')
    .map(({ flags }) => `\`${flags}\``)
  const terms = command.registeredArguments.filter(({ description }) => description !== '')
  return [
    `${isInner ? '####' : '###'} ${name}`,
    ...(usage === '' ? [] : [`\`ssofile ${name} ${usage}\``]),
    ...paragraphsOf(command.description()),
    ...(terms.length + own.length > 0 ? [renderTerms([...terms, ...own])] : []),
    ...(also.length > 0 ? [`Also: ${also.join(', ')}.`] : []),
    ...renderAfter(command),
  ].join('\n\n')
}

/** The text after the options: sentences, a form of a file, and examples. */
function renderAfter(command: Command): readonly string[] {
  const text = textAfterOptions(command)
  const [before = '', examples = ''] = text.split(/^Examples?:$/m)
  const lines = examples.split('\n')
  const typed = lines.filter((line) => line.startsWith(' ')).map((line) => line.replace(/^ {2}/, ''))
  const rest = lines.filter((line) => !line.startsWith(' ')).join('\n')
  const isForm = /^ {2}/m.test(before)
  return [
    ...(isForm ? [fence(before.trim())] : paragraphsOf(before)),
    ...(typed.length > 0 ? [fence(typed.join('\n'))] : []),
    ...paragraphsOf(rest),
  ]
}

function textAfterOptions(command: Command): string {
  const printed: string[] = []
  command.configureOutput({ writeOut: (text) => printed.push(text) })
  command.outputHelp()
  return printed.join('').slice(command.helpInformation().length)
}

/** Sentences of one subject stand on one line of the help; exit codes stand on the last. */
function paragraphsOf(text: string): readonly string[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const codes = lines.filter((line) => line.startsWith('Exit code'))
  const others = lines.filter((line) => !line.startsWith('Exit code'))
  return [others.join(' '), ...codes].filter((paragraph) => paragraph !== '').map(escaped)
}

function renderTerms(terms: readonly (Option | Argument)[]): string {
  const help = new Help()
  const rows = terms.map((term) => {
    const [name, means] =
      term instanceof Argument
        ? [`<${term.name()}>`, help.argumentDescription(term)]
        : [term.flags, help.optionDescription(term)]
    return `- \`${name}\`: ${escaped(means)}`
  })
  return rows.join('\n')
}

const textOf = (option: Option) => `${option.flags} ${new Help().optionDescription(option)}`
const fence = (text: string) => `\`\`\`\n${text}\n\`\`\``
const escaped = (text: string) => text.replaceAll(/[<*]/g, '\\$&')
