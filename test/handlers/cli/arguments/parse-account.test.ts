import { expect, test } from '@jest/globals'
import { chooseAccount } from '../../../../handlers/cli/arguments/parse-account.ts'
import { accountId } from '../../../../shared/domain/organization/account-id.ts'

const accounts = [
  ['012345678901', 'ledger-prod'],
  ['233000000002', 'payments'],
  ['233000000003', 'twin'],
  ['233000000004', 'twin'],
].map(([id, name = '']) => ({ id: accountId.parse(id), name }))

test('an account is found by its name, if only one has it', () => {
  expect(chooseAccount('ledger-prod', accounts)).toBe('012345678901')
})

test.each([
  ['a name of two accounts', 'twin', 'one of the 2 accounts with this name: 233000000003, 233000000004'],
  ['a name in other capitals', 'Ledger-Prod', "or its name; 'ledger-prod' is 012345678901"],
  ['a name with a slip', 'paymets', "or its name; 'payments' is 233000000002"],
  ['an unknown name', 'nothing-like-it', 'its twelve-digit id, or its name'],
  ['eleven digits', '12345678901', 'these are 11. Spreadsheets drop leading zeros; perhaps it is 012345678901'],
  ['thirteen digits', '1234567890123', 'twelve digits: these are 13'],
])('%s is refused with the way out', (_, text, expected) => {
  expect(() => chooseAccount(text, accounts)).toThrow(expected)
})
