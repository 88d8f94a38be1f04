import { expect, test } from '@jest/globals'
import { readActionCatalog } from '../../handlers/cli/plan/read-action-catalog.ts'
import { listActionNames } from '../../infra/bundle-function.ts'
import { catalogOf } from '../../shared/domain/iam-policies/action-names.ts'

test('the actions beside a bundle are those that the commands know', async () => {
  const [beside, known] = [catalogOf(listActionNames()), await readActionCatalog()]
  expect(beside.size).toBeGreaterThan(10_000)
  expect([...beside].sort()).toEqual([...known].sort())
})
