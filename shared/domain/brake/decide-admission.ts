/** What decides about one act that takes something away. */
export type AdmissionFacts = {
  /**
   * Where it stands. `outlived`: a list has it because of what one person did, and meanwhile there is another cause, which counts
   * for itself. `held by a minimum`: it is judged again each time.
   */
  readonly standing: 'released' | 'held' | 'outlived' | 'held by a minimum' | 'free'
  /** What policies say of those who would be left. `agrees`: also where it was released, or takes nothing from people. */
  readonly minimum: 'not asked' | 'objects' | 'agrees'
  /** It counts nowhere, or was counted before wherever it counts. */
  readonly isCounted: boolean
  /** `unknown`: it seems to be one too many, and its share of the whole has not been counted yet. */
  readonly limits: 'kept' | 'exceeded' | 'unknown'
}

export type AdmissionStep =
  | 'stay'
  | 'leave list'
  | 'ask minimum'
  | 'hold by minimum'
  | 'pass'
  | 'measure'
  | 'hold'
  | 'count'

/**
 * What the brake does next with an act, whatever kind of act it is.
 *
 * | standing          | minimum   | counted | limits   | then                                                          |
 * | ----------------- | --------- | ------- | -------- | ------------------------------------------------------------- |
 * | held              | any       | any     | any      | stays held                                                    |
 * | outlived          | any       | any     | any      | leaves its list, and is judged again                          |
 * | any other         | not asked | any     | any      | the minimum is asked                                          |
 * | any other         | objects   | any     | any      | is held by the minimum                                        |
 * | held by a minimum | agrees    | any     | any      | leaves its list, and is judged again                          |
 * | released          | agrees    | any     | any      | passes, uncounted                                             |
 * | free              | agrees    | yes     | any      | passes, counted before                                        |
 * | free              | agrees    | no      | unknown  | the whole is counted first, and it is judged again            |
 * | free              | agrees    | no      | exceeded | is held, on the list of the first limit that it exceeds       |
 * | free              | agrees    | no      | kept     | passes, and is counted                                        |
 */
export function decideAdmission({ standing, minimum, isCounted, limits }: AdmissionFacts): AdmissionStep {
  if (standing === 'held') return 'stay'
  if (standing === 'outlived') return 'leave list'
  if (minimum === 'not asked') return 'ask minimum'
  if (minimum === 'objects') return 'hold by minimum'
  if (standing === 'held by a minimum') return 'leave list'
  if (standing === 'released' || isCounted) return 'pass'
  if (limits === 'unknown') return 'measure'
  return limits === 'exceeded' ? 'hold' : 'count'
}
