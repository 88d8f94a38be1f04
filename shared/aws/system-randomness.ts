import { randomInt, randomUUID } from 'node:crypto'
import type { Randomness } from '../ports/randomness.ts'

const steps = 2 ** 47

export class SystemRandomness implements Randomness {
  fraction(): number {
    return randomInt(steps) / steps
  }

  id(): string {
    return randomUUID()
  }
}
