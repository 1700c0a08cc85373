//! `zt-grant` against an emulator of AWS on loopback, killed at every call.
//!
//! `make test` starts the emulator and puts its address into `ZT_EMULATOR`.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test may fail loudly")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, thread};

use serde_json::Value;

const ALICE: &str = "arn:aws:iam::123456789012:user/alice";

fn emulator() -> String {
    std::env::var("ZT_EMULATOR").expect("ZT_EMULATOR is not set: run this through `make test`")
}

fn grant(endpoint: &str, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_zt-grant"))
        .args(words)
        .env("AWS_ENDPOINT_URL", endpoint)
        .output()
        .unwrap()
}

/// What it prints, if it succeeds.
#[track_caller]
fn said(words: &[&str]) -> String {
    let output = grant(&emulator(), words);
    assert!(output.status.success(), "{words:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// A folder of its own, and in it the plan of a grant.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).unwrap();
    let policy = folder.join("read.json");
    let read = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}]}"#;
    fs::write(&policy, read).unwrap();
    let plan = said(&["plan", ALICE, policy.to_str().unwrap(), "3600"]);
    fs::write(folder.join("grant.json"), plan).unwrap();
    folder
}

fn text(folder: &Path, file: &str) -> String {
    folder.join(file).to_str().unwrap().to_owned()
}

/// How far the account is from the plan: nothing there, or all of it.
fn drift(plan: &str) -> String {
    said(&["dry-run", plan])
}

const NOTHING: &str = "role: missing\npolicy: missing\n";
const ALL: &str = "role: done\npolicy: done\n";

#[test]
fn a_grant_runs_again_is_undone_and_revoked() {
    let folder = folder("grant");
    let (plan, journal) = (text(&folder, "grant.json"), text(&folder, "run.jsonl"));
    assert!(said(&["show", &plan]).contains("gets temporary access until"));
    assert_eq!(drift(&plan), NOTHING);
    let run = said(&["run", &plan, &journal]);
    assert!(run.starts_with("the run finished\n"), "{run}");
    assert!(run.contains("role_arn: \"arn:aws:iam::123456789012:role/zt/temporary/zt-grant-"));
    assert_eq!(drift(&plan), ALL);
    #[cfg(unix)]
    {
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&journal).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
    let again = text(&folder, "again.jsonl");
    said(&["run", &plan, &again]);
    said(&["roll-back", &plan, &again]);
    assert_eq!(drift(&plan), ALL, "what a run found is not its own");
    assert!(!grant(&emulator(), &["run", &plan, &journal]).status.success(), "there is a journal");
    said(&["roll-back", &plan, &journal]);
    assert_eq!(drift(&plan), NOTHING);

    said(&["run", &plan, &text(&folder, "third.jsonl")]);
    let revoke = text(&folder, "revoke.json");
    fs::write(&revoke, said(&["revoke", &plan])).unwrap();
    said(&["run", &revoke, &text(&folder, "revoke.jsonl")]);
    assert_eq!(drift(&plan), NOTHING);
    let refused = grant(&emulator(), &["roll-back", &revoke, &journal]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("expected the journal of plan"));
}

#[test]
fn killed_at_every_call_it_ends_equal_or_as_before() {
    let folder = folder("killed");
    let plan = text(&folder, "grant.json");
    let mut killed = 0;
    for how in [How::Before, How::Inside, How::InsideALine] {
        for at in 1.. {
            let mut was_killed = false;
            for back in [false, true] {
                let journal = text(&folder, &format!("{how:?}-{at}-{back}.jsonl"));
                was_killed = run_and_kill(&["run", &plan, &journal], at, how);
                killed += usize::from(was_killed);
                if was_killed && how == How::InsideALine {
                    let lines = fs::read_to_string(&journal).unwrap();
                    let last = lines.lines().last().unwrap().len();
                    fs::write(&journal, lines.get(..lines.len() - last / 2).unwrap()).unwrap();
                }
                if !back {
                    said(&["resume", &plan, &journal]);
                    assert_eq!(drift(&plan), ALL, "{how:?} {at}");
                }
                said(&["roll-back", &plan, &journal]);
                assert_eq!(drift(&plan), NOTHING, "{how:?} {at} {back}");
            }
            if !was_killed {
                break;
            }
        }
    }
    // Two reads that find nothing, two calls, one wait.
    assert_eq!(killed, 3 * 2 * 5);
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum How {
    /// The service does not see the call.
    Before,
    /// The call takes effect, and nobody sees the answer.
    Inside,
    /// As `Before`, and the journal's last line is cut off.
    InsideALine,
}

/// Runs the program behind a proxy that kills it at a call of IAM. Whether it was killed.
fn run_and_kill(words: &[&str], at: usize, how: How) -> bool {
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", proxy.local_addr().unwrap());
    let mut child = Command::new(env!("CARGO_BIN_EXE_zt-grant"))
        .args(words)
        .env("AWS_ENDPOINT_URL", endpoint)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let calls = Arc::new(AtomicUsize::new(0));
    proxy.set_nonblocking(true).unwrap();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{status}");
            return false;
        }
        let Ok((stream, _)) = proxy.accept() else {
            thread::sleep(std::time::Duration::from_millis(2));
            continue;
        };
        stream.set_nonblocking(false).unwrap();
        if serve(stream, &calls, at, how) {
            child.kill().unwrap();
            child.wait().unwrap();
            return true;
        }
    }
}

/// Passes one call on. Whether it is the one to be killed at.
fn serve(mut client: TcpStream, calls: &AtomicUsize, at: usize, how: How) -> bool {
    let mut reader = BufReader::new(client.try_clone().unwrap());
    let mut head = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" || line.is_empty() {
            break;
        }
        if !lower.starts_with("connection:") {
            head.push_str(&line);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let is_identity = String::from_utf8_lossy(&body).contains("Action=GetCallerIdentity");
    let is_it = !is_identity && calls.fetch_add(1, Ordering::Relaxed) + 1 == at;
    if is_it && how != How::Inside {
        return true;
    }
    let mut server = TcpStream::connect(emulator().trim_start_matches("http://")).unwrap();
    server.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes()).unwrap();
    server.write_all(&body).unwrap();
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).unwrap();
    if is_it {
        return true;
    }
    client.write_all(&answer).unwrap();
    drop(client.shutdown(Shutdown::Both));
    false
}

/// Journals are one format: what Python and Node write is read here, and the other way round. Their tests run each other's;
/// here is what a line looks like.
#[test]
fn a_journal_is_json_lines() {
    let folder = folder("lines");
    let (plan, journal) = (text(&folder, "grant.json"), text(&folder, "run.jsonl"));
    said(&["run", &plan, &journal]);
    let lines = fs::read_to_string(&journal).unwrap();
    let kinds: Vec<String> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|line| line.pointer("/event/kind").unwrap().as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds, ["start", "begin", "done", "ready", "begin", "done", "end"]);
    said(&["roll-back", &plan, &journal]);
}
