import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { paginateListGroups } from '@aws-sdk/client-identitystore'
import { GetObjectCommand, PutObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3'
import {
  DescribePermissionSetCommand,
  ListInstancesCommand,
  paginateListAccountAssignmentsForPrincipal,
} from '@aws-sdk/client-sso-admin'
import { expect } from '@jest/globals'
import pLimit from 'p-limit'
import type * as z from 'zod'
import type { faultRule } from '../../infra/local/faults/fault-file.ts'
import { freePort, LocalProcess, sdkClients } from '../infra/local/local-process.ts'

const Bucket = 'ssofile'

export type FaultRule = z.input<typeof faultRule>

/** A local system with a data directory, which may be killed and started again; and what AWS's clients see of it. */
export class KeptSystem {
  readonly directory: string
  readonly clients: ReturnType<typeof sdkClients>
  readonly #port: number
  readonly #groups = new Map<string, string>()
  readonly #sets = new Map<string, string>()
  #instance: { readonly InstanceArn: string; readonly IdentityStoreId: string } | undefined
  #local: LocalProcess | undefined
  /** How often access was compared with the ledger. */
  looks = 0

  private constructor(directory: string, port: number) {
    this.directory = directory
    this.#port = port
    this.clients = sdkClients(`http://127.0.0.1:${port}`)
  }

  static async open(): Promise<KeptSystem> {
    return new KeptSystem(await mkdtemp(join(tmpdir(), 'ssofile-kept-')), await freePort())
  }

  async close(): Promise<void> {
    await this.#local?.kill()
    this.clients.destroy()
    await rm(this.directory, { recursive: true, force: true })
  }

  /**
   * Starts it on what an earlier process of this name has left; another name is another system. Ten times as fast as
   * time: what a killed process held comes back after 36 s at most. Much faster, and on a busy machine it comes back unasked.
   */
  start(name: string, ...more: readonly string[]): LocalProcess {
    const data = join(this.directory, name)
    // Bundles keep the time of this machine.
    const scale = more.includes('--bundles') ? [] : ['--time-scale', '10']
    this.#local = new LocalProcess(this.#port, ['--data-dir', data, ...scale, ...more])
    return this.#local
  }

  /** What lets a process suffer this in calls of the product: for `start`. */
  async faults(rule: FaultRule): Promise<readonly string[]> {
    const file = join(this.directory, 'faults.json')
    await writeFile(file, JSON.stringify({ rules: [{ caller: 'ssofile', ...rule }] }))
    return ['--faults', file]
  }

  /** Kills it; ids may be others in the next one. */
  async discard(): Promise<void> {
    await this.#local?.kill()
    this.#instance = undefined
    this.#groups.clear()
    this.#sets.clear()
  }

  async put(key: string, body: string | Uint8Array = ''): Promise<void> {
    const Body = typeof body === 'string' ? new TextEncoder().encode(body) : body
    await this.clients.s3.send(new PutObjectCommand({ Bucket, Key: key, Body }))
  }

  async list(prefix: string): Promise<string[]> {
    const keys: string[] = []
    for await (const { Contents = [] } of paginateListObjectsV2(
      { client: this.clients.s3 },
      { Bucket, Prefix: prefix },
    ))
      for (const { Key = '' } of Contents) keys.push(Key)
    return keys
  }

  /** The states of these links, each without its `%ssofile`. */
  async statesOf(links: readonly string[]): Promise<readonly unknown[]> {
    return pLimit(20).map(links, async (link) => {
      const status = await this.clients.s3
        .send(new GetObjectCommand({ Bucket, Key: `status/links_data/${link}%ssofile.json` }))
        .catch(() => undefined)
      return JSON.parse((await status?.Body?.transformToString()) ?? '{}').state
    })
  }

  /** What stands under this prefix, with the names of groups in place of their ids, in the grammar of links without `%ssofile`. */
  async named(prefix: 'assignments/' | 'history/'): Promise<string[]> {
    const groups = await this.groups()
    const keys = await this.list(`${prefix}account%`)
    return keys.map((key) => {
      const [scope, account, set, id = '', ...rest] = key.slice(prefix.length).split('%')
      return [scope, account, set, groups.get(id) ?? id, ...rest].join('%')
    })
  }

  /** How many grants history has. */
  async granted(): Promise<number> {
    return (await this.list('history/account%')).filter((key) => key.endsWith('%granted.json')).length
  }

  async instance() {
    if (this.#instance) return this.#instance
    const [found] = (await this.clients.ssoAdmin.send(new ListInstancesCommand({}))).Instances ?? []
    this.#instance = { InstanceArn: found?.InstanceArn ?? '', IdentityStoreId: found?.IdentityStoreId ?? '' }
    return this.#instance
  }

  /** Group names by their ids. Asked for once: they do not change here, and cost calls. */
  async groups(): Promise<ReadonlyMap<string, string>> {
    const { IdentityStoreId } = await this.instance()
    if (this.#groups.size > 0) return this.#groups
    for await (const { Groups = [] } of paginateListGroups({ client: this.clients.identityStore }, { IdentityStoreId }))
      for (const { GroupId = '', DisplayName = '' } of Groups) this.#groups.set(GroupId, DisplayName)
    return this.#groups
  }

  async nameOfSet(PermissionSetArn: string): Promise<string> {
    const known = this.#sets.get(PermissionSetArn)
    if (known !== undefined) return known
    const { InstanceArn } = await this.instance()
    const command = new DescribePermissionSetCommand({ InstanceArn, PermissionSetArn })
    const name = (await this.clients.ssoAdmin.send(command)).PermissionSet?.Name ?? ''
    this.#sets.set(PermissionSetArn, name)
    return name
  }

  /** What access of groups there is through this permission set, in the grammar of links without `%ssofile`. */
  async accessNow(permissionSet: string): Promise<string[]> {
    const client = this.clients.ssoAdmin
    const { InstanceArn } = await this.instance()
    const found: string[] = []
    for (const [PrincipalId, group] of await this.groups()) {
      const input = { InstanceArn, PrincipalId, PrincipalType: 'GROUP' } as const
      for await (const { AccountAssignments = [] } of paginateListAccountAssignmentsForPrincipal({ client }, input)) {
        for (const { AccountId, PermissionSetArn = '' } of AccountAssignments) {
          if ((await this.nameOfSet(PermissionSetArn)) === permissionSet)
            found.push(`account%${AccountId}%${permissionSet}%${group}%GROUP`)
        }
      }
    }
    return found
  }

  /** Access first, the ledger after it: what is granted in between cannot be accused. */
  async expectRecorded(permissionSet: string): Promise<void> {
    const access = await this.accessNow(permissionSet)
    const ledger = new Set(await this.named('assignments/'))
    expect(access.filter((name) => !ledger.has(name))).toEqual([])
    this.looks += 1
  }

  /** Exactly this access is there, each granted once, and history says so. */
  async expectGrantedOnce(permissionSet: string, wanted: readonly string[]): Promise<void> {
    expect((await this.accessNow(permissionSet)).sort()).toEqual([...wanted].sort())
    // The first start lists what others gave before.
    const ours = (await this.named('history/')).filter((name) => !name.endsWith('%foreign-found.json'))
    const events = ours.map((name) => name.replace(/\/\d{4}-[^/%]*Z%/, ' '))
    expect(events.sort()).toEqual(wanted.map((name) => `${name} granted.json`).sort())
  }
}
