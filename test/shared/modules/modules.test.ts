import { expect, test } from '@jest/globals'
import { queuesOfPeople } from '../../../shared/domain/inputs/kind.ts'
import { allKinds } from '../../../shared/domain/inputs/kinds.ts'
import { controllerOf } from '../../../shared/modules/modules.ts'

test.each(allKinds().map((kind) => [kind.at, kind] as const))(
  '%s has a controller if its queue is one of the function requests',
  (at, { queue }) => {
    const isWorked = queuesOfPeople.some((one) => one === queue)
    if (isWorked) expect(controllerOf(at)).toBeDefined()
    else expect(() => controllerOf(at)).toThrow(`received the key '${at}'`)
  },
)
