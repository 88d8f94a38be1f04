import type { Act } from '../../../../shared/domain/brake/act.ts'
import type { BrakeRecord, BrakeWindow } from '../../../../shared/domain/brake/brake-record.ts'
import { judgeAct } from '../../../../shared/domain/brake/judge-act.ts'
import type { BrakeTerms } from '../../../../shared/domain/brake/windows.ts'

export function judge(brake: BrakeRecord, act: Act, terms: BrakeTerms) {
  const judged = judgeAct(brake, act, terms)
  return { brake: judged.brake, passes: judged.is === 'passes' }
}

/** The windows that have to be counted before an act is judged. */
export function baselessOf(brake: BrakeRecord, act: Act, terms: BrakeTerms): readonly BrakeWindow[] {
  const judged = judgeAct(brake, act, terms)
  return judged.is === 'unmeasured' ? judged.baseless : []
}
