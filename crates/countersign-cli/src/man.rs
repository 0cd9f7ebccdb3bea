//! `countersign man`: the help as manual pages.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::CommandFactory as _;
use clap::builder::Resettable;
use clap_mangen::Man;

use crate::args::{Cli, ManArgs};
use crate::error::{CliError, exit_code};
use crate::terminal::print;

/// Runs the subcommand.
pub(crate) fn run(args: &ManArgs) -> Result<ExitCode, CliError> {
    let mut program = Cli::command();
    program.build();
    let command = match &args.command {
        // The page names those beside it, and `help` has none of its own: each page is the help already.
        None => program.mut_subcommand("help", |help| help.hide(true)),
        Some(name) => {
            let command = program.find_subcommand(name).cloned().ok_or_else(|| {
                let names: Vec<&str> = program.get_subcommands().map(clap::Command::get_name).collect();
                CliError::Config(format!("found {name:?}; the subcommands are {}", names.join(", ")))
            })?;
            // The page has it, although the subcommand has no option that tells it.
            command.version(env!("CARGO_PKG_VERSION")).disable_version_flag(true)
        }
    };
    let behind = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    // That would be filled and justified, so that no example could be pasted.
    let command = command.after_help(Resettable::Reset);
    let mut page = Vec::new();
    let rendered = Man::new(command).source(concat!("countersign ", env!("CARGO_PKG_VERSION"))).render(&mut page);
    rendered.map_err(|error| CliError::Io(format!("the page cannot be made: {error}")))?;
    let page = String::from_utf8_lossy(&page);
    let (front, version) = page.split_at(page.find(".SH VERSION\n").unwrap_or(page.len()));
    print(&format!("{front}{}{version}", sections(&behind)))?;
    Ok(exit_code(true))
}

/// What stands behind the options of the help, such as examples and exit statuses: a section for each heading, whose lines
/// stay as they are. What stands in front of the first heading is in NOTES.
fn sections(text: &str) -> String {
    let (mut page, mut lines) = (String::new(), text.trim_matches('\n').lines().peekable());
    while lines.peek().is_some() {
        let heading = lines.next_if(|line| is_heading(line)).unwrap_or("NOTES");
        let _ = writeln!(page, ".SH \"{}\"\n.nf", escaped(heading));
        let mut section = Vec::new();
        while let Some(line) = lines.next_if(|line| !is_heading(line)) {
            section.push(escaped(line));
        }
        let _ = writeln!(page, "{}\n.fi", section.join("\n").trim_end());
    }
    page
}

/// Whether a line of the help is a heading, such as `EXAMPLES` or `A LINE OF --deliveries`.
fn is_heading(line: &str) -> bool {
    let is_upper = |word: &str| word.starts_with("--") || word.bytes().all(|byte| byte.is_ascii_uppercase());
    !line.is_empty() && !line.starts_with(' ') && line.split(' ').all(is_upper)
}

/// A line for roff, which shows each character as it is: it makes typographic quotes, hyphens and accents of some, and a dot
/// at the start of a line begins a request.
fn escaped(line: &str) -> String {
    let mut escaped = String::from(if line.starts_with('.') { "\\&" } else { "" });
    for c in line.chars() {
        match c {
            '\\' => escaped.push_str("\\(rs"),
            '-' => escaped.push_str("\\-"),
            '\'' => escaped.push_str("\\(aq"),
            '`' => escaped.push_str("\\(ga"),
            '^' => escaped.push_str("\\(ha"),
            '~' => escaped.push_str("\\(ti"),
            c => escaped.push(c),
        }
    }
    escaped
}
