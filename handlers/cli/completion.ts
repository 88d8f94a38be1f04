import { Argument, type Command } from 'commander'

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

type Described = { readonly word: string; readonly summary: string; readonly takesFile: boolean }
type DescribedCommand = { readonly name: string; readonly summary: string; readonly words: readonly Described[] }

/** A script that completes the commands of `program`, their options, the choices of their arguments, and files. */
export function renderCompletion(shell: Shell, program: Command): string {
  const commands = program.commands.map(describe)
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
  return { name: command.name(), summary: command.summary(), words: [...words.values()] }
}

function renderBash(commands: readonly DescribedCommand[]): string {
  const cases = commands.map(({ name, words }) => `    ${name}) words='${words.map(({ word }) => word).join(' ')}' ;;`)
  return `_ssofile() {
  local words current="\${COMP_WORDS[COMP_CWORD]}"
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    *) words='${commands.map(({ name }) => name).join(' ')}' ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
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
  return `${lines.join('\n')}\n`
}

/** In single quotes; a colon would end the word. */
function forZsh(text: string): string {
  return text.replaceAll("'", "'\\''").replaceAll(':', '\\:')
}

function forFish(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")
}
