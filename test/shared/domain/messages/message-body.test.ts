import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { escapeBody } from '../../../../shared/domain/messages/message-body.ts'
import { checkMessage } from '../../../../shared/memory/sqs/check-message.ts'
import { awkwardText } from '../arbitraries.ts'

const queue = { isFifo: false }

test('whatever a key holds, its message is one that SQS takes, and says the same', () => {
  fc.assert(
    fc.property(fc.oneof(awkwardText, fc.constantFrom('\ufffe', 'a\uffffb\ufffe', '\\ufffe')), (key) => {
      const body = escapeBody(JSON.stringify({ key }))
      expect(() => checkMessage({ body }, queue)).not.toThrow()
      expect(JSON.parse(body)).toEqual({ key })
    }),
  )
})
