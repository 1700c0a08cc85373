//! Flow logs: where they go, and who may write them.

use super::super::tier::FlowLogs;
use super::calls::reference;
use super::{Steps, VPC};
use crate::plan::{Call, Found, PlanError, Step, Value, partition};
use crate::policy::{Condition, Policy, Principal, Statement};

impl Steps<'_> {
    /// Before anything can send or receive, so that nothing goes unseen.
    pub(super) fn flow_logs(&mut self) -> Result<(), PlanError> {
        let id = "flow-logs";
        let create = Call::new("ec2", "CreateFlowLogs")
            .with("ResourceType", "VPC")
            .with("ResourceIds", Value::list([reference(VPC)?]))
            .with("TrafficType", "ALL")
            .with("MaxAggregationInterval", 60_i64)
            .with(
                "TagSpecifications",
                self.context.specification("vpc-flow-log", id, &self.parts.app),
            );
        let create = match &self.parts.flow_logs {
            FlowLogs::Bucket(arn) => {
                create.with("LogDestinationType", "s3").with("LogDestination", arn.as_str())
            }
            FlowLogs::CloudWatch { retention_days, role_arn } => {
                let group = self.log_group(*retention_days);
                let role = match role_arn {
                    Some(arn) => Value::from(arn.as_str()),
                    None => self.delivery_role(&group)?,
                };
                create
                    .with("LogDestinationType", "cloud-watch-logs")
                    .with("LogGroupName", group)
                    .with("DeliverLogsPermissionArn", role)
            }
        };
        let found = self
            .context
            .by_tags("DescribeFlowLogs", id)
            .expect("FlowLogs[0].ResourceId", reference(VPC)?)
            .output("FlowLogIds[0]", "FlowLogs[0].FlowLogId");
        let logs = Value::list([reference("flow-logs.FlowLogIds[0]")?]);
        self.steps.push(
            Step::new(id, "log every flow, accepted and rejected", create)
                .found(found)
                .costs("flow logs are charged by the gigabyte, and by where they are kept")
                .undo(Call::new("ec2", "DeleteFlowLogs").with("FlowLogIds", logs)),
        );
        Ok(())
    }

    /// The plan's id is in its name: the same name is the same plan's. It ends so that no other's begins with it.
    fn log_group(&mut self, days: u16) -> String {
        let name = format!("/zt/network/{}/{}/flows", self.parts.app, self.context.plan);
        let group =
            |operation: &str| Call::new("logs", operation).with("logGroupName", name.as_str());
        let own = [
            ("zt:app", self.context.app),
            ("zt:plan", self.context.plan),
            ("zt:step", "log-group"),
        ];
        let users = self.context.tags.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let tags = Value::object(own.into_iter().chain(users));
        let there =
            Call::new("logs", "DescribeLogGroups").with("logGroupNamePrefix", name.as_str());
        self.steps.push(
            Step::new(
                "log-group",
                "make the log group for flow logs",
                group("CreateLogGroup").with("tags", tags),
            )
            .found(Found::by(there).expect("logGroups[0].logGroupName", name.as_str()))
            .undo(group("DeleteLogGroup")),
        );
        let keep = group("PutRetentionPolicy").with("retentionInDays", i64::from(days));
        let reason = format!("keep flow logs for {days} days");
        self.steps.push(
            Step::new("log-group-retention", reason, keep).repeatable().undone_with("log-group"),
        );
        name
    }

    /// Amazon VPC User Guide, *IAM role for publishing flow logs to CloudWatch Logs*; narrowed to this account's flow logs and
    /// this log group.
    fn delivery_role(&mut self, group: &str) -> Result<Value, PlanError> {
        let (partition, region, account) = (partition(self.region), self.region, self.account);
        let name = format!("zt-flow-logs-{}", self.context.plan);
        let logs = format!("arn:{partition}:logs:{region}:{account}:log-group:");
        let source = format!("arn:{partition}:ec2:{region}:{account}:vpc-flow-log/*");
        let trust = document(
            Statement::allow("FlowLogs")
                .principal(Principal::service("vpc-flow-logs.amazonaws.com"))
                .actions(["sts:AssumeRole"])
                .when(Condition::new("StringEquals", "aws:SourceAccount", [account]))
                .when(Condition::new("ArnLike", "aws:SourceArn", [source.as_str()])),
            None,
        )?;
        let policy = document(
            Statement::allow("Write")
                .actions(["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"])
                .resources([format!("{logs}{group}"), format!("{logs}{group}:*")]),
            Some(
                Statement::allow("Find")
                    .actions(["logs:DescribeLogGroups"])
                    .resources([format!("{logs}*")]),
            ),
        )?;
        let role = |operation: &str| Call::new("iam", operation).with("RoleName", name.as_str());
        let create = role("CreateRole")
            .with("Path", "/zt/")
            .with("Description", format!("Writes the flow logs of {}", self.parts.app))
            .with("AssumeRolePolicyDocument", trust.as_str())
            .with("Tags", self.context.tags("flow-log-role", &name));
        self.steps.push(
            Step::new("flow-log-role", "make the role that writes flow logs", create)
                .found(
                    Found::by(role("GetRole"))
                        .expect("Role.Path", "/zt/")
                        .expect("Role.AssumeRolePolicyDocument", trust)
                        .output("Role", "Role"),
                )
                .undo(role("DeleteRole")),
        );
        let inline = |operation: &str| role(operation).with("PolicyName", "flow-logs");
        self.steps.push(
            Step::new(
                "flow-log-role-policy",
                "let it write to this log group only",
                inline("PutRolePolicy").with("PolicyDocument", policy.as_str()),
            )
            .found(Found::by(inline("GetRolePolicy")).expect("PolicyDocument", policy))
            .undo(inline("DeleteRolePolicy")),
        );
        reference("flow-log-role.Role.Arn")
    }
}

fn document(statement: Statement, other: Option<Statement>) -> Result<String, PlanError> {
    let builder = Policy::builder().statement(statement);
    let builder = match other {
        Some(other) => builder.statement(other),
        None => builder,
    };
    let policy =
        builder.build().map_err(|error| PlanError::new("policy", "a policy", error.to_string()))?;
    Ok(policy.to_json())
}
