import type { Command } from 'commander'

type LoadedCommand = {
  /** Its heading in `ssofile --help`. */
  readonly group: 'Author' | 'Look' | 'Temporary access' | 'Operate' | 'Install' | undefined
  /** Its line in `ssofile --help`; `undefined`: hidden there. */
  readonly summary: string | undefined
  /** Loads the function that adds the command with its options and its action. */
  readonly load: () => Promise<(program: Command) => void>
}

type Entry = readonly [summary: string, load: LoadedCommand['load']]

/** All commands, in the order of `ssofile --help`. Only the called command is loaded: loading all takes a second. */
export const commands: Readonly<Record<string, LoadedCommand>> = {
  ...under('Author', {
    validate: [
      'check every file and show all errors at once',
      async () => (await import('./folder/validate.ts')).addValidate,
    ],
    plan: [
      'show the grants and revocations of a change, and their links',
      async () => (await import('./plan/plan.ts')).addPlan,
    ],
    push: ['plan, ask, then make the bucket equal to a folder', async () => (await import('./folder/push.ts')).addPush],
    pull: ['fetch the inputs of the bucket into a folder', async () => (await import('./folder/pull.ts')).addPull],
    undo: ['plan, ask, then undo the last push', async () => (await import('./folder/undo.ts')).addUndo],
    policies: ['test the policies of governance', async () => (await import('./guardrails/policies.ts')).addPolicies],
    touch: [
      'evaluate one file again, or make it count as new',
      async () => (await import('./status/touch.ts')).addTouch,
    ],
  }),
  ...under('Look', {
    status: [
      'show the status of all inputs, or of one in full',
      async () => (await import('./status/status.ts')).addStatus,
    ],
    who: [
      'show who has which access, with groups expanded to people',
      async () => (await import('./who/who.ts')).addWho,
    ],
    explain: ['explain why somebody has access, or has not', async () => (await import('./who/explain.ts')).addExplain],
    review: [
      'review access: list, show, decide, close, verify',
      async () => (await import('./reviews/review.ts')).addReview,
    ],
  }),
  ...under('Temporary access', {
    request: ['ask for temporary access', async () => (await import('./requests/request.ts')).addRequest],
    requests: [
      'list requests for temporary access: your own, those that wait for you, or their history',
      async () => (await import('./requests/requests.ts')).addRequests,
    ],
    approve: [
      'approve a request for temporary access',
      async () => (await import('./requests/decide-on-request.ts')).addApprove,
    ],
    deny: [
      'deny a request for temporary access, or end the granted access',
      async () => (await import('./requests/decide-on-request.ts')).addDeny,
    ],
    finish: [
      'withdraw a request, or end its access early',
      async () => (await import('./requests/finish.ts')).addFinish,
    ],
    browse: [
      'use temporary access in your browser: ask, approve, deny, finish',
      async () => (await import('./browse.ts')).addBrowse,
    ],
    incident: [
      'show who had temporary access for an incident, and how to find their actions',
      async () => (await import('./break-glass/incident.ts')).addIncident,
    ],
  }),
  ...under('Operate', {
    apply: [
      'reconcile a bucket now: grant, revoke, check drift',
      async () => (await import('./operations/apply.ts')).addApply,
    ],
    brake: ['show and release held revocations', async () => (await import('./operations/brake.ts')).addBrake],
    pause: ['stop all grants and revocations', async () => (await import('./operations/pause.ts')).addPause],
    resume: ['end a pause', async () => (await import('./operations/resume.ts')).addResume],
    sessions: [
      'end the running sessions of a user, or show denied sessions',
      async () => (await import('./operations/sessions.ts')).addSessions,
    ],
    retire: [
      'propose files that retire unused keys and passwords',
      async () => (await import('./credentials/retire.ts')).addRetire,
    ],
    suggest: [
      'show the unused permissions of a permission set, and a smaller policy',
      async () => (await import('./credentials/suggest.ts')).addSuggest,
    ],
    suspend: [
      'take all ssofile access from a person, until restore-person',
      async () => (await import('./people/suspend.ts')).addSuspend,
    ],
    'restore-person': [
      'give back the access that links still grant',
      async () => (await import('./people/restore-person.ts')).addRestorePerson,
    ],
    restore: [
      'restore a lost ledger, or the files of an earlier time',
      async () => (await import('./operations/restore.ts')).addRestore,
    ],
    redrive: [
      'show dead-letter messages and send them again',
      async () => (await import('./status/redrive.ts')).addRedrive,
    ],
    'break-glass': [
      'check, drill and prove emergency access',
      async () => (await import('./break-glass/break-glass.ts')).addBreakGlass,
    ],
  }),
  ...under('Install', {
    init: [
      'write the first files: environment, configuration, one permission set and link',
      async () => (await import('./init/init.ts')).addInit,
    ],
    local: ['run all of ssofile on this machine', async () => (await import('./local.ts')).addLocal],
    doctor: [
      'check the installation and show a remedy for each fault',
      async () => (await import('./operations/doctor.ts')).addDoctor,
    ],
    import: [
      'take over existing permission sets and assignments',
      async () => (await import('./take-over/import.ts')).addImport,
    ],
    export: [
      'write links, permission sets, ledger and history into a file',
      async () => (await import('./take-over/export.ts')).addExport,
    ],
    release: [
      'stop managing access without revoking it',
      async () => (await import('./take-over/release.ts')).addRelease,
    ],
    completion: [
      'print a completion script for a shell',
      async () => (await import('./arguments/completion.ts')).addCompletion,
    ],
  }),
  offer: { group: undefined, summary: undefined, load: async () => (await import('./arguments/offer.ts')).addOffer },
}

function under(group: LoadedCommand['group'], all: Readonly<Record<string, Entry>>) {
  return Object.fromEntries(Object.entries(all).map(([name, [summary, load]]) => [name, { group, summary, load }]))
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
