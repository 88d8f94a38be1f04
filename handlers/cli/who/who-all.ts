import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import {
  deploymentsFile,
  deploymentsRules,
  type NamedDeployment,
} from '../../../shared/domain/deployment/deployments-file.ts'
import { quote } from '../../../shared/domain/statuses/complaint.ts'
import { count } from '../../../shared/domain/text/count.ts'
import { parseOwnCsv } from '../../../shared/domain/text/render-csv.ts'
import { accessCsvTitles } from '../../../shared/modules/access/render-access-rows.ts'
import { isFacts, joinAccessPages } from '../../../shared/modules/access-page/rules/render-access-page.ts'
import { readStrictFile } from '../bucket/read-configuration.ts'
import { csvMark } from '../terminal/csv-mark.ts'
import { renderTable, terminalWidth } from '../terminal/render-table.ts'
import { show } from '../terminal/show.ts'

/** The most rows of each deployment in the table, and its columns. On a narrower terminal the others would be cut beyond recognition. */
const rowsShown = 24
const widthForAll = 110
const narrow = ['person', 'account', 'permission set', 'through group'] as const
const wide = [...narrow, 'account name', 'since', 'given by'] as const

type Question = {
  readonly file: string
  /** The filters, as arguments of `ssofile who`. */
  readonly args: readonly string[]
  readonly output: 'table' | 'csv' | 'html'
  readonly hasLevels: boolean
}

/**
 * `ssofile who --all FILE`: the access of several organizations in one list. A process with credentials of its own reads each deployment,
 * so nothing of one organization is joined with another. Rows pass through; memory has one process at a time. Answers the exit code.
 */
export async function tellAll({ file, args, output, hasLevels }: Question): Promise<number> {
  const source = { file, what: 'list of deployments', schema: deploymentsFile, rules: deploymentsRules }
  const { deployments } = await readStrictFile(source)
  if (output === 'html') return writePage(deployments, args)
  const titles = accessCsvTitles({ hasLevels, hasUses: true }).trimEnd()
  const width = terminalWidth()
  const shown = width === undefined || width >= widthForAll ? wide : narrow
  const rows: string[][] = []
  if (output === 'csv') await print(`${csvMark()}"deployment",${titles}\r\n`)
  const tallies: Tally[] = []
  for (const deployment of deployments) {
    const tally = { name: deployment.name, rows: 0, isRead: false }
    for await (const line of listLines(deployment, args, { titles, tally })) {
      if (output === 'csv') await print(`"${deployment.name}",${line}\r\n`)
      else if (tally.rows <= rowsShown) rows.push([deployment.name, ...cellsShown(shown, titles, line)])
    }
    tellUnread(tally)
    tallies.push(tally)
  }
  if (output === 'table') await show(renderAll([['deployment', ...shown], ...rows], tallies, width))
  return codeOf(tallies)
}

type Tally = { readonly name: string; rows: number; isRead: boolean }

function tellUnread({ name, isRead }: Tally): void {
  if (!isRead) process.stderr.write(`${name}: could not be read, so its access is missing here\n`)
}

function codeOf(tallies: readonly Tally[]): number {
  if (tallies.some(({ isRead }) => !isRead)) return 2
  return tallies.some((one) => one.rows > 0) ? 0 : 1
}

/** Joins the pages of all deployments. */
async function writePage(deployments: readonly NamedDeployment[], args: readonly string[]): Promise<number> {
  const tallies: Tally[] = []
  async function* pages() {
    for (const deployment of deployments) {
      const { lines, code } = start(deployment, args, 'html')
      const tally: Tally = { name: deployment.name, rows: 0, isRead: false }
      yield { deployment: deployment.name, lines: noteFacts(lines, tally) }
      // Its exit code says whether it has rows.
      if ((await code) === 0) tally.rows = 1
      tellUnread(tally)
      tallies.push(tally)
    }
  }
  for await (const text of joinAccessPages(pages())) await print(text)
  return codeOf(tallies)
}

async function* noteFacts(lines: AsyncIterable<string>, tally: Tally): AsyncGenerator<string, void> {
  for await (const line of lines) {
    if (isFacts(line)) tally.isRead = true
    yield line
  }
}

/** `ssofile who` in a process of its own. It passes notes and errors on, with the name of the deployment. */
function start(deployment: NamedDeployment, args: readonly string[], output: 'csv' | 'html') {
  const command = [...process.execArgv, process.argv[1] ?? '', 'who', ...args, '--output', output]
  const env = environmentOf(deployment)
  const child = spawn(process.execPath, command, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const code = once(child, 'close').then(([ended]) => ended as unknown)
  const told = tellNotes(deployment.name, child)
  return { lines: linesOf(child.stdout), code: told.then(() => code) }
}

/** The lines of access of one deployment, each with a cell for each title. */
async function* listLines(
  deployment: NamedDeployment,
  args: readonly string[],
  { titles, tally }: { readonly titles: string; readonly tally: Tally },
): AsyncGenerator<string> {
  const { lines, code: ended } = start(deployment, args, 'csv')
  // Columns of uses are last, and only there if uses are counted.
  const heads: string[] = []
  for await (const line of lines) {
    const [head] = heads
    if (head === undefined) heads.push(line)
    else {
      tally.rows++
      yield `${line}${',""'.repeat(cellsOf(titles).length - cellsOf(head).length)}`
    }
  }
  const code = await ended
  // A process that cannot begin has exit code 1, too; then there are no titles.
  tally.isRead = heads.length > 0 && (code === 0 || code === 1)
}

async function tellNotes(name: string, { stderr }: Pick<ChildProcess, 'stderr'>): Promise<void> {
  if (stderr) for await (const line of linesOf(stderr)) process.stderr.write(`${name}: ${line}\n`)
}

const linesOf = (input: Readable) => createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })

/** Variables with credentials come before a profile. (SDK for JavaScript v3, "fromNodeProviderChain".) */
const otherCredentials =
  /^AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|ROLE_ARN|WEB_IDENTITY_TOKEN_FILE|CONTAINER_.*)$/

function environmentOf({ bucket, region, profile, endpoint }: NamedDeployment): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => profile === undefined || !otherCredentials.test(name))
  return {
    ...Object.fromEntries(own),
    ...(profile === undefined ? {} : { AWS_PROFILE: profile }),
    ...(endpoint === undefined ? {} : { AWS_ENDPOINT_URL: endpoint }),
    AWS_REGION: region,
    SSOFILE_BUCKET: bucket,
  }
}

async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain')
}

const cellsOf = (line: string): readonly string[] => [...parseOwnCsv(line)].flat()

function cellsShown(shown: readonly string[], titles: string, line: string): readonly string[] {
  const names = cellsOf(titles)
  const cells = cellsOf(line)
  const cell = (title: string) => cells[names.indexOf(title)] ?? ''
  return shown.map((title) => {
    if (title === 'person') return cell(title) || `(${cell('remark') || 'not known'})`
    return title === 'since' ? cell(title).slice(0, 10) : cell(title)
  })
}

function renderAll(
  [titles = [], ...rows]: readonly (readonly string[])[],
  tallies: readonly Tally[],
  width: number | undefined,
): string {
  const figures = tallies.map(({ name, rows: all, isRead }) => {
    const more = all > rowsShown ? `, of which ${rowsShown} are shown; all with --output csv` : ''
    return `${quote(name)}: ${isRead ? `${count(all, 'row')}${more}` : 'could not be read'}\n`
  })
  const table = rows.length === 0 ? '' : `${renderTable(titles, rows, width, [0, 2])}\n`
  return `${table}${figures.join('')}`
}
