//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Runs small sandboxed plugins beside a Moodle, on schedules.
///
/// Without a command it serves ./schedules.toml.
#[derive(Debug, Parser)]
#[command(name = "beadle", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Args)]
pub(crate) struct Common {
    /// The configuration.
    #[arg(short, long, global = true, value_name = "FILE", default_value = "schedules.toml", env = "BEADLE_CONFIG")]
    pub(crate) config: PathBuf,
    /// Use the configuration that comes with the program: a simulated school.
    #[arg(long, global = true, conflicts_with = "config")]
    pub(crate) demo: bool,
    /// The form of the log on standard error.
    #[arg(long, global = true, value_enum, default_value_t = LogForm::Human, env = "BEADLE_LOG_FORM")]
    pub(crate) log: LogForm,
    /// Say more in the log; twice for everything.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogForm {
    /// Lines for people.
    Human,
    /// A JSON object a line.
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run all schedules until stopped; edits of the configuration take effect at once.
    Serve,
    /// Run one schedule now, or try a plugin file.
    Run(Run),
    /// Watch all schedules at work on a private copy of the store, on a clock of your choice; nothing is delivered.
    Rehearse(Rehearse),
    /// Check the configuration and everything it names, without connecting anywhere.
    Check(Form),
    /// Show when schedules are due next, with the gaps and folds of the clock.
    Next(Next),
    /// List runs, the newest first.
    Runs(Runs),
    /// Show everything about a run.
    Show(Show),
    /// List what changed on the sites, the oldest first.
    Changes(Changes),
    /// List what plugins keep, such as a site's answers, and show or verify it.
    Artifacts(Artifacts),
    /// Show what waits to be delivered, try it again or give it up.
    Outbox(Outbox),
    /// Show what each plugin asks for, why, and what it is granted.
    Plugins(Form),
    /// Try each connection, changing nothing, and say what to fix.
    Doctor(Form),
    /// Write a schedules.toml, from the older monitor's environment variables or from questions.
    Init(Init),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Form {
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// A schedule's name, or a plugin file (.wasm), which always runs dry.
    pub(crate) name: String,
    /// Commit and deliver nothing; print what would be.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// As if due at this instant: 2026-11-20T09:00:00+01:00, or without an offset in the schedule's zone.
    #[arg(long, value_name = "INSTANT")]
    pub(crate) at: Option<String>,
    /// Try it as if the clock showed this instant, to see what a poll would have found in tables of that time.
    #[arg(long, value_name = "INSTANT", requires = "dry_run")]
    pub(crate) clock: Option<String>,
    /// The site, for a plugin file.
    #[arg(long, value_name = "NAME")]
    pub(crate) site: Option<String>,
    /// The settings, for a plugin file: a JSON object.
    #[arg(long, value_name = "JSON")]
    pub(crate) settings: Option<String>,
    /// Grants for a plugin file, as the `grants` of schedules.toml in JSON: {"db": ["moodle"]}.
    #[arg(long, value_name = "JSON")]
    pub(crate) grants: Option<String>,
    /// The mapper for a plugin file: the name of a configured plugin.
    #[arg(long, value_name = "NAME")]
    pub(crate) mapper: Option<String>,
    #[command(flatten)]
    pub(crate) form: Form,
}

#[derive(Debug, Args)]
pub(crate) struct Rehearse {
    /// Start the clock at this instant instead of now.
    #[arg(long, value_name = "INSTANT")]
    pub(crate) from: Option<String>,
    /// End after so much time on that clock.
    #[arg(long, value_name = "DURATION", default_value = "1h")]
    pub(crate) lasts: String,
    /// How many times as fast as the machine's clock.
    #[arg(long, value_name = "FACTOR", default_value_t = 60.0)]
    pub(crate) speed: f64,
}

#[derive(Debug, Args)]
pub(crate) struct Next {
    /// Only this schedule.
    pub(crate) name: Option<String>,
    /// How many firings of each schedule.
    #[arg(short, long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) number: u32,
    /// From this instant instead of now.
    #[arg(long, value_name = "INSTANT")]
    pub(crate) from: Option<String>,
    #[command(flatten)]
    pub(crate) form: Form,
}

#[derive(Debug, Args)]
pub(crate) struct Runs {
    /// Only this schedule.
    pub(crate) name: Option<String>,
    /// How many.
    #[arg(short, long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) number: u32,
    /// Only before this number, to page on.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) before: Option<i64>,
    /// List the firings that did not run instead, and why.
    #[arg(long)]
    pub(crate) why_not: bool,
    #[command(flatten)]
    pub(crate) form: Form,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The run's number.
    pub(crate) run: i64,
    #[command(flatten)]
    pub(crate) form: Form,
}

#[derive(Debug, Args)]
pub(crate) struct Changes {
    /// From where on: how long ago, an instant, or the cursor that an earlier list ended with.
    #[arg(long, value_name = "48h|INSTANT|CURSOR", default_value = "24h")]
    pub(crate) since: String,
    /// Only of this site.
    #[arg(long, value_name = "NAME")]
    pub(crate) site: Option<String>,
    /// Only of this collection: `items` is what is in courses, others are those of plugins.
    #[arg(long, value_name = "NAME")]
    pub(crate) collection: Option<String>,
    /// First looks and refreshed values as well.
    #[arg(short, long)]
    pub(crate) all: bool,
    /// How many.
    #[arg(short, long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) number: u32,
    #[command(flatten)]
    pub(crate) form: Form,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Artifacts {
    #[command(flatten)]
    pub(crate) list: ArtifactsList,
    #[command(subcommand)]
    pub(crate) command: Option<ArtifactsCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ArtifactsCommand {
    /// List what is kept, the newest first. This is what it does without a command.
    List(ArtifactsList),
    /// Write content to standard output, or to a file.
    Show {
        /// Its digest, or the first digits of it.
        digest: String,
        /// The file; one that is there already is not replaced.
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Read back everything that is referred to, and compare it with its digest.
    Verify(Form),
}

#[derive(Debug, Args)]
pub(crate) struct ArtifactsList {
    /// Only of this: the key of an item or the name of a scope, as in assign/7 or contents/4.
    pub(crate) subject: Option<String>,
    /// Only of this site.
    #[arg(long, value_name = "NAME")]
    pub(crate) site: Option<String>,
    /// Also what another has taken the place of.
    #[arg(short, long)]
    pub(crate) all: bool,
    /// How many.
    #[arg(short, long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) number: u32,
    #[command(flatten)]
    pub(crate) form: Form,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Outbox {
    #[command(flatten)]
    pub(crate) list: OutboxList,
    #[command(subcommand)]
    pub(crate) command: Option<OutboxCommand>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum OutboxCommand {
    /// List what waits and what is held, the newest first. This is what it does without a command.
    List(OutboxList),
    /// Show everything about an effect.
    Show {
        /// The effect's number.
        effect: i64,
        #[command(flatten)]
        form: Form,
    },
    /// Try an effect again that is held, invalid, lost or dropped, or a target that is held or waits.
    Retry {
        /// The effect's number, or a target: chat:class.
        #[arg(value_name = "EFFECT|TARGET")]
        what: String,
    },
    /// Give an effect up that waits or is held.
    Drop {
        /// The effect's number.
        effect: i64,
    },
}

#[derive(Debug, Args)]
pub(crate) struct OutboxList {
    /// Only of this target: chat:class, sheet:presence.
    #[arg(long)]
    pub(crate) target: Option<String>,
    /// What was delivered or given up as well.
    #[arg(short, long)]
    pub(crate) all: bool,
    /// How many.
    #[arg(short, long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) number: u32,
    #[command(flatten)]
    pub(crate) form: Form,
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Write it here.
    #[arg(default_value = "schedules.toml")]
    pub(crate) file: PathBuf,
    /// Take everything from the environment and ask nothing.
    #[arg(long)]
    pub(crate) no_questions: bool,
    /// Replace the file if it is there.
    #[arg(long)]
    pub(crate) force: bool,
}
