//! A model of an account, and a driver whose world can stop or answer wrongly at any point.
#![allow(dead_code, reason = "each test file uses a part")]

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use zt_core::plan::{End, Failure, Journal, JournalError, Next, Plan, Request, Run};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const REGION: &str = "eu-central-1";

pub(crate) fn start() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

/// What a plan can change: roles, their policies, groups of schedules, schedules and networks.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Account {
    pub(crate) roles: BTreeMap<String, Json>,
    pub(crate) policies: BTreeMap<(String, String), String>,
    pub(crate) groups: BTreeMap<String, String>,
    pub(crate) schedules: BTreeMap<(String, String), Json>,
    pub(crate) vpcs: BTreeMap<String, Json>,
    /// Reads that do not see yet what is there.
    pub(crate) lag: usize,
}

impl Account {
    pub(crate) fn call(&mut self, request: &Request) -> Result<Json, Failure> {
        let input = request.input(|_| None).unwrap();
        let text = |member: &str| input[member].as_str().unwrap_or_default().to_owned();
        let refuse = |code: &str| Err(Failure::Refused(code.to_owned()));
        let role = text("RoleName");
        let policy = (role.clone(), text("PolicyName"));
        let schedule = (text("GroupName"), text("Name"));
        match request.operation() {
            "GetCallerIdentity" => Ok(json!({ "Account": ACCOUNT })),
            "CreateRole" if self.roles.contains_key(&role) => refuse("EntityAlreadyExists"),
            "CreateRole" => {
                let arn = format!("arn:aws:iam::{ACCOUNT}:role{}{role}", text("Path"));
                let made = json!({
                    "RoleName": role,
                    "Path": text("Path"),
                    "Arn": arn,
                    "Tags": input["Tags"],
                    "AssumeRolePolicyDocument": input["AssumeRolePolicyDocument"],
                });
                self.roles.insert(role, made.clone());
                Ok(json!({ "Role": made }))
            }
            "ListRoles" => {
                let under = text("PathPrefix");
                let is_under = |role: &&Json| {
                    role["Path"].as_str().is_some_and(|path| path.starts_with(&under))
                };
                let roles: Vec<&Json> = self.roles.values().filter(is_under).collect();
                Ok(json!({ "Roles": roles, "IsTruncated": false }))
            }
            "UpdateAssumeRolePolicy" => match self.roles.get_mut(&role) {
                Some(found) => {
                    found["AssumeRolePolicyDocument"] = input["PolicyDocument"].clone();
                    Ok(json!({}))
                }
                None => refuse("NoSuchEntity"),
            },
            "GetRole" => match self.roles.get(&role) {
                Some(found) => Ok(json!({ "Role": found })),
                None => refuse("NoSuchEntity"),
            },
            "DeleteRole" if !self.roles.contains_key(&role) => refuse("NoSuchEntity"),
            "DeleteRole" if self.policies.keys().any(|(of, _)| *of == role) => {
                refuse("DeleteConflict")
            }
            "DeleteRole" => {
                self.roles.remove(&role);
                Ok(json!({}))
            }
            "PutRolePolicy" if !self.roles.contains_key(&role) => refuse("NoSuchEntity"),
            "PutRolePolicy" => {
                self.policies.insert(policy, text("PolicyDocument"));
                Ok(json!({}))
            }
            "GetRolePolicy" => match self.policies.get(&policy) {
                // As some SDKs have it: already read.
                Some(found) => {
                    Ok(json!({ "PolicyDocument": serde_json::from_str::<Json>(found).unwrap() }))
                }
                None => refuse("NoSuchEntity"),
            },
            "DeleteRolePolicy" => match self.policies.remove(&policy) {
                Some(_) => Ok(json!({})),
                None => refuse("NoSuchEntity"),
            },
            "CreateScheduleGroup" => {
                let arn =
                    format!("arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group/{}", text("Name"));
                match self.groups.get(&text("Name")) {
                    Some(token) if *token != text("ClientToken") => refuse("ConflictException"),
                    _ => {
                        self.groups.insert(text("Name"), text("ClientToken"));
                        Ok(json!({ "ScheduleGroupArn": arn }))
                    }
                }
            }
            "DeleteScheduleGroup" => match self.groups.remove(&text("Name")) {
                Some(_) => Ok(json!({})),
                None => refuse("ResourceNotFoundException"),
            },
            "CreateSchedule" if self.schedules.contains_key(&schedule) => {
                refuse("ConflictException")
            }
            "CreateSchedule" if !self.groups.contains_key(&schedule.0) => {
                refuse("ResourceNotFoundException")
            }
            "CreateSchedule" => {
                self.schedules.insert(schedule, input["Target"].clone());
                Ok(json!({ "ScheduleArn": "arn" }))
            }
            "GetSchedule" => match self.schedules.get(&schedule) {
                Some(target) => Ok(json!({ "Name": schedule.1, "Target": target })),
                None => refuse("ResourceNotFoundException"),
            },
            "DeleteSchedule" => match self.schedules.remove(&schedule) {
                Some(_) => Ok(json!({})),
                None => refuse("ResourceNotFoundException"),
            },
            "CreateVpc" => {
                let id = format!("vpc-{}", self.vpcs.len());
                let tags = input["TagSpecifications"][0]["Tags"].clone();
                let vpc = json!({ "VpcId": id, "CidrBlock": input["CidrBlock"], "Tags": tags });
                self.vpcs.insert(id, vpc.clone());
                Ok(json!({ "Vpc": vpc }))
            }
            "DescribeVpcs" if self.lag > 0 => {
                self.lag -= 1;
                Ok(json!({ "Vpcs": [] }))
            }
            "DescribeVpcs" => {
                let wanted = &input["Filters"][0]["Values"][0];
                let has = |vpc: &&Json| vpc["Tags"][0]["Value"] == *wanted;
                let vpcs: Vec<&Json> = self.vpcs.values().filter(has).collect();
                Ok(json!({ "Vpcs": vpcs }))
            }
            "DeleteVpc" => match self.vpcs.remove(&text("VpcId")) {
                Some(_) => Ok(json!({})),
                None => refuse("InvalidVpcID.NotFound"),
            },
            other => panic!("no such operation: {other}"),
        }
    }
}

