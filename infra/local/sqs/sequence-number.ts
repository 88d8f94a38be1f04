/** Twenty digits, as SQS's sequence numbers have. */
export function renderSequenceNumber(sequence: number): string {
  return String(sequence).padStart(20, '0')
}
