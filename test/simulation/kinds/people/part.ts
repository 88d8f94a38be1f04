import { SuspensionsPromise } from '../../oracle/suspensions.ts'
import type { Part } from '../part.ts'
import { PeopleBrakePromise } from './people-brake.ts'
import { peopleLives } from './people-lives.ts'
import { PeoplePromise } from './people-promise.ts'
import { peopleSabotages } from './people-sabotages.ts'
import { personFiles } from './person-files.ts'
import { suspensionFiles } from './suspension-files.ts'

/** The people of the directory: their suspensions. */
export const people = {
  kinds: {
    person: { files: personFiles, oracle: PeoplePromise },
    suspension: { files: suspensionFiles, oracle: SuspensionsPromise },
  },
  oracles: [PeopleBrakePromise],
  lives: peopleLives,
  sabotages: peopleSabotages,
} as const satisfies Part
