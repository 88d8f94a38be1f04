/** The facts that decide about one act that takes something away. */
export type AdmissionFacts = {
  /**
   * The act's standing. `outlived`: a list of another rule or cause holds it, but now its person has ended, which counts for itself.
   * `held by a minimum`: ssofile judges it again each time.
   */
  readonly standing: 'released' | 'held' | 'outlived' | 'held by a minimum' | 'free'
  /** Whether policies allow that so few people keep the access. `agrees`: also if the act was released, or takes nothing from people. */
  readonly minimum: 'not asked' | 'objects' | 'agrees'
  /** The act counts nowhere, or every window has counted it before. */
  readonly isCounted: boolean
  /** `unknown`: it seems to exceed a limit, but the window's base has not been counted yet. */
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
 * The brake's next step for an act of any kind.
 *
 * | standing          | minimum   | counted | limits   | then                                                          |
 * | ----------------- | --------- | ------- | -------- | ------------------------------------------------------------- |
 * | held              | any       | any     | any      | stays held                                                    |
 * | outlived          | any       | any     | any      | leaves its list, and is judged again                          |
 * | any other         | not asked | any     | any      | asks the minimum                                              |
 * | any other         | objects   | any     | any      | is held by the minimum                                        |
 * | held by a minimum | agrees    | any     | any      | leaves its list, and is judged again                          |
 * | released          | agrees    | any     | any      | passes, uncounted                                             |
 * | free              | agrees    | yes     | any      | passes, counted before                                        |
 * | free              | agrees    | no      | unknown  | the base is counted first, then the act is judged again       |
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
