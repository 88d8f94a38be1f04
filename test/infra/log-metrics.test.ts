import { expect, test } from '@jest/globals'
import { attentionMessage, attentionMetrics, logMetrics } from '../../infra/log-metrics.ts'
import { attentionStates } from '../../shared/domain/status.ts'
import { listProjectFiles, readText } from '../house/source-files.ts'

const product = ['handlers', 'shared/reconcile']
  .flatMap((folder) => listProjectFiles(folder))
  .map((path) => readText(path))
  .join('\n')

const messages = Object.values(logMetrics).filter(({ field }) => field === 'message')
test.each(messages.map(({ text }) => text))('the log line that a metric counts is written: %s', (text) => {
  expect(product).toContain(`'${text}'`)
})

test('the brake marks its lines by the field that a metric counts', () => {
  expect(product).toContain(`alarm: '${logMetrics.BrakeHolds.text}'`)
})

test('every state that wants attention is told by the sweep and has its metric', () => {
  expect(product).toContain(`'${attentionMessage}'`)
  expect([...attentionMetrics]).toEqual([...attentionStates])
})
