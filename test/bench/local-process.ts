import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { DeleteObjectCommand, GetObjectCommand, NoSuchKey, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { type Status, status as statusSchema } from '../../shared/domain/statuses/status.ts'
import type { Observation } from './observe-sso-admin.ts'

const commandLine = fileURLToPath(new URL('../../handlers/cli/ssofile.ts', import.meta.url))
const observer = new URL('observe-sso-admin.ts', import.meta.url).href
const bucket = 'ssofile'
const lookEveryMs = 20
const patienceMs = 300_000

/** A local system as `npm start` runs it, in a process of its own, and a client that uploads to it. */
export class LocalProcess implements AsyncDisposable {
  readonly url: string
  readonly #child: ReturnType<typeof fork>
  readonly #s3: S3Client
  readonly #observations: Observation[]

  private constructor(child: ReturnType<typeof fork>, endpoint: string, observations: Observation[]) {
    this.url = endpoint
    this.#child = child
    this.#observations = observations
    this.#s3 = new S3Client({
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'bench', secretAccessKey: 'any' },
      forcePathStyle: true,
    })
  }

  static async start(options: readonly string[] = []): Promise<LocalProcess> {
    const child = fork(commandLine, ['local', '--port', '0', ...options], {
      execArgv: ['--import', observer],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    const observations: Observation[] = []
    child.on('message', (observation) => observations.push(observation as Observation))
    let told = ''
    child.stderr?.on('data', (data) => {
      told = `${told}${data}`.slice(-2000)
    })
    const endpoint = await new Promise<string>((resolve, reject) => {
      child.stdout?.on('data', (data) => {
        const url = /ready on (http:\S+)/.exec(String(data))?.[1]
        if (url !== undefined) resolve(url)
      })
      child.once('exit', (code) => reject(new Error(`the local system ended with exit code ${code}:\n${told}`)))
    })
    return new LocalProcess(child, endpoint, observations)
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** What was seen of SSO Admin so far. */
  get observations(): readonly Observation[] {
    return this.#observations
  }

  async put(key: string, body: string | Uint8Array = new Uint8Array()): Promise<void> {
    await this.#s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }))
  }

  async remove(key: string): Promise<void> {
    await this.#s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }))
  }

  async read(key: string): Promise<unknown> {
    try {
      const { Body } = await this.#s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
      return JSON.parse((await Body?.transformToString()) ?? 'null')
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined
      throw error
    }
  }

  /** Waits until the status of an input says `applied`. Throws when it says anything but `applying` before. */
  async untilApplied(input: string): Promise<Status> {
    const endsMs = performance.now() + patienceMs
    while (performance.now() < endsMs) {
      const told = statusSchema.optional().parse(await this.read(`status/${input}.json`))
      if (told?.state === 'applied') return told
      if (told !== undefined && told.state !== 'applying') {
        throw new Error(`${input} is ${told.state}: ${told.reason}`)
      }
      await sleep(lookEveryMs)
    }
    throw new Error(`${input} was not applied within ${patienceMs / 1000} s`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#s3.destroy()
    this.#child.kill('SIGTERM')
    if (this.#child.exitCode === null) await once(this.#child, 'exit')
  }
}

/** Uploads a permission set that has nothing to do with the fixture's, and waits until it is there. */
export async function uploadPermissionSet(local: LocalProcess, permissionSetName: string): Promise<void> {
  const key = `permission_sets/${permissionSetName}.json`
  await local.put(key, JSON.stringify({ permissionSetName, description: 'Of a benchmark' }))
  await local.untilApplied(key)
}
