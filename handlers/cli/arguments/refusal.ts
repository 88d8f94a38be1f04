/** Wrong usage, or a refusal to run: shown without a stack, exit code 2. The message contains the remedy. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}
