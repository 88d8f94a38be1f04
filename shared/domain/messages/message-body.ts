/**
 * JSON that SQS accepts. A key may contain U+FFFE and U+FFFF. SQS refuses a message with them, and everything else in the same batch, so
 * they are escaped. (SQS API Reference, "SendMessage".)
 */
export function renderMessageBody(value: object): string {
  return JSON.stringify(value).replace(/[\ufffe\uffff]/g, (letter) => (letter === '\ufffe' ? '\\ufffe' : '\\uffff'))
}
