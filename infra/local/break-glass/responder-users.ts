import { createHmac, randomBytes } from 'node:crypto'
import { userArn, userName } from '../../../shared/domain/account-facts/break-glass-names.ts'
import { Refusal } from '../../../shared/memory/refusal.ts'
import type { OpenTable } from '../../../shared/memory/table.ts'
import type { Clock } from '../../../shared/ports/clock.ts'

export type ResponderUser = {
  readonly name: string
  readonly arn: string
  /** `undefined`: somebody has deleted it. */
  readonly password: string | undefined
  readonly permissionsBoundary?: string | undefined
  readonly mustChange: boolean
  readonly createdAt: Date
  readonly passwordChangedAt: Date
  readonly passwordUsedAt?: Date | undefined
}
export type Device = {
  readonly serial: string
  readonly seed: string
  /** Absent: the device has no user yet. */
  readonly user?: string | undefined
  readonly since?: Date | undefined
  /** A code counts only once. (IAM User Guide, "Using MFA devices".) */
  readonly usedStep: number
}

/** IAM User Guide, "AWS Multi-factor authentication in IAM". */
const devicesMost = 8
const refuse = (code: string, message: string) => new Refusal('iam', code, message)

/** The users of the security account with their passwords and virtual MFA devices, which show real codes. */
export class ResponderUsers {
  readonly #clock: Clock
  readonly #users: Map<string, ResponderUser>
  readonly #devices: Map<string, Device>

  constructor({ clock, openTable }: { readonly clock: Clock; readonly openTable: OpenTable }) {
    this.#clock = clock
    this.#users = openTable('break-glass/users')
    this.#devices = openTable('break-glass/devices')
  }

  /** Creates missing users, with a first password each, and deletes those that are no longer in a file. */
  deploy(account: string, responders: readonly string[]): ReadonlyMap<string, string> {
    const names = responders.map(userName)
    for (const name of this.#users.keys()) if (!names.includes(name)) this.#users.delete(name)
    const made = responders.filter((one) => !this.#users.has(userName(one)))
    const now = this.#clock.now()
    return new Map(
      made.map((responder) => {
        const name = userName(responder)
        const password = randomBytes(24).toString('base64')
        const times = { createdAt: now, passwordChangedAt: now }
        this.#users.set(name, { name, arn: userArn(account, responder), password, mustChange: true, ...times })
        return [responder, password]
      }),
    )
  }

  all(): readonly ResponderUser[] {
    return [...this.#users.values()]
  }

  get(name: string): ResponderUser {
    const user = this.#users.get(name)
    if (user === undefined) throw refuse('NoSuchEntity', `The user with name ${name} cannot be found.`)
    return user
  }

  devicesOf(name: string): readonly Device[] {
    return [...this.#devices.values()].filter(({ user }) => user === name)
  }

  device(serial: string): Device | undefined {
    return this.#devices.get(serial)
  }

  changePassword(name: string, before: string, after: string): void {
    const user = this.get(name)
    if (user.password !== before) throw refuse('InvalidUserType', 'The old password was incorrect.')
    if (after.length < 24 || after === before)
      throw refuse('PasswordPolicyViolation', 'Password does not conform to the account password policy.')
    this.#users.set(name, { ...user, password: after, mustChange: false, passwordChangedAt: this.#clock.now() })
  }

  change(name: string, by: Pick<Partial<ResponderUser>, 'password' | 'permissionsBoundary'>): void {
    this.#users.set(name, { ...this.get(name), ...by })
  }

  passwordUsed(name: string): void {
    this.#users.set(name, { ...this.get(name), passwordUsedAt: this.#clock.now() })
  }

  createDevice(serial: string): Device {
    if (this.#devices.has(serial))
      throw refuse('EntityAlreadyExists', `MFADevice entity at the same path and name already exists.`)
    const device = { serial, seed: encodeBase32(randomBytes(20)), usedStep: 0 }
    this.#devices.set(serial, device)
    return device
  }

  enableDevice(name: string, serial: string, first: string, second: string): void {
    const device = this.#devices.get(serial)
    if (device === undefined || device.user !== undefined)
      throw refuse('NoSuchEntity', `VirtualMFADevice with serial number ${serial} does not exist.`)
    if (this.devicesOf(name).length >= devicesMost)
      throw refuse('LimitExceeded', `Cannot exceed quota for MFADevicesPerUser: ${devicesMost}`)
    const now = stepOf(this.#clock.now())
    const step = [now - 1, now].find(
      (one) => oneTimeCode(device.seed, one - 1) === first && oneTimeCode(device.seed, one) === second,
    )
    if (step === undefined) throw refuse('InvalidAuthenticationCode', 'Authentication code for device is not valid.')
    this.#devices.set(serial, { ...device, user: name, since: this.#clock.now(), usedStep: step })
  }

  deactivateDevice(name: string, serial: string): void {
    if (this.#devices.get(serial)?.user !== name)
      throw refuse('NoSuchEntity', `MFA device with serial number ${serial} is not assigned to user ${name}.`)
    this.#devices.delete(serial)
  }

  /** Whether a device of the user shows this code now, or did in the previous step, and the code has not been used yet. */
  takeCode(name: string, code: string, serial?: string): boolean {
    const now = stepOf(this.#clock.now())
    for (const device of this.devicesOf(name)) {
      if (serial !== undefined && device.serial !== serial) continue
      const step = [now - 1, now].find((one) => one > device.usedStep && oneTimeCode(device.seed, one) === code)
      if (step === undefined) continue
      this.#devices.set(device.serial, { ...device, usedStep: step })
      return true
    }
    return false
  }
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const stepMs = 30_000

/** RFC 4648, "Base 32 Encoding". */
export function encodeBase32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? []).map((five) => alphabet[Number.parseInt(five.padEnd(5, '0'), 2)] ?? '').join('')
}

export function decodeBase32(text: string): Buffer {
  const bits = [...text].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}

/** The step of 30 seconds that contains an instant. */
export function stepOf(at: Date): number {
  return Math.floor(at.getTime() / stepMs)
}

/** The six digits that a virtual MFA device shows in a step. (RFC 6238, "TOTP"; RFC 4226, section 5.3.) */
export function oneTimeCode(seed: string, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', decodeBase32(seed)).update(counter).digest()
  const offset = (mac.at(-1) ?? 0) & 0xf
  return String((mac.readUInt32BE(offset) & 0x7f_ff_ff_ff) % 1_000_000).padStart(6, '0')
}
