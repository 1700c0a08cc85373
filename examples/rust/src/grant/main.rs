//! `zt-grant`: temporary access as a plan that is read, run, resumed and undone, over `aws-sdk-iam`.
//!
//! ```text
//! zt-grant plan arn:aws:iam::111122223333:user/alice read.json 3600 > grant.json
//! zt-grant show grant.json
//! zt-grant run grant.json grant.jsonl      # killed? `resume` goes on, `roll-back` undoes
//! zt-grant revoke grant.json > revoke.json
//! ```

#![expect(clippy::print_stdout, reason = "a program that prints its results")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use jiff::Timestamp;
use zt_core::access::{Grant, TemporaryAccess};
use zt_core::plan::{Journal, Plan, Run, Status};
use zt_core::policy::Policy;

use crate::driver::Driver;
use crate::journal::JournalFile;

mod calls;
mod driver;
mod journal;

/// Temporary access to an AWS account.
#[derive(Parser)]
#[command(version)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print the plan that gives access, as JSON.
    Plan {
        /// The ARN of a user or role.
        principal: String,
        /// A file with what it may do.
        policy: PathBuf,
        /// How long, in seconds.
        seconds: u64,
        /// The ARN of a policy that the role can never exceed.
        #[arg(long)]
        boundary: Option<String>,
    },
    /// Print the plan that ends the access of a plan now, as JSON.
    Revoke {
        /// The plan that gave it.
        plan: PathBuf,
    },
    /// Print a plan for reading.
    Show {
        /// The plan.
        plan: PathBuf,
    },
    /// Say how far the account is from a plan, by reads alone.
    DryRun {
        /// The plan.
        plan: PathBuf,
    },
    /// Run a plan.
    Run(Job),
    /// Go on with a run.
    Resume(Job),
    /// Undo a run.
    RollBack(Job),
}

/// What to run, and where to write down what is done.
#[derive(clap::Args)]
struct Job {
    /// The plan.
    plan: PathBuf,
    /// The journal.
    journal: PathBuf,
}

fn main() -> Result<ExitCode> {
    match Args::parse().command {
        Command::Plan { principal, policy, seconds, boundary } => {
            let policy: Policy = read(&policy)?.parse()?;
            let mut access =
                TemporaryAccess::builder(principal, policy, Duration::from_secs(seconds));
            if let Some(arn) = boundary {
                access = access.permissions_boundary(arn);
            }
            let mut random = [0; 16];
            aws_lc_rs::rand::fill(&mut random).context("no random numbers")?;
            println!("{}", access.build()?.plan(Timestamp::now(), &mut || random)?.to_json());
        }
        Command::Revoke { plan } => {
            let grant = Grant::of(&load(&plan)?).context("the plan gives no temporary access")?;
            println!("{}", grant.revoke()?.to_json());
        }
        Command::Show { plan } => print!("{}", load(&plan)?.to_text()),
        Command::DryRun { plan } => {
            let (plan, driver) = (load(&plan)?, Driver::new()?);
            let mut run = Run::dry_run(&plan, driver.account(), driver.region())?;
            for (step, drift) in driver.drive(&mut run, None)?.drift() {
                println!("{step}: {}", drift.name());
            }
        }
        Command::Run(Job { plan, journal }) => {
            let (plan, driver) = (load(&plan)?, Driver::new()?);
            let run = Run::start(&plan, driver.account(), driver.region())?;
            return end(&driver, run, JournalFile::create(&journal)?);
        }
        Command::Resume(Job { plan, journal }) => return again(&plan, &journal, Run::resume),
        Command::RollBack(Job { plan, journal }) => return again(&plan, &journal, Run::roll_back),
    }
    Ok(ExitCode::SUCCESS)
}

type Begin = fn(&Plan, &Journal, &str, &str) -> Result<Run, zt_core::plan::JournalError>;

fn again(plan: &Path, journal: &Path, begin: Begin) -> Result<ExitCode> {
    let (plan, driver) = (load(plan)?, Driver::new()?);
    let mut file = JournalFile::open(journal)?;
    let journal = Journal::read(file.text())?;
    let run = begin(&plan, &journal, driver.account(), driver.region())?;
    file.cut(journal.whole_bytes())?;
    end(&driver, run, file)
}

fn end(driver: &Driver, mut run: Run, mut journal: JournalFile) -> Result<ExitCode> {
    let end = driver.drive(&mut run, Some(&mut journal))?;
    println!("{end}");
    for (name, value) in run.outputs() {
        println!("{name}: {value}");
    }
    let is_failed = end.status() == Status::Failed;
    Ok(if is_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn load(path: &Path) -> Result<Plan> {
    Ok(Plan::from_json(&read(path)?)?)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| path.display().to_string())
}
