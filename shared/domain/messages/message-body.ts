/**
 * JSON in the characters that SQS takes. A key may hold U+FFFE and U+FFFF, which SQS refuses in messages together with
 * everything sent in the same batch, so they stand escaped. (SQS API Reference, "SendMessage".)
 */
export function renderMessageBody(value: object): string {
  return JSON.stringify(value).replace(/[\ufffe\uffff]/g, (letter) => (letter === '\ufffe' ? '\\ufffe' : '\\uffff'))
}
