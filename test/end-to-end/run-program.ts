import { spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { FunctionName } from '../../shared/ports/deployment-settings.ts'
import type { LocalSystem } from './local-system.ts'

export type Ended = { readonly exitCode: number; readonly stdout: string; readonly stderr: string }
type ProgramOptions = { readonly env: NodeJS.ProcessEnv; readonly input?: string; readonly cwd?: string }

/** The root of the checkout. */
export const checkout = fileURLToPath(new URL('../../', import.meta.url))
/**
 * `ssofile` itself: TESTED_COMMAND names it where it is bundled as in the package, which starts in two thirds of the time
 * (.ci/run); default: that of the checkout.
 */
export const ssofileCommand = join(checkout, process.env.TESTED_COMMAND ?? 'handlers/cli/ssofile.ts')

/** Runs a program to its end. `cwd`: where; default: the checkout. `input`: what it reads from standard input; default: nothing. */
export function runProgram(
  program: string,
  args: readonly string[],
  { env, input = '', cwd = checkout }: ProgramOptions,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] })
    const texts = { stdout: '', stderr: '' }
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        texts[stream] += text
      })
    }
    child.on('error', reject)
    child.on('close', (code) => resolve({ exitCode: code ?? -1, ...texts }))
    // A program that does not read its input may have ended before.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}

/** `ssofile …` as a person runs it, with the cache of compiled code that `launch.js` gives it: jest.config.js. */
export function runSsofile(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  return runProgram(process.execPath, [ssofileCommand, ...args], {
    env: { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...env },
  })
}

/** A function as it is deployed: its bundle, in `folder`, in a process of its own, with the rights of ssofile. */
export async function runBundle(name: FunctionName, folder: string, system: LocalSystem): Promise<Ended> {
  const owner = await system.json('control/owner.json')
  const { name: deployment, queueUrls } = Object(owner?.deployment)
  const script = `const { handler } = await import('${pathToFileURL(join(folder, 'index.mjs')).href}')
    await handler({}, { functionName: '${name}', awsRequestId: '1', getRemainingTimeInMillis: () => 60_000 })`
  return runProgram(process.execPath, ['--input-type=module', '--eval', script], {
    env: {
      ...system.env('ssofile'),
      AWS_REGION: 'us-east-1',
      SSOFILE_DEPLOYMENT: String(deployment),
      SSOFILE_BUCKET: 'ssofile',
      SSOFILE_INSTANCE_ARN: String(owner?.instanceArn),
      SSOFILE_QUEUE_URLS: JSON.stringify(queueUrls),
      SSOFILE_BUS: 'local-outcomes',
      SSOFILE_TOPIC_ARN: 'arn:aws:sns:us-east-1:000000000000:local-notifications',
      AWS_SDK_UA_APP_ID: name,
    },
  })
}

/**
 * The AWS CLIs of this machine: the one on the PATH, and a distribution's old one beside it (before 2.13 the CLI does not
 * read AWS_ENDPOINT_URL, so `--endpoint-url` is always given). Throws where there is none.
 */
export function listAwsClis(): readonly [string, ...string[]] {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin']
  const [first, ...others] = [
    ...new Set(folders.map((folder) => join(folder, 'aws')).filter((file) => existsSync(file))),
  ]
  if (first === undefined) {
    throw new Error('no AWS CLI was found on the PATH; the end-to-end tests need one: apt-get install awscli')
  }
  const old = others.find((file) => file === '/usr/bin/aws')
  return old === undefined ? [first] : [first, old]
}

/** Every Node of this machine, the older ones too: whoever installs ssofile has some other on the PATH. */
export function listNodes(): readonly string[] {
  const files = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin'].map((folder) => join(folder, 'node'))
  const others = files
    .filter((file) => existsSync(file) && !file.includes('node_modules'))
    .map((file) => realpathSync(file))
  return [process.execPath, ...new Set(others)]
}
