import * as fc from 'fast-check'

// For mutation testing: each mutant is tried again, and one that a property notices it notices soon. A property that asks
// for many runs itself is given this long for them.
fc.configureGlobal({ numRuns: 15, interruptAfterTimeLimit: 150, markInterruptAsFailure: false })
