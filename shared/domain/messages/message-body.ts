/**
 * JSON that says the same, in characters that a message may have. A key may contain U+FFFE and U+FFFF. SQS refuses a message with them, and
 * everything else in the same batch. (SQS API Reference, "SendMessage".) The adapters call it, so no caller can forget it.
 */
export function escapeBody(json: string): string {
  return json.replace(/[\ufffe\uffff]/g, (letter) => (letter === '\ufffe' ? '\\ufffe' : '\\uffff'))
}
