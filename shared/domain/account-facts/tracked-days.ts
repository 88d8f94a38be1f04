// IAM User Guide, "Refine permissions in AWS using last accessed information": activity of at least the last 400 days, and
// recent activity usually appears within four hours.
export const trackedDays = 400
export const lateHours = 4
/** Nobody can know that access was unused for longer than this. */
export const unusedDaysMost = trackedDays - 1
