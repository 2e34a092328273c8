//! The binary: commands, start-up, shutdown. What it does is done by the crates below.

mod cli;
mod commands;
mod exit;
mod instant;
mod logging;
mod memory;
mod terminal;
mod watch;
mod world;

use std::process::ExitCode;

use beadle_egress::Redactor;
use clap::Parser as _;
use cli::{Cli, Command};
use exit::{Code, Exit};

fn main() -> ExitCode {
    memory::be_frugal();
    let cli = Cli::parse();
    // Every TLS client needs to know its cryptography before it is made; nobody else installs one here.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return end(&Exit::new(Code::Internal, format!("no threads to work with: {error}"))),
    };
    match runtime.block_on(dispatch(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(exit) => end(&exit),
    }
}

async fn dispatch(cli: Cli) -> Result<(), Exit> {
    let redactor = logging::start(&cli.common);
    let known = redactor.clone();
    // A peer may repeat in its refusal what it was sent, and the refusal be what a command ends with.
    command(cli, redactor).await.map_err(|exit| exit.without_secrets(&known))
}

async fn command(cli: Cli, redactor: Redactor) -> Result<(), Exit> {
    let common = &cli.common;
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => commands::serve::serve(common, redactor).await,
        Command::Run(run) => commands::run::run(common, redactor, &run).await,
        Command::Rehearse(rehearse) => commands::rehearse::rehearse(common, redactor, &rehearse).await,
        Command::Check(form) => commands::check::check(common, redactor, &form).await,
        Command::Next(next) => commands::next::next(common, &next),
        Command::Runs(runs) => commands::runs::runs(common, &redactor, &runs).await,
        Command::Changes(changes) => commands::changes::changes(common, &redactor, &changes).await,
        Command::Artifacts(artifacts) => commands::artifacts::artifacts(common, &redactor, artifacts).await,
        Command::Show(show) => commands::show::show(common, &redactor, &show).await,
        Command::Outbox(outbox) => commands::outbox::outbox(common, redactor, outbox).await,
        Command::Plugins(form) => commands::plugins::plugins(common, redactor, &form).await,
        Command::Doctor(form) => commands::doctor::doctor(common, redactor, &form).await,
        Command::Init(init) => commands::init::init(&init),
        Command::Completions { shell } => {
            terminal::print(|out| {
                clap_complete::generate(shell, &mut <Cli as clap::CommandFactory>::command(), "beadle", out);
                Ok(())
            });
            Ok(())
        }
    }
}

fn end(exit: &Exit) -> ExitCode {
    if !exit.message.is_empty() {
        terminal::complain(&exit.message);
    }
    exit.code.into()
}
