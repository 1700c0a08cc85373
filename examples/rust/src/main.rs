//! The Rust part of `make demo`: the article's policies, decisions under them, and files sealed
//! under a key file or a KMS key. It prints JSON lines where a program reads them.

#![expect(clippy::print_stdout, reason = "a program that prints its results")]

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

mod decisions;
mod seal;

/// Zero trust on AWS, in Rust.
#[derive(Parser)]
#[command(version)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show what the article's policies decide, and why.
    Decisions {
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Seal a file into an AWS Encryption SDK message.
    Encrypt(Job),
    /// Open a message.
    Decrypt(Job),
}

/// What to read, what to write, and under which key.
#[derive(clap::Args)]
struct Job {
    /// Which kind of key.
    #[arg(long)]
    keyring: KeyringKind,
    /// For `local`: the key file, made when there is none. For `raw`: a file of 32 bytes.
    #[arg(long, required_if_eq_any([("keyring", "local"), ("keyring", "raw")]))]
    key_file: Option<PathBuf>,
    /// The key's ARN, for `kms`.
    #[arg(long, required_if_eq("keyring", "kms"))]
    key_arn: Option<String>,
    /// Where KMS answers, for `kms`. Default: AWS.
    #[arg(long)]
    endpoint: Option<String>,
    /// The Region of the key, for `kms`. Default: as the environment says.
    #[arg(long)]
    region: Option<String>,
    /// The file to read.
    #[arg(long = "in")]
    source: PathBuf,
    /// The file to write. It appears only when it is whole.
    #[arg(long = "out")]
    target: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum KeyringKind {
    /// A key file.
    Local,
    /// A KMS key.
    Kms,
    /// An AES-256 key in a file.
    Raw,
}

fn main() -> anyhow::Result<()> {
    match Args::parse().command {
        Command::Decisions { json } => {
            for table in decisions::tables()? {
                print!("{}", if json { table.to_json_lines() } else { table.to_text() });
            }
        }
        Command::Encrypt(job) => println!("{}", seal::encrypt(&job)?),
        Command::Decrypt(job) => println!("{}", seal::decrypt(&job)?),
    }
    Ok(())
}
