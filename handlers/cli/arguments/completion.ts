import { Argument, type Command } from 'commander'

import type { Offered } from './offer.ts'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** `ssofile completion`: what a shell needs to complete commands and options. */
export function addCompletion(program: Command): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'which shell').choices(shells))
    .description(
      'Prints a script that completes commands, options, keys, accounts, permission sets and digests of requests',
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

/** The names that `ssofile offer` lists for these options and arguments. */
const offers: Readonly<Record<string, Offered>> = {
  '--account': 'accounts',
  account: 'accounts',
  '--permission-set': 'permission-sets',
  'permission-set': 'permission-sets',
  key: 'keys',
  request: 'requests',
}
const offersOfOptions = Object.entries(offers).filter(([name]) => name.startsWith('--'))

type Described = { readonly word: string; readonly summary: string; readonly takesValue: boolean }
type DescribedCommand = {
  readonly name: string
  readonly summary: string
  readonly words: readonly Described[]
  /** The offered names for each argument, in order. */
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
  const options = [
    ...(command.parent?.options ?? []).filter(({ long }) => long === '--bucket'),
    ...command.options,
    ...command.createHelp().visibleOptions(command),
    ...command.commands.flatMap((inner) => inner.options),
  ]
  const words = new Map<string, Described>()
  for (const inner of command.commands)
    words.set(inner.name(), { word: inner.name(), summary: inner.summary(), takesValue: false })
  for (const { long, description, required } of options) {
    if (long) words.set(long, { word: long, summary: description, takesValue: required })
  }
  for (const choice of [...command.registeredArguments, ...command.options].flatMap(
    ({ argChoices }) => argChoices ?? [],
  )) {
    words.set(choice, { word: choice, summary: '', takesValue: false })
  }
  const places = command.registeredArguments.map((one) => offers[one.name()])
  return { name: command.name(), summary: command.summary(), words: [...words.values()], places }
}

/** Options that a value follows: this value is no argument. */
const valuedOf = ({ words }: DescribedCommand): string =>
  words.flatMap(({ word, takesValue }) => (takesValue ? word : [])).join(' ')

const offersOf = ({ places }: DescribedCommand): string => places.map((offer) => offer ?? '-').join(' ')

/**
 * Bash splits words at `@`, `=` and `:`, which names contain, leaves quotes in words, and does not quote what it inserts. So the script
 * reads the line itself, removes the part that bash keeps, and quotes the rest. (`compopt -o filenames` would quote all but `$`, and a name
 * could run commands.) (Bash Reference Manual, "Programmable Completion".)
 */
function renderBash(commands: readonly DescribedCommand[]): string {
  const cases = commands.map((command) => {
    const words = command.words.map(({ word }) => word).join(' ')
    return `    ${command.name}) choices='${words}'; valued=' ${valuedOf(command)} '; places=(${offersOf(command)}) ;;`
  })
  const options = offersOfOptions.map(([name, offer]) => `    ${name}) offer=${offer} ;;`)
  return `_ssofile_read() {
  local line=$1 character index
  typed=() current= raw= before= quote=
  for ((index = 0; index < \${#line}; index++)); do
    character=\${line:index:1}
    raw+=$character
    if [[ $character == '\\' && $quote != "'" ]]; then
      ((index += 1))
      raw+=\${line:index:1}
      current+=\${line:index:1}
    elif [[ $character == "$quote" ]]; then
      quote=
    elif [[ -z $quote && $character == [\\'\\"] ]]; then
      quote=$character before=$current
    elif [[ -z $quote && $character == [[:space:]] ]]; then
      [[ $raw == [[:space:]] ]] || typed+=("$current")
      current= raw=
    else
      current+=$character
    fi
  done
}
_ssofile_quote() {
  local character index
  if [[ -z $quote ]]; then
    printf -v quoted %q "$1"
    return
  fi
  quoted=
  for ((index = 0; index < \${#1}; index++)); do
    character=\${1:index:1}
    case $quote$character in
      "''") quoted+="'\\\\''" ;;
      '"!') quoted+="\\"'!'\\"" ;;
      '"'[\\"\\$\\\`\\\\]) quoted+="\\\\$character" ;;
      *) quoted+=$character ;;
    esac
  done
}
_ssofile() {
  local typed current raw before quote quoted choices valued=' ' places=() offer= name kept word place=0 index
  _ssofile_read "\${COMP_LINE:0:COMP_POINT}"
  case "\${typed[1]}" in
${cases.join('\n')}
    *) choices='${commands.map(({ name }) => name).join(' ')}' ;;
  esac
  case "\${typed[\${#typed[@]} - 1]}" in
${options.join('\n')}
    *)
      for ((index = 2; index < \${#typed[@]}; index++)); do
        [[ \${typed[index]} == -* || $valued == *" \${typed[index - 1]} "* ]] || ((place += 1))
      done
      [[ $current == -* ]] || offer=\${places[place]:--}
      ;;
  esac
  COMPREPLY=()
  if [[ -n $offer && $offer != - ]]; then
    word=$current kept=$before
    if [[ -z $quote ]]; then
      # A = or : at the end stays; an @ does not.
      [[ \${COMP_WORDS[COMP_CWORD]} == *[!=:]* ]] && raw=\${raw%"\${COMP_WORDS[COMP_CWORD]}"}
      _ssofile_read "$raw"
      kept=$current
    fi
    while IFS= read -r name; do
      _ssofile_quote "\${name#"$kept"}"
      COMPREPLY+=("$quoted")
    done < <(ssofile offer "$offer" "$word" 2>/dev/null)
  fi
  [[ \${#COMPREPLY[@]} -gt 0 ]] || COMPREPLY=($(compgen -W "$choices" -- "$current"))
}
complete -o default -F _ssofile ssofile
`
}

/** Zsh quotes what it inserts; `Q` removes the typed quotes. */
function renderZsh(commands: readonly DescribedCommand[]): string {
  const list = commands.map(({ name, summary }) => `    '${name}:${forZsh(summary)}'`)
  const cases = commands.map((command) => {
    const described = command.words.map(({ word, summary }) => `'${word}:${forZsh(summary)}'`).join(' ')
    return `    ${command.name}) choices=(${described}); valued=(${valuedOf(command)}); places=(${offersOf(command)}) ;;`
  })
  const options = offersOfOptions.map(([name, offer]) => `    ${name}) offer=${offer} ;;`)
  return `_ssofile() {
  local -a commands choices valued places offered
  local offer= place=1 index
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
  case "$words[CURRENT-1]" in
${options.join('\n')}
    *)
      for (( index = 3; index < CURRENT; index++ )); do
        [[ $words[index] == -* ]] || (( \${valued[(Ie)$words[index-1]]} )) || (( place += 1 ))
      done
      [[ $PREFIX == -* ]] || offer=\${places[place]:--}
      ;;
  esac
  if [[ -n $offer && $offer != - ]]; then
    offered=("\${(@f)$(ssofile offer $offer "\${(Q)PREFIX}" 2>/dev/null)}")
    offered=("\${(@)offered:#}")
    (( \${#offered} )) && compadd -a offered && return
  fi
  _describe option choices || _files
}
compdef _ssofile ssofile
`
}

/** `commandline -cto` is the word without its quotes; fish adds them again. */
function renderFish(commands: readonly DescribedCommand[]): string {
  const lines = commands.flatMap(({ name, summary, words }) => [
    `complete -c ssofile -n __fish_use_subcommand -f -a ${name} -d '${forFish(summary)}'`,
    ...words.map(({ word, summary: about, takesValue }) => {
      const what = word.startsWith('--') ? `-l ${word.slice(2)}${takesValue ? ' -r' : ''}` : `-f -a ${word}`
      return `complete -c ssofile -n '__fish_seen_subcommand_from ${name}' ${what} -d '${forFish(about)}'`
    }),
  ])
  const offering = (offer: Offered) => `-f -a '(ssofile offer ${offer} (commandline -cto) 2>/dev/null)'`
  const options = offersOfOptions.map(
    ([name, offer]) => `complete -c ssofile -l ${name.slice(2)} -r ${offering(offer)}`,
  )
  const places = commands.flatMap((command) =>
    command.places.flatMap((offer, place) =>
      offer === undefined
        ? []
        : [`complete -c ssofile -n '__ssofile_at ${command.name} ${place} ${valuedOf(command)}' ${offering(offer)}`],
    ),
  )
  return `function __ssofile_at -a name place
  set -l typed (commandline -opc)
  test "$typed[2]" = $name; or return 1
  set -l valued $argv[3..]
  set -l count 0
  for index in (seq 3 (count $typed))
    string match -q -- '-*' $typed[$index]; or contains -- $typed[(math $index - 1)] $valued; or set count (math $count + 1)
  end
  test $count -eq $place; and not contains -- $typed[-1] $valued
end
${[...lines, ...options, ...places].join('\n')}
`
}

/** Inside single quotes; a colon would end the word. */
function forZsh(text: string): string {
  return text.replaceAll("'", "'\\''").replaceAll(':', '\\:')
}

function forFish(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")
}
