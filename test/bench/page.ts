import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import * as z from 'zod'
import { findPageFolder } from '../../handlers/browse/find-page-folder.ts'
import { bundleFunction } from '../../infra/bundle-function.ts'
import { configuration } from '../../shared/domain/deployment/configuration.ts'
import { closedApi } from '../../shared/domain/deployment/environment.ts'
import { pageSettings } from '../../shared/domain/deployment/page-settings.ts'
import { workedQueues } from '../../shared/ports/queues.ts'
import { PageVisitor } from '../end-to-end/page-visitor.ts'
import { atMost, type Benchmark, exactly, parseNumbers, quantile, withoutGoal } from './benchmark.ts'
import { LocalProcess } from './local-process.ts'
import { visit } from './page-in-browser.ts'

const kilobyte = 1024
export const pageFilesFigure = 'the page and its files, compressed'
export const pageBundleFigure = 'bundle'
const bundleMostKb = 1024

/** The same for the same sources on every machine. */
export async function pageFilesKb(): Promise<number> {
  const folder = await findPageFolder()
  const bytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
  return bytes / kilobyte
}

/** The same for the same sources on every machine. */
export function pageBundleKb(): number {
  const folder = mkdtempSync(join(tmpdir(), 'ssofile-page-'))
  try {
    bundle(folder)
    return sizeOfBundle(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const sizeOfBundle = (folder: string) => statSync(join(folder, 'index.mjs')).size / kilobyte

const person = 'kenji.ito@acme.example'
const otherPerson = 'maria.alvarez@acme.example'
const calls = ['/api/me', '/api/eligibility', '/api/now', '/api/choices']

/** What somebody waits for who opens the page, and what of it is loaded. */
export const hostedPage: Benchmark = {
  name: 'page',
  usage: 'page [--runs 15] [--sign-ins 10000] [--flood 1000]',
  summary:
    'the page for everybody: visits in Chromium, and a function that has just started; its sizes; many who begin to sign in; one person who asks too much',
  clock: 'machine',
  async run(options) {
    const { runs, 'sign-ins': signIns, flood } = parseNumbers(options, { runs: 15, 'sign-ins': 10_000, flood: 1_000 })
    await using system = await LocalProcess.start()
    const health = (await (await fetch(`${system.url}/_ssofile/health`)).json()) as { page: string }
    const { cookie } = await PageVisitor.signIn(health.page, person)
    const warm: number[] = []
    for (let run = 0; run <= runs; run++) warm.push(await look(health.page, cookie))
    const seen = await visit(health.page, cookie, Math.ceil(runs / 3))
    const folder = mkdtempSync(join(tmpdir(), 'ssofile-page-'))
    try {
      bundle(folder)
      const variables = environmentOf(system.url, health.page, await readInstanceArn(system.url))
      const other = await PageVisitor.signIn(health.page, otherPerson)
      const refused = await beginAll(health.page, signIns)
      // Until API Gateway's bucket is full again.
      await setTimeout(3_000)
      const { refusedOnce, waits, refusedOthers } = await askTooMuch(health.page, {
        cookie,
        other: other.cookie,
        flood,
      })
      // These block this process, and with it the connections that it keeps.
      const cold = Array.from({ length: Math.ceil(runs / 3) }, () => start(folder, variables))
      return {
        lines: [
          `all calls of a view: ${quantile(warm.slice(1), 0.5).toFixed(3)} s (median), ${Math.max(...warm.slice(1)).toFixed(3)} s (slowest)`,
        ],
        figures: [
          atMost(2, { figure: 'first visit in Chromium, drawn, median', value: seen.firstSeconds, unit: 's' }),
          atMost(0.8, { figure: 'a later visit in Chromium, drawn, median', value: seen.laterSeconds, unit: 's' }),
          atMost(700, { figure: 'the first visit transfers, compressed', value: seen.transferredKb, unit: 'KB' }),
          atMost(620, { figure: pageFilesFigure, value: await pageFilesKb(), unit: 'KB' }),
          atMost(300, { figure: 'a filter over 100,000 rows in Chromium, median', value: seen.filterMs, unit: 'ms' }),
          atMost(0.3, { figure: 'all calls of a view, warm, median', value: quantile(warm.slice(1), 0.5), unit: 's' }),
          atMost(1, {
            figure: 'first answer of a function that has just started, median',
            value: quantile(cold, 0.5),
            unit: 's',
          }),
          atMost(bundleMostKb, { figure: pageBundleFigure, value: sizeOfBundle(folder), unit: 'KB' }),
          exactly(0, {
            figure: `others refused while one person asks ${flood} times in a minute`,
            value: refusedOthers,
            unit: '',
          }),
          atMost(0.3, { figure: 'the same: what others wait, slowest', value: Math.max(...waits), unit: 's' }),
          withoutGoal({ figure: 'the same: refused of the one person', value: refusedOnce, unit: '' }),
          exactly(0, {
            figure: `of ${signIns} sign-ins that begin, not answered, and not told to wait`,
            value: refused,
            unit: '',
          }),
        ],
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
}

async function readInstanceArn(endpoint: string): Promise<string> {
  const credentials = { accessKeyId: 'ssofile', secretAccessKey: 'local' }
  const s3 = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true })
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'ssofile', Key: 'control/owner.json' }))
  return z.object({ instanceArn: z.string() }).parse(JSON.parse((await Body?.transformToString()) ?? '')).instanceArn
}

/** Seconds until a browser has all that it shows first. */
async function look(origin: string, cookie: string): Promise<number> {
  const beganMs = performance.now()
  const load = async (path: string): Promise<void> => {
    const answer = await fetch(origin + path, { headers: { cookie } })
    const waitSeconds = Number(answer.headers.get('retry-after'))
    // As the page does, while a system that has just started asks the directory for everything.
    if (answer.status === 503 && waitSeconds > 0) return setTimeout(waitSeconds * 1_000).then(() => load(path))
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    await answer.text()
  }
  await load('/')
  await load('/api/me')
  await Promise.all(calls.slice(1).map(load))
  return (performance.now() - beganMs) / 1000
}

function bundle(folder: string): void {
  const settings = pageSettings.parse({
    signIn: {
      issuer: 'https://example.com',
      clientId: 'ssofile',
      clientSecretArn: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:page',
    },
  })
  bundleFunction('page', configuration.parse({}), folder, closedApi, [], settings)
  const event = {
    rawPath: '/',
    rawQueryString: '',
    headers: {},
    isBase64Encoded: false,
    requestContext: { requestId: 'r', http: { method: 'GET', sourceIp: '192.0.2.1' } },
  }
  writeFileSync(
    join(folder, 'first.mjs'),
    `import { handler } from './index.mjs'
const { statusCode } = await handler(${JSON.stringify(event)}, { functionName: 'page', memoryLimitInMB: '1024', awsRequestId: 'r' })
process.exit(statusCode === 200 ? 0 : 1)`,
  )
}

function environmentOf(url: string, origin: string, instanceArn: string): Readonly<Record<string, string>> {
  return {
    SSOFILE_DEPLOYMENT: 'local',
    SSOFILE_BUCKET: 'ssofile',
    SSOFILE_INSTANCE_ARN: instanceArn,
    SSOFILE_QUEUE_URLS: JSON.stringify(Object.fromEntries(workedQueues.map((queue) => [queue, `${url}/1/${queue}`]))),
    SSOFILE_BUS: 'bus',
    SSOFILE_TOPIC_ARN: 'topic',
    SSOFILE_PAGE_ORIGIN: origin,
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: 'ssofile',
    AWS_SECRET_ACCESS_KEY: 'local',
  }
}

function start(folder: string, env: Readonly<Record<string, string>>): number {
  const beganMs = performance.now()
  const { status, stderr } = spawnSync(process.execPath, [join(folder, 'first.mjs')], { env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`the function ended with ${status}:\n${stderr}`)
  return (performance.now() - beganMs) / 1000
}

type Flood = { readonly cookie: string; readonly other: string; readonly flood: number }

/** One person asks `flood` times in a minute, evenly, which nothing waits for; somebody else asks twice a second meanwhile. */
async function askTooMuch(origin: string, { cookie, other, flood }: Flood) {
  const ask = async (own: string) => {
    const beganMs = performance.now()
    const { status, body } = await fetch(`${origin}/api/me`, { headers: { cookie: own } })
    await body?.cancel()
    return { status, seconds: (performance.now() - beganMs) / 1000 }
  }
  const repeat = async (own: string, count: number) => {
    const asked: Promise<{ status: number; seconds: number }>[] = []
    for (let one = 0; one < count; one++) {
      asked.push(ask(own))
      await setTimeout(60_000 / count)
    }
    return Promise.all(asked)
  }
  const [one, others] = await Promise.all([repeat(cookie, flood), repeat(other, 120)])
  return {
    refusedOnce: one.filter(({ status }) => status === 429).length,
    refusedOthers: others.filter(({ status }) => status !== 200).length,
    waits: others.map(({ seconds }) => seconds),
  }
}

/** How many got neither the way to the provider nor the answer to come again, which API Gateway gives to too many at once. */
async function beginAll(origin: string, count: number): Promise<number> {
  let left = count
  let wrong = 0
  const take = async () => {
    while (left-- > 0) {
      const { status, body } = await fetch(`${origin}/sign-in`, { redirect: 'manual' })
      await body?.cancel()
      if (status !== 303 && status !== 429) wrong += 1
    }
  }
  await Promise.all(Array.from({ length: 20 }, take))
  return wrong
}