/// How the world stops.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kill {
    /// Before a call or a line.
    Before,
    /// After the call took effect and before its answer came; in the middle of a line.
    Inside,
}

/// A driver. Its clock only moves when it sleeps.
pub(crate) struct Driver<'a> {
    pub(crate) account: &'a mut Account,
    pub(crate) journal: &'a mut String,
    pub(crate) now: Timestamp,
    pub(crate) actions: usize,
    pub(crate) calls: usize,
    pub(crate) kill: Option<(usize, Kill)>,
    pub(crate) cancel: Option<usize>,
    pub(crate) fault: Interference<'a>,
}

/// What goes wrong, given the number of the call.
pub(crate) type Interference<'a> =
    Box<dyn FnMut(usize, &Request, &mut Account) -> Option<Result<Json, Failure>> + 'a>;

impl<'a> Driver<'a> {
    pub(crate) fn new(account: &'a mut Account, journal: &'a mut String) -> Self {
        let fault: Interference<'a> = Box::new(|_, _, _| None);
        Self {
            account,
            journal,
            now: start(),
            actions: 0,
            calls: 0,
            kill: None,
            cancel: None,
            fault,
        }
    }

    /// None when killed.
    pub(crate) fn drive(&mut self, run: &mut Run) -> Option<End> {
        loop {
            let next = run.next(self.now);
            if self.cancel == Some(self.actions) {
                self.cancel = None;
                run.cancel();
                self.actions = 0;
                self.calls = 0;
            }
            let killed = match self.kill {
                Some((at, how)) if at == self.actions => Some(how),
                _ => None,
            };
            match next {
                Next::Write(line) => {
                    self.actions += 1;
                    match killed {
                        Some(Kill::Before) => return None,
                        Some(Kill::Inside) => {
                            self.journal.push_str(line.get(..line.len() / 2).unwrap());
                            return None;
                        }
                        None => self.journal.push_str(&line),
                    }
                }
                Next::Call(request) => {
                    self.actions += 1;
                    if killed == Some(Kill::Before) {
                        return None;
                    }
                    let number = self.calls;
                    self.calls += 1;
                    assert!(self.calls < 1000, "the run does not end");
                    let answer = match (self.fault)(number, &request, self.account) {
                        Some(answer) => answer,
                        None => self.account.call(&request),
                    };
                    if killed == Some(Kill::Inside) {
                        return None;
                    }
                    run.answer(answer);
                }
                Next::Sleep(time) => self.now += SignedDuration::try_from(time).unwrap(),
                Next::End(end) => return Some(end),
            }
        }
    }
}

pub(crate) fn read(journal: &mut String) -> Result<Journal, JournalError> {
    let read = Journal::read(journal)?;
    journal.truncate(read.whole_bytes());
    Ok(read)
}

pub(crate) fn run(plan: &Plan, account: &mut Account, journal: &mut String) -> End {
    let mut run = Run::start(plan, ACCOUNT, REGION).unwrap();
    Driver::new(account, journal).drive(&mut run).unwrap()
}

/// Goes on after a kill; when nothing was written, from the start.
pub(crate) fn resume(plan: &Plan, journal: &mut String) -> Run {
    Run::resume(plan, &read(journal).unwrap(), ACCOUNT, REGION).unwrap()
}

pub(crate) fn roll_back(plan: &Plan, journal: &mut String) -> Run {
    Run::roll_back(plan, &read(journal).unwrap(), ACCOUNT, REGION).unwrap()
}
