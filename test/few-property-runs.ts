import * as fc from 'fast-check'

// For mutation testing: each mutant is tried anew, and one that a property notices it notices soon.
fc.configureGlobal({ numRuns: 15 })
