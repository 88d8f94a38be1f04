import { Argument, type Command } from 'commander'

/** `ssofile help`: commander's own takes the name of a command that there is not for none, and tells no error. */
export function addHelp(program: Command): void {
  const name = new Argument('[command]', 'which command; default: all of them in short')
  const help = program.helpCommand(false).command('help').addArgument(name).summary('help for a command')
  name.choices(program.commands.map((command) => command.name()))
  help.action((named: string | undefined) => {
    const command = program.commands.find((known) => known.name() === named) ?? program
    command.help()
  })
}
