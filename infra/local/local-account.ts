/** Where the local system's bucket and queues are. The account id is the one that fauxqs has in its queue URLs. */
export const localRegion = 'us-east-1'
export const localAccountId = '000000000000'

export function queueArn(nameOnTheWire: string): string {
  return `arn:aws:sqs:${localRegion}:${localAccountId}:${nameOnTheWire}`
}
