import type { MemoryTopic } from '../../../shared/memory/memory-topic.ts'
import { stableUuid } from '../../../shared/memory/stable-id.ts'
import { xmlElement } from '../s3/xml-text.ts'
import type { QueryOperation } from './query-operation.ts'

/** SNS as the product uses it: Publish to the topic of notifications, with the receiver as an attribute. */
export function snsOperations(topic: MemoryTopic): Readonly<Record<string, QueryOperation>> {
  return {
    Publish({ TopicArn = '', Subject: subject = '', Message: text = '', ...others }) {
      topic.publish(TopicArn, { receiver: attributeOf(others, 'receiver'), subject, text })
      return xmlElement('MessageId', stableUuid(text))
    },
  }
}

/** `MessageAttributes.entry.1.Name`, `MessageAttributes.entry.1.Value.StringValue`. (SNS API Reference, "Publish".) */
function attributeOf(input: Readonly<Record<string, string>>, name: string): string {
  const [field = ''] = Object.entries(input).find(([key, value]) => key.endsWith('.Name') && value === name) ?? []
  return input[field.replace(/\.Name$/, '.Value.StringValue')] ?? ''
}
