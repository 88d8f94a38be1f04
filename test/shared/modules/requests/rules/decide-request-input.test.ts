import { expect, test } from '@jest/globals'
import { requestDigest } from '../../../../../shared/domain/files/access-request.ts'
import {
  decideRequestInput,
  type RequestInputFacts,
} from '../../../../../shared/modules/requests/rules/decide-request-input.ts'

const digest = requestDigest.parse('a'.repeat(32))
const waits = { do: 'tell', status: { state: 'waiting', request: { digest } } } as const
const gone = { do: 'tell', status: undefined } as const
const grant = { do: 'record', event: { event: 'asked', digest } } as const
type Read = Extract<RequestInputFacts, { is: 'read' }>
const read = (step: Read['step'], unnoted?: typeof digest) => ({ is: 'read', step, unnoted }) as const

test.each<[string, RequestInputFacts, object]>([
  ['is one of too many', { is: 'left', why: 'one of too many' }, { do: 'tell the crowd' }],
  ['waits for its turn', { is: 'left', why: 'until its turn' }, { tell: 'nothing' }],
  ['has no valid name', { is: 'misnamed' }, { tell: 'misnamed' }],
  ['changes something', read(grant, digest), grant],
  ['tells a digest that no approval finds yet', read(waits, digest), { do: 'note the digest', digest }],
  ['tells a digest', read(waits), { tell: 'outcome', outcome: { status: waits.status } }],
  ['is gone', read(gone), { tell: 'outcome', outcome: { status: undefined } }],
])('the file of a request that %s is decided by its row', (_, facts, step) => {
  expect(decideRequestInput(facts)).toEqual(step)
})
