/** Acts that the brake need not judge: it counted them before, or must never hold them. It judges all others. */
type Exemption =
  | 'temporary access has ended'
  | 'the user or the group is gone'
  | 'the person was admitted before'
  | 'it was admitted before, as its record says'
  | 'the access that its sessions belong to was taken away'
  | 'nobody loses anything'

/** The right to take something away. Each function that takes something requires one. Only the brake and `exempt` make one. */
class Admission {
  readonly outcome = 'passes'
  readonly #by: 'brake' | Exemption

  constructor(by: 'brake' | Exemption) {
    this.#by = by
  }

  /** The brake, or the exemption that admitted it. For logs. */
  toString(): string {
    return this.#by
  }
}

export type { Admission }

/** Nothing may be taken; `reason` is for a person. */
export type Held = { readonly outcome: 'held'; readonly reason: string }

/** Only for the brake, after it judged and counted the act. */
export function admitted(): Admission {
  return new Admission('brake')
}

export function exempt(why: Exemption): Admission {
  return new Admission(why)
}

export type BrakeAnswer = Admission | Held
