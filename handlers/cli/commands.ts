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
    summary: 'check every file, all errors at once',
    load: async () => (await import('./folder/validate.ts')).addValidate,
  },
  plan: {
    group: 'Author',
    summary: 'what would be granted and revoked, and by which link',
    load: async () => (await import('./plan/plan.ts')).addPlan,
  },
  push: {
    group: 'Author',
    summary: 'plan, ask, then upload what differs and delete what the folder lacks',
    load: async () => (await import('./folder/push.ts')).addPush,
  },
  pull: {
    group: 'Author',
    summary: 'fetch the inputs of the bucket into a folder',
    load: async () => (await import('./folder/pull.ts')).addPull,
  },
  undo: {
    group: 'Author',
    summary: 'plan, ask, then take the last push back',
    load: async () => (await import('./folder/undo.ts')).addUndo,
  },
  policies: {
    group: 'Author',
    summary: 'test what governance demands',
    load: async () => (await import('./guardrails/policies.ts')).addPolicies,
  },
  touch: {
    group: 'Author',
    summary: 'have a file count as new: bind a link to the present user of its name',
    load: async () => (await import('./status/touch.ts')).addTouch,
  },
  status: {
    group: 'Look',
    summary: 'inputs, one line each, or one in full',
    load: async () => (await import('./status/status.ts')).addStatus,
  },
  who: {
    group: 'Look',
    summary: 'who has what: groups expanded to people, ours and foreign',
    load: async () => (await import('./who/who.ts')).addWho,
  },
  explain: {
    group: 'Look',
    summary: 'whether somebody has access, since when, and by which links',
    load: async () => (await import('./who/explain.ts')).addExplain,
  },
  request: {
    group: 'Temporary access',
    summary: 'ask for temporary access',
    load: async () => (await import('./requests/request.ts')).addRequest,
  },
  requests: {
    group: 'Temporary access',
    summary: 'requests for temporary access: mine, what waits for me, or what happened',
    load: async () => (await import('./requests/requests.ts')).addRequests,
  },
  approve: {
    group: 'Temporary access',
    summary: 'approve a request for temporary access',
    load: async () => (await import('./requests/decide-on-request.ts')).addApprove,
  },
  deny: {
    group: 'Temporary access',
    summary: 'deny a request for temporary access, or end what was granted',
    load: async () => (await import('./requests/decide-on-request.ts')).addDeny,
  },
  finish: {
    group: 'Temporary access',
    summary: 'withdraw a request, or end its access early',
    load: async () => (await import('./requests/finish.ts')).addFinish,
  },
  browse: {
    group: 'Temporary access',
    summary: 'temporary access in your browser: ask, approve, deny, finish',
    load: async () => (await import('./browse.ts')).addBrowse,
  },
  incident: {
    group: 'Temporary access',
    summary: 'who had temporary access for an incident, and how to see what they did',
    load: async () => (await import('./break-glass/incident.ts')).addIncident,
  },
  apply: {
    group: 'Operate',
    summary: 'reconcile a bucket now: grant, revoke, check drift',
    load: async () => (await import('./plan/apply.ts')).addApply,
  },
  brake: {
    group: 'Operate',
    summary: 'show and release what the brake holds',
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
    summary: 'end the running sessions of a user; show whose are denied',
    load: async () => (await import('./operations/sessions.ts')).addSessions,
  },
  retire: {
    group: 'Operate',
    summary: 'propose files that retire keys and passwords which nobody uses',
    load: async () => (await import('./credentials/retire.ts')).addRetire,
  },
  suggest: {
    group: 'Operate',
    summary: 'what of a permission set nobody uses, and the policy that would remain',
    load: async () => (await import('./credentials/suggest.ts')).addSuggest,
  },
  suspend: {
    group: 'Operate',
    summary: 'take everything of ssofile from a person, until restore-person',
    load: async () => (await import('./people/suspend.ts')).addSuspend,
  },
  'restore-person': {
    group: 'Operate',
    summary: 'give back what links still ask for',
    load: async () => (await import('./people/restore-person.ts')).addRestorePerson,
  },
  restore: {
    group: 'Operate',
    summary: 'bring back a lost ledger, or the files of an earlier time',
    load: async () => (await import('./operations/restore.ts')).addRestore,
  },
  redrive: {
    group: 'Operate',
    summary: 'show messages that were given up, and put them back',
    load: async () => (await import('./status/redrive.ts')).addRedrive,
  },
  'break-glass': {
    group: 'Operate',
    summary: 'check, drill and prove the access that works when nothing else does',
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
    summary: 'check the installation, with a remedy for each fault',
    load: async () => (await import('./operations/doctor.ts')).addDoctor,
  },
  import: {
    group: 'Install',
    summary: 'take over permission sets and assignments that exist already',
    load: async () => (await import('./take-over/import.ts')).addImport,
  },
  export: {
    group: 'Install',
    summary: 'write links, permission sets, ledger and history into a file',
    load: async () => (await import('./take-over/export.ts')).addExport,
  },
  release: {
    group: 'Install',
    summary: 'give access back to others: it stays, and ssofile lets go of it',
    load: async () => (await import('./take-over/release.ts')).addRelease,
  },
  completion: {
    group: 'Install',
    summary: 'completion script for a shell',
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
