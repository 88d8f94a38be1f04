import type { SimulatedWorld } from '../../simulated-world.ts'
import { PeoplePromise } from './people-promise.ts'
import { personFiles } from './person-files.ts'

/** HR uploads the files of everybody who has ended, so that nobody stays suspended. */
export function bringBack(world: SimulatedWorld): void {
  for (const name of world.checker.judge(PeoplePromise).ended)
    void world.objects.as('hr').put(`people/${name}.json`, personFiles.valid.employee)
}
