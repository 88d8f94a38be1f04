import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { IdentitystoreClient } from '@aws-sdk/client-identitystore'
import { OrganizationsClient } from '@aws-sdk/client-organizations'
import { S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import { SSOAdminClient } from '@aws-sdk/client-sso-admin'
import { ssofileCommand } from '../../end-to-end/run-program.ts'
import { until } from '../../end-to-end/until.ts'

const recorder = new URL('../../end-to-end/record-calls.ts', import.meta.url).href

/**
 * A port that is free with the two after it, which the pages have, so that a restart can have the same ones. Below those
 * that Linux gives to whoever asks for any (ip_local_port_range begins at 32768).
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + 3 * randomInt(4_000)
    const areFree = await Promise.all([port, port + 1, port + 2].map(isFree))
    if (areFree.every(Boolean)) return port
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  const isListening = await once(server, 'listening').then(
    () => true,
    () => false,
  )
  if (isListening) await new Promise((resolve) => server.close(resolve))
  return isListening
}

/** `ssofile local` in a process of its own, which can be killed. */
export class LocalProcess {
  readonly url: string
  readonly #child: ChildProcess
  /** Resolves when it has ended, by itself or not. */
  readonly ended: Promise<unknown>
  #output = ''

  constructor(port: number, args: readonly string[]) {
    this.url = `http://127.0.0.1:${port}`
    const local = [`--import=${recorder}`, ssofileCommand, 'local', '--port', String(port)]
    this.#child = spawn(process.execPath, [...local, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child.stdout?.on('data', (chunk) => this.#keep(chunk))
    this.#child.stderr?.on('data', (chunk) => this.#keep(chunk))
    this.ended = once(this.#child, 'exit')
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get exitCode(): number | null {
    return this.#child.exitCode
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** The last of what it wrote. */
  get output(): string {
    return this.#output
  }

  /** Resolves once it answers at all, before it is ready. */
  listening(): Promise<void> {
    return this.#answers((status) => status > 0)
  }

  ready(): Promise<void> {
    return this.#answers((status) => status === 200)
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.#child.kill(signal)
    await this.ended
  }

  async #answers(isEnough: (status: number) => boolean): Promise<void> {
    await eventually(async () => {
      if (!this.isAlive)
        throw new Error(`it ended with ${this.#child.exitCode ?? this.#child.signalCode}: ${this.#output}`)
      const status = await fetch(`${this.url}/_ssofile/health`).then(
        (answer) => answer.status,
        () => 0,
      )
      return isEnough(status)
    })
  }

  #keep(chunk: Buffer): void {
    this.#output = (this.#output + chunk.toString()).slice(-20_000)
  }
}

/** Waits for a condition; one that stays false ends with the test's own timeout. */
export async function eventually(holds: () => Promise<boolean>): Promise<void> {
  await until('', async () => ((await holds()) ? true : undefined), { withinMs: Number.POSITIVE_INFINITY })
}

/** The SDK's own clients on one endpoint. */
export function sdkClients(endpoint: string, accessKeyId = 'me') {
  const common = { endpoint, region: 'us-east-1', credentials: { accessKeyId, secretAccessKey: 'any' }, maxAttempts: 8 }
  const clients = {
    s3: new S3Client({ ...common, forcePathStyle: true }),
    sqs: new SQSClient(common),
    // Somebody in the management account, who is refused nothing.
    ssoAdmin: new SSOAdminClient({ ...common, credentials: { accessKeyId: 'management', secretAccessKey: 'any' } }),
    identityStore: new IdentitystoreClient(common),
    organizations: new OrganizationsClient(common),
  }
  const destroy = () => {
    for (const client of Object.values(clients)) client.destroy()
  }
  return { ...clients, destroy }
}
