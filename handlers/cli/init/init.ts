import { mkdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { createInterface, type Interface } from 'node:readline/promises'
import type { Command } from 'commander'
import { environment } from '../../../shared/domain/deployment/environment.ts'
import { environmentRules } from '../../../shared/domain/deployment/environment-rules.ts'
import { faultsOfIssues } from '../../../shared/domain/json/json-faults.ts'
import { renderJsonPath } from '../../../shared/domain/json/json-path.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { Refusal } from '../arguments/refusal.ts'
import { renderFirstFiles, schemaFolder } from './first-files.ts'
import { type Answers, answers, isAnswer, type Question, questions } from './questions.ts'

const all: readonly Question[] = questions

/** `ssofile init`: writes the first files of a new installation. */
export function addInit(program: Command): void {
  const command = program
    .command('init')
    .argument('<folder>', 'the folder for the files, none of which may exist yet')
    .description(
      'Writes environment.json (the deployment), configuration.json (for the local system, and for validate and plan before a deployment), under access/ a first permission set and link, and schemas and settings for editors. On a terminal it asks for missing options. It calls no service and overwrites no file.',
    )
  for (const { flag, asks, example, otherwise } of all)
    command.option(`--${flag} <value>`, `${asks} (${otherwise ? `default: ${otherwise}` : example})`)
  command
    .addHelpText('after', '\nExamples:\n  ssofile init ./production\n  ssofile validate ./production/access')
    .action(async (folder: string, options: Readonly<Record<string, string>>) => {
      await init(folder, options)
    })
}

async function init(folder: string, options: Readonly<Record<string, string>>): Promise<void> {
  const files = renderFirstFiles(await answerAll(options))
  refuseFaults(files.get('environment.json') ?? '')
  const paths = [...files.keys()]
  const present = await Promise.all(paths.map((path) => exists(join(folder, path))))
  const taken = paths.find((_, index) => present[index])
  if (taken !== undefined)
    throw new Refusal(
      `'${quote(join(folder, taken), 1024)}' already exists; nothing was written. Name another folder, or move the file away`,
    )
  for (const [path, body] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), body, { flag: 'wx' })
  }
  process.stdout.write(describe(folder, paths))
}

/** The options, and the user's answers to the other questions. Throws Refusal with the faults of all options. */
async function answerAll(options: Readonly<Record<string, string>>): Promise<Answers> {
  const given = new Map(
    all.flatMap((one) => {
      const answer = optionOf(one, options)
      return answer === undefined ? [] : [[one, answer] as const]
    }),
  )
  const wrong = [...given]
    .filter(([one, answer]) => !isAnswer(one, answer))
    .map(([one, answer]) => refusalOf(one, answer))
  if (wrong.length > 0) throw new Refusal(['nothing was written:', ...wrong].join('\n  '))
  const open = all.filter((one) => !given.has(one))
  const isTerminal = process.stdin.isTTY === true && process.stderr.isTTY === true
  const missing = open.filter(({ otherwise }) => otherwise === undefined)
  if (!isTerminal && missing.length > 0)
    throw new Refusal(
      [
        'there is no terminal to ask for the missing options; nothing was written. Add:',
        ...missing.map(({ flag, example }) => `--${flag} ${example}`),
      ].join('\n  '),
    )
  const terminal =
    isTerminal && open.length > 0 ? createInterface({ input: process.stdin, output: process.stderr }) : undefined
  try {
    for (const one of open) given.set(one, terminal ? await askUntilValid(one, terminal) : (one.otherwise ?? ''))
  } finally {
    terminal?.close()
  }
  return answers.parse(Object.fromEntries([...given].map(([{ name }, answer]) => [name, answer])))
}

/** In commander's notation. */
function optionOf({ flag }: Question, options: Readonly<Record<string, string>>): string | undefined {
  return options[flag.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())]
}

async function askUntilValid(one: Question, terminal: Interface): Promise<string> {
  const { asks, example, otherwise } = one
  const hint = otherwise === undefined ? `such as ${example}` : `Enter: ${otherwise || 'none'}`
  // A line of its own: on 80 columns an ARN would break the prompt.
  process.stderr.write(`${asks}\n  ${hint}\n`)
  const said = (await terminal.question('> ')).trim()
  const answer = said === '' ? (otherwise ?? '') : said
  if (isAnswer(one, answer)) return answer
  process.stderr.write(`  received '${quote(answer)}', expected something like ${example}\n`)
  return askUntilValid(one, terminal)
}

function refusalOf({ flag, asks, example }: Question, answer: string): string {
  return `received --${flag} '${quote(answer)}', expected ${asks}, such as ${example}`
}

/** Checks across answers, such as an ARN of another partition. Throws Refusal. */
function refuseFaults(text: string): void {
  const document = JSON.parse(text)
  const read = environment.safeParse(document)
  if (read.success) return
  const faults = faultsOfIssues(read.error.issues, document, environmentRules).map(
    ({ path, received, expected }) => `${renderJsonPath(path)} received ${received}, expected ${expected}`,
  )
  throw new Refusal(['these answers do not fit together, and nothing was written:', ...faults].join('\n  '))
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

function describe(folder: string, paths: readonly string[]): string {
  const lines = [
    `written: ${count(paths.length, 'file')}`,
    ...paths.filter((path) => !path.startsWith(schemaFolder)).map((path) => `  ${quote(join(folder, path), 1024)}`),
    `  ${quote(join(folder, schemaFolder), 1024)}: schemas, with which editors complete and check the files (docs/editors.md)`,
    'check them, and try them on this machine:',
    `  ssofile validate ${join(folder, 'access')} --config ${join(folder, 'configuration.json')}`,
    `  ssofile local --config ${join(folder, 'configuration.json')}`,
    'deploy, from a checkout (docs/install.md, from step 5 on):',
    `  npm run deploy -- --environment ${resolve(folder, 'environment.json')} --stack ssofile --check`,
  ]
  return `${lines.join('\n')}\n`
}
