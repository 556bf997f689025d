//! `cargo web`: builds, serves, tests and photographs the program for the browser.
//!
//! - [`build`] compiles, binds, optimises ([`toolchain`], [`optimise`]) and writes the page ([`dist`]).
//! - [`http`] serves it on this machine.
//! - [`browser`] drives it in Chromium with real mouse, touch and key events; [`scenarios`] say what must hold.
//!
//! Exit: 0 done, 1 it failed, 2 it could not be tried (no compiler, no browser, no page, a bad argument).

mod browser;
mod build;
mod dist;
mod error;
mod http;
mod optimise;
mod scenarios;
mod shot;
mod toolchain;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::build::Kind;
use crate::error::{Error, Result};
use crate::http::Server;
use crate::workspace::Workspace;

/// The program for the browser: build, serve, test.
#[derive(Parser)]
#[command(bin_name = "cargo web")]
struct Arguments {
    #[command(subcommand)]
    command: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Build the page into web/dist; prints its sizes, fails if it is too large
    Build(BuildArguments),
    /// Serve the page on localhost
    Serve {
        /// The port
        #[arg(long, default_value_t = 8080)]
        port: u16,
        /// Serve what is in web/dist as it is
        #[arg(long)]
        no_build: bool,
        #[command(flatten)]
        build: BuildArguments,
    },
    /// Build the page and drive it in Chromium
    Test {
        /// Only scenarios whose name contains one of these
        only: Vec<String>,
        /// Test what is in web/dist as it is
        #[arg(long)]
        no_build: bool,
        /// Name the scenarios and do nothing
        #[arg(long)]
        list: bool,
        /// Keep a picture of the page at the end of every scenario in this folder
        #[arg(long)]
        pictures: Option<PathBuf>,
        #[command(flatten)]
        build: BuildArguments,
    },
    /// Take a picture of the page in web/dist
    Shot(shot::Arguments),
}

#[derive(Args)]
struct BuildArguments {
    /// Build fast and large: no optimising, no limit on the size
    #[arg(long)]
    quick: bool,
    /// The default, said aloud
    #[arg(long, hide = true, conflicts_with = "quick")]
    release: bool,
}

impl BuildArguments {
    fn kind(&self) -> Kind {
        if self.quick { Kind::Quick } else { Kind::Release }
    }
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cargo web: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(action: Action) -> Result<()> {
    let workspace = Workspace::here();
    match action {
        Action::Build(arguments) => build::build(&workspace, arguments.kind()),
        Action::Serve { port, no_build, build } => {
            if !no_build {
                build::build(&workspace, build.kind())?;
            }
            let server = serve(&workspace, port)?;
            println!("{}   (Ctrl-C ends it)", server.url());
            server.wait();
            Ok(())
        }
        Action::Test { list: true, .. } => {
            print!("{}", scenarios::list());
            Ok(())
        }
        Action::Test { only, no_build, pictures, build, .. } => {
            // Asked first: finding out after some minutes of building would be unkind.
            let chromium = browser::find().ok_or(Error::NoBrowser)?;
            if !no_build {
                build::build(&workspace, build.kind())?;
            }
            scenarios::run(&workspace, &chromium, &only, pictures.as_deref())
        }
        Action::Shot(arguments) => shot::take(&workspace, &arguments),
    }
}

/// Serves `web/dist`.
fn serve(workspace: &Workspace, port: u16) -> Result<Server> {
    if !workspace.dist.join("index.html").is_file() {
        return Err(Error::NotBuilt(workspace.dist.clone()));
    }
    Server::start(&workspace.dist, port)
        .map_err(|error| Error::Request(format!("cannot serve on port {port} of localhost: {error}")))
}
