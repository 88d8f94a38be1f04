export interface Randomness {
  /** Uniform in [0, 1). */
  fraction(): number
  /** A fresh identifier (UUID form). */
  id(): string
}
