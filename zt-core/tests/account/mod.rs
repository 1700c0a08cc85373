//! A model of an account with roles, schedules and networks.
#![allow(dead_code, reason = "each test file uses a part")]

#[path = "../driver/mod.rs"]
mod driver;

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use zt_core::plan::{Failure, Request};

pub(crate) use driver::*;

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

impl World for Account {
    fn call(&mut self, request: &Request) -> Result<Json, Failure> {
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
