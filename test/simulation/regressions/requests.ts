import { strike, wait } from '../scenario-steps.ts'
import { calm, type Regression } from './regression.ts'

/** What the simulation once found about requests for temporary access. */
export const requestRegressions: readonly Regression[] = [
  {
    name: 'a request that was denied while its link was still being written leaves no link',
    settings: { ...calm, seed: 3, latencyMs: 300, outstanding: 3, evenPace: true },
    actions: [
      wait(5_000),
      { do: 'write the eligibility', approvals: 1 },
      { do: 'ask for access', account: '200000000001' },
      wait(20_000),
      strike('freeze', 'writes', { service: 's3', process: 'handler', skip: 4 }),
      {
        do: 'decide on a request',
        account: '200000000001',
        by: 'ann',
        decision: 'approve',
        of: 'the present upload',
        isSealed: false,
      },
      wait(4_000),
      strike('kill-after', 'writes', { service: 's3', process: 'handler', skip: 12 }),
      {
        do: 'decide on a request',
        account: '200000000001',
        by: 'bob',
        decision: 'deny',
        of: 'the present upload',
        isSealed: false,
      },
      wait(170_000),
    ],
  },
]
