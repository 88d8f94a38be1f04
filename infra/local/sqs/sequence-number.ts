/** Twenty digits, like SQS's sequence numbers. */
export function renderSequenceNumber(sequence: number): string {
  return String(sequence).padStart(20, '0')
}
