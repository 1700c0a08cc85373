//! Does what a run asks for: writes, calls, waits. The rules are the run's.

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use jiff::Timestamp;
use tokio::runtime::Runtime;
use zt_core::plan::{End, Next, Run};

use crate::calls;
use crate::journal::JournalFile;

/// The SDK with the credentials of the environment.
pub(crate) struct Driver {
    runtime: Runtime,
    iam: aws_sdk_iam::Client,
    account: String,
    region: String,
}

/// How long a call may take.
const TIMEOUT: Duration = Duration::from_secs(60);

impl Driver {
    /// Asks whose the credentials are.
    pub(crate) fn new() -> Result<Self> {
        let runtime = Runtime::new()?;
        let config = runtime.block_on(
            aws_config::defaults(BehaviorVersion::latest())
                // The run retries, and must know of every attempt: one that was lost may have worked.
                .retry_config(RetryConfig::disabled())
                .timeout_config(TimeoutConfig::builder().operation_timeout(TIMEOUT).build())
                .load(),
        );
        let region = config.region().map(ToString::to_string).unwrap_or_default();
        let config = match config.region() {
            Some(_) => config,
            // IAM and STS are where no Region is asked for.
            None => config.into_builder().region(Region::from_static("us-east-1")).build(),
        };
        let sts = aws_sdk_sts::Client::new(&config);
        let identity = runtime.block_on(sts.get_caller_identity().send());
        let identity = identity.map_err(aws_sdk_sts::Error::from)?;
        let account = identity.account().context("AWS STS gave no account")?.to_owned();
        Ok(Self { runtime, iam: aws_sdk_iam::Client::new(&config), account, region })
    }

    pub(crate) fn account(&self) -> &str {
        &self.account
    }

    pub(crate) fn region(&self) -> &str {
        &self.region
    }

    /// Runs to the end, if nobody kills it.
    pub(crate) fn drive(
        &self,
        run: &mut Run,
        mut journal: Option<&mut JournalFile>,
    ) -> Result<End> {
        loop {
            match run.next(Timestamp::now()) {
                Next::Write(line) => {
                    if let Some(journal) = &mut journal {
                        journal.append(&line)?;
                    }
                }
                Next::Call(request) => {
                    let answer = self.runtime.block_on(calls::make(&self.iam, &request))?;
                    run.answer(answer);
                }
                Next::Sleep(time) => thread::sleep(time),
                Next::End(end) => return Ok(end),
            }
        }
    }
}
