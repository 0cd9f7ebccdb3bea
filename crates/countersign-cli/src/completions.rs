//! `countersign completions`: what a shell knows of the command line.

use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Arg, Command, CommandFactory as _, ValueHint};
use countersign::{Algorithm, Encoding, Preset, presets};

use crate::args::{Cli, CompletionsArgs};
use crate::error::{CliError, exit_code};
use crate::names::INFER;
use crate::terminal::print;

/// Runs the subcommand.
pub(crate) fn run(args: &CompletionsArgs) -> Result<ExitCode, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut with_values(Cli::command()), "countersign", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(exit_code(true))
}

/// The command line with what its arguments can be. The program itself takes more, such as `sha256`, and says of anything else
/// what was probably meant.
fn with_values(program: Command) -> Command {
    // They are never given back, since the program ends when the script is printed.
    let commands: Vec<&str> = program.get_subcommands().map(|command| &*command.get_name().to_owned().leak()).collect();
    program.mut_subcommands(|command| {
        let name = command.get_name().to_owned();
        command.mut_args(|arg| {
            let values = match (&*name, arg.get_id().as_str()) {
                ("presets", "name") | (_, "preset") => presets().iter().map(Preset::name).collect(),
                ("bench", "algorithms") => Algorithm::ALL.map(Algorithm::name).to_vec(),
                (_, "algorithm") => Algorithm::ALL.map(Algorithm::name).into_iter().chain([INFER]).collect(),
                (_, "encoding") => Encoding::ALL.map(Encoding::name).to_vec(),
                ("man", "command") => commands.clone(),
                _ => return hinted(arg),
            };
            arg.value_parser(PossibleValuesParser::new(values))
        })
    })
}

/// A shell offers files for an argument that is a file, and nothing for any other text.
fn hinted(arg: Arg) -> Arg {
    let is_file = arg.get_value_names().is_some_and(|names| names.iter().any(|name| *name == "FILE"));
    let takes_text = arg.get_action().takes_values() && arg.get_possible_values().is_empty();
    match (takes_text, is_file) {
        (true, true) => arg.value_hint(ValueHint::FilePath),
        (true, false) => arg.value_hint(ValueHint::Other),
        (false, _) => arg,
    }
}
