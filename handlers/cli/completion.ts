import { Argument, type Command } from 'commander'

import type { Offered } from './offer.ts'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** `ssofile completion`: what a shell needs to complete commands and options. */
export function addCompletion(program: Command): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'which shell').choices(shells))
    .summary('completion script for a shell')
    .description(
      'Prints a script that completes commands and options. It completes the command ssofile, as npm link puts it on the path',
    )
    .addHelpText(
      'after',
      `
Examples:
  bash, in ~/.bashrc:                   source <(ssofile completion bash)
  zsh, in ~/.zshrc after compinit:      source <(ssofile completion zsh)
  fish, in ~/.config/fish/config.fish:  ssofile completion fish | source`,
    )
    .action((shell: Shell) => {
      process.stdout.write(renderCompletion(shell, program))
    })
}

/** What options and arguments of these names take, as `ssofile offer` knows it. */
const offers: Readonly<Record<string, Offered>> = {
  '--account': 'accounts',
  account: 'accounts',
  '--permission-set': 'permission-sets',
  'permission-set': 'permission-sets',
  key: 'keys',
}
const offersOfOptions = Object.entries(offers).filter(([name]) => name.startsWith('--'))

type Described = { readonly word: string; readonly summary: string; readonly takesFile: boolean }
type DescribedCommand = {
  readonly name: string
  readonly summary: string
  readonly words: readonly Described[]
  /** Of each argument, in order, what is offered for it. */
  readonly places: readonly (Offered | undefined)[]
}

/** A script that completes the commands of `program`, their options, the choices of their arguments, and files. */
export function renderCompletion(shell: Shell, program: Command): string {
  const commands = program.createHelp().visibleCommands(program).map(describe)
  switch (shell) {
    case 'bash':
      return renderBash(commands)
    case 'zsh':
      return renderZsh(commands)
    case 'fish':
      return renderFish(commands)
    default:
      return shell satisfies never
  }
}

function describe(command: Command): DescribedCommand {
  const options = [...command.options, ...command.createHelp().visibleOptions(command)]
  const words = new Map<string, Described>()
  for (const { long, description, required } of options) {
    if (long) words.set(long, { word: long, summary: description, takesFile: required })
  }
  for (const choice of [...command.registeredArguments, ...command.options].flatMap(
    ({ argChoices }) => argChoices ?? [],
  )) {
    words.set(choice, { word: choice, summary: '', takesFile: false })
  }
  const places = command.registeredArguments.map((one) => offers[one.name()])
  return { name: command.name(), summary: command.summary(), words: [...words.values()], places }
}

function renderBash(commands: readonly DescribedCommand[]): string {
  const cases = commands.map(({ name, words, places }) => {
    const wanted = places.map((offer) => offer ?? '-').join(' ')
    return `    ${name}) words='${words.map(({ word }) => word).join(' ')}'; places=(${wanted}) ;;`
  })
  const options = offersOfOptions.map(([name, offer]) => `    ${name}) offer=${offer} ;;`)
  return `_ssofile() {
  local words places=() offer= word place=0 index current="\${COMP_WORDS[COMP_CWORD]}"
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    *) words='${commands.map(({ name }) => name).join(' ')}' ;;
  esac
  case "\${COMP_WORDS[COMP_CWORD - 1]}" in
${options.join('\n')}
    *)
      for ((index = 2; index < COMP_CWORD; index++)); do
        [[ \${COMP_WORDS[index]} == -* ]] || ((place += 1))
      done
      [[ $current == -* ]] || offer=\${places[place]:--}
      ;;
  esac
  COMPREPLY=()
  if [[ -n $offer && $offer != - ]]; then
    while IFS= read -r word; do COMPREPLY+=("$(printf %q "$word")"); done < <(ssofile offer "$offer" "$current" 2>/dev/null)
  fi
  [[ \${#COMPREPLY[@]} -gt 0 ]] || COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _ssofile ssofile
`
}

function renderZsh(commands: readonly DescribedCommand[]): string {
  const list = commands.map(({ name, summary }) => `    '${name}:${forZsh(summary)}'`)
  const cases = commands.map(({ name, words }) => {
    const described = words.map(({ word, summary }) => `'${word}:${forZsh(summary)}'`).join(' ')
    return `    ${name}) choices=(${described}) ;;`
  })
  return `_ssofile() {
  local -a commands choices
  commands=(
${list.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case "$words[2]" in
${cases.join('\n')}
  esac
  local -a offered
  case "$words[CURRENT-1]" in
${offersOfOptions.map(([name, offer]) => `    ${name}) offered=("\${(@f)$(ssofile offer ${offer} "$PREFIX" 2>/dev/null)}") ;;`).join('\n')}
    status|touch) offered=("\${(@f)$(ssofile offer keys "$PREFIX" 2>/dev/null)}") ;;
    explain) offered=("\${(@f)$(ssofile offer accounts "$PREFIX" 2>/dev/null)}") ;;
  esac
  (( \${#offered} )) && compadd -a offered && return
  _describe option choices || _files
}
compdef _ssofile ssofile
`
}

function renderFish(commands: readonly DescribedCommand[]): string {
  const lines = commands.flatMap(({ name, summary, words }) => [
    `complete -c ssofile -n __fish_use_subcommand -f -a ${name} -d '${forFish(summary)}'`,
    ...words.map(({ word, summary: about, takesFile }) => {
      const what = word.startsWith('--') ? `-l ${word.slice(2)}${takesFile ? ' -r' : ''}` : `-f -a ${word}`
      return `complete -c ssofile -n '__fish_seen_subcommand_from ${name}' ${what} -d '${forFish(about)}'`
    }),
  ])
  const offering = Object.entries(offers).flatMap(([name, offer]) => {
    const about = `-f -a '(ssofile offer ${offer} (commandline -ct) 2>/dev/null)'`
    if (name.startsWith('--')) return [`complete -c ssofile -l ${name.slice(2)} -r ${about}`]
    const those = commands.filter(({ places }) => places.includes(offer)).map((one) => one.name)
    return those.length === 0
      ? []
      : [`complete -c ssofile -n '__fish_seen_subcommand_from ${those.join(' ')}' ${about}`]
  })
  return `${[...lines, ...offering].join('\n')}\n`
}

/** In single quotes; a colon would end the word. */
function forZsh(text: string): string {
  return text.replaceAll("'", "'\\''").replaceAll(':', '\\:')
}

function forFish(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")
}
