import type { Command } from 'commander'

type LoadedCommand = {
  /** Its heading in `ssofile --help`. */
  readonly group: 'Author' | 'Look' | 'Temporary access' | 'Operate' | 'Install' | undefined
  /** Its line in `ssofile --help`; `undefined`: hidden there. */
  readonly summary: string | undefined
  /** Loads the function that adds the command with its options and its action. */
  readonly load: () => Promise<(program: Command) => void>
}

/** All commands, in the order of `ssofile --help`. Only the called command is loaded: loading all takes a second. */
export const commands: Readonly<Record<string, LoadedCommand>> = {
  validate: {
    group: 'Author',
    summary: 'check every file and show all errors at once',
    load: async () => (await import('./folder/validate.ts')).addValidate,
  },
  plan: {
    group: 'Author',
    summary: 'show the grants and revocations of a change, and their links',
    load: async () => (await import('./plan/plan.ts')).addPlan,
  },
  push: {
    group: 'Author',
    summary: 'plan, ask, then make the bucket equal to a folder',
    load: async () => (await import('./folder/push.ts')).addPush,
  },
  pull: {
    group: 'Author',
    summary: 'fetch the inputs of the bucket into a folder',
    load: async () => (await import('./folder/pull.ts')).addPull,
  },
  undo: {
    group: 'Author',
    summary: 'plan, ask, then undo the last push',
    load: async () => (await import('./folder/undo.ts')).addUndo,
  },
  policies: {
    group: 'Author',
    summary: 'test the policies of governance',
    load: async () => (await import('./guardrails/policies.ts')).addPolicies,
  },
  touch: {
    group: 'Author',
    summary: 'make a file count as new: bind a link to the present user of its name',
    load: async () => (await import('./status/touch.ts')).addTouch,
  },
  status: {
    group: 'Look',
    summary: 'show the status of all inputs, or of one in full',
    load: async () => (await import('./status/status.ts')).addStatus,
  },
  who: {
    group: 'Look',
    summary: 'show who has which access, with groups expanded to people',
    load: async () => (await import('./who/who.ts')).addWho,
  },
  explain: {
    group: 'Look',
    summary: 'explain why somebody has access, or has not',
    load: async () => (await import('./who/explain.ts')).addExplain,
  },
  review: {
    group: 'Look',
    summary: 'review access: list, show, decide, close, verify',
    load: async () => (await import('./reviews/review.ts')).addReview,
  },
  request: {
    group: 'Temporary access',
    summary: 'ask for temporary access',
    load: async () => (await import('./requests/request.ts')).addRequest,
  },
  requests: {
    group: 'Temporary access',
    summary: 'list requests for temporary access: your own, those that wait for you, or their history',
    load: async () => (await import('./requests/requests.ts')).addRequests,
  },
  approve: {
    group: 'Temporary access',
    summary: 'approve a request for temporary access',
    load: async () => (await import('./requests/decide-on-request.ts')).addApprove,
  },
  deny: {
    group: 'Temporary access',
    summary: 'deny a request for temporary access, or end the granted access',
    load: async () => (await import('./requests/decide-on-request.ts')).addDeny,
  },
  finish: {
    group: 'Temporary access',
    summary: 'withdraw a request, or end its access early',
    load: async () => (await import('./requests/finish.ts')).addFinish,
  },
  browse: {
    group: 'Temporary access',
    summary: 'use temporary access in your browser: ask, approve, deny, finish',
    load: async () => (await import('./browse.ts')).addBrowse,
  },
  incident: {
    group: 'Temporary access',
    summary: 'show who had temporary access for an incident, and how to find their actions',
    load: async () => (await import('./break-glass/incident.ts')).addIncident,
  },
  apply: {
    group: 'Operate',
    summary: 'reconcile a bucket now: grant, revoke, check drift',
    load: async () => (await import('./operations/apply.ts')).addApply,
  },
  brake: {
    group: 'Operate',
    summary: 'show and release held revocations',
    load: async () => (await import('./operations/brake.ts')).addBrake,
  },
  pause: {
    group: 'Operate',
    summary: 'stop all grants and revocations',
    load: async () => (await import('./operations/pause.ts')).addPause,
  },
  resume: {
    group: 'Operate',
    summary: 'end a pause',
    load: async () => (await import('./operations/resume.ts')).addResume,
  },
  sessions: {
    group: 'Operate',
    summary: 'end the running sessions of a user, or show denied sessions',
    load: async () => (await import('./operations/sessions.ts')).addSessions,
  },
  retire: {
    group: 'Operate',
    summary: 'propose files that retire unused keys and passwords',
    load: async () => (await import('./credentials/retire.ts')).addRetire,
  },
  suggest: {
    group: 'Operate',
    summary: 'show the unused permissions of a permission set, and a smaller policy',
    load: async () => (await import('./credentials/suggest.ts')).addSuggest,
  },
  suspend: {
    group: 'Operate',
    summary: 'take all ssofile access from a person, until restore-person',
    load: async () => (await import('./people/suspend.ts')).addSuspend,
  },
  'restore-person': {
    group: 'Operate',
    summary: 'give back the access that links still grant',
    load: async () => (await import('./people/restore-person.ts')).addRestorePerson,
  },
  restore: {
    group: 'Operate',
    summary: 'restore a lost ledger, or the files of an earlier time',
    load: async () => (await import('./operations/restore.ts')).addRestore,
  },
  redrive: {
    group: 'Operate',
    summary: 'show dead-letter messages and send them again',
    load: async () => (await import('./status/redrive.ts')).addRedrive,
  },
  'break-glass': {
    group: 'Operate',
    summary: 'check, drill and prove emergency access',
    load: async () => (await import('./break-glass/break-glass.ts')).addBreakGlass,
  },
  init: {
    group: 'Install',
    summary: 'write the first files: environment, configuration, one permission set and link',
    load: async () => (await import('./init/init.ts')).addInit,
  },
  local: {
    group: 'Install',
    summary: 'run all of ssofile on this machine',
    load: async () => (await import('./local.ts')).addLocal,
  },
  doctor: {
    group: 'Install',
    summary: 'check the installation and show a remedy for each fault',
    load: async () => (await import('./operations/doctor.ts')).addDoctor,
  },
  import: {
    group: 'Install',
    summary: 'take over existing permission sets and assignments',
    load: async () => (await import('./take-over/import.ts')).addImport,
  },
  export: {
    group: 'Install',
    summary: 'write links, permission sets, ledger and history into a file',
    load: async () => (await import('./take-over/export.ts')).addExport,
  },
  release: {
    group: 'Install',
    summary: 'stop managing access without revoking it',
    load: async () => (await import('./take-over/release.ts')).addRelease,
  },
  completion: {
    group: 'Install',
    summary: 'print a completion script for a shell',
    load: async () => (await import('./arguments/completion.ts')).addCompletion,
  },
  offer: { group: undefined, summary: undefined, load: async () => (await import('./arguments/offer.ts')).addOffer },
}

/** Adds the called command completely, and the names and summaries of the others. */
export async function addCommands(program: Command, words: readonly string[]): Promise<void> {
  const [first, second] = words.filter((word, index) => !word.startsWith('-') && words[index - 1] !== '--bucket')
  const called = first === 'help' ? second : first
  for (const [name, { group, summary, load }] of Object.entries(commands)) {
    if (name === called || called === 'completion') (await load())(program)
    const command =
      program.commands.find((known) => known.name() === name) ??
      program.command(name, { hidden: summary === undefined })
    if (summary !== undefined) command.summary(summary)
    if (group !== undefined) command.helpGroup(`${group}:`)
  }
}
