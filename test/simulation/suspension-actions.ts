import * as fc from 'fast-check'
import { doing } from './doing.ts'
import { userNames } from './small-world.ts'

const name = fc.constantFrom(...userNames)

/** HR writes and deletes the file that suspends a person. */
export const suspensionActions = {
  'suspend a person': doing(1, { name }, ({ name }, { objects }) => {
    void objects.as('hr').put(`suspended/${name}`, '{ "reason": "left" }')
  }),
  'restore a person': doing(1, { name }, ({ name }, { objects }) => void objects.as('hr').delete(`suspended/${name}`)),
}
