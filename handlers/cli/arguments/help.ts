import { Argument, type Command } from 'commander'

/** `ssofile help`. Commander's own help accepts an unknown command without an error. */
export function addHelp(program: Command): void {
  const name = new Argument('[command]', 'a command; default: an overview of all')
  const help = program.helpCommand(false).command('help').addArgument(name).summary('help for a command')
  help.helpGroup('Install:')
  name.choices(program.commands.map((command) => command.name()))
  help.action((named: string | undefined) => {
    const command = program.commands.find((known) => known.name() === named) ?? program
    command.help()
  })
}
