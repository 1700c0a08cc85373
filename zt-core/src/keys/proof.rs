//! A key policy, proven: who may do what, whatever identity policies and circumstances say.

use std::collections::BTreeSet;

use super::KeyError;
use super::key::Roles;
use crate::evaluate::{ContextValue, Evaluator, Outcome, Request};
use crate::guardrails::{
    KEY_ADMINISTRATION, KEY_AGREEMENT, KEY_AUTHENTICATION, KEY_SIGNING, KEY_USE,
};
use crate::policy::{Effect, Policy, Principal, Principals, Statement};

/// Grants and what else gives a key away or changes it, besides [`KEY_ADMINISTRATION`].
const CHANGES: [&str; 8] = [
    "kms:CreateGrant",
    "kms:DeleteImportedKeyMaterial",
    "kms:GetParametersForImport",
    "kms:ImportKeyMaterial",
    "kms:ReplicateKey",
    "kms:RetireGrant",
    "kms:SynchronizeMultiRegionKey",
    "kms:UpdatePrimaryRegion",
];

/// What a key policy was shown to do. Each sentence was decided by the evaluator, for principals whose own policies
/// allow `kms:*` on `*`, and where something is refused, whatever the condition keys in the policy are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Proof {
    statements: Vec<String>,
    decisions: usize,
}

impl Proof {
    /// What was shown, in sentences.
    #[must_use]
    pub fn statements(&self) -> &[String] {
        &self.statements
    }

    /// How many decisions were taken.
    #[must_use]
    pub fn decisions(&self) -> usize {
        self.decisions
    }
}

pub(super) fn prove(policy: &Policy, roles: &Roles<'_>) -> Result<Proof, KeyError> {
    let everything = Policy::new([Statement::allow(None).actions(["kms:*"]).any_resource()])
        .map_err(|error| KeyError::Guardrail(error.into()))?;
    let evaluator =
        Evaluator::builder().identity([("kms:* on *", &everything)]).resource(policy).build()?;
    let owner = Evaluator::builder().resource(policy).build()?;
    let allows = Policy::new(
        policy.statements().iter().filter(|statement| statement.effect() == Effect::Allow).cloned(),
    )
    .map_err(|error| KeyError::Guardrail(error.into()))?;
    let allows =
        Evaluator::builder().identity([("kms:* on *", &everything)]).resource(&allows).build()?;
    let keys = condition_keys(policy);
    let mut court = Court { roles, evaluator, allows, owner, keys, decisions: 0 };
    let uses = uses();
    let administration: BTreeSet<&str> = KEY_ADMINISTRATION
        .iter()
        .chain(&CHANGES)
        .copied()
        .filter(|action| *action != "kms:DescribeKey")
        .collect();
    let mut statements = Vec::new();

    for arn in roles.administrators {
        for action in KEY_ADMINISTRATION {
            court.allowed(arn, action, &[mfa()])?;
        }
        for action in uses.iter().chain(["kms:CreateGrant"].iter()) {
            court.refused(arn, action, &[])?;
        }
        statements.push(format!(
            "`{arn}` administers the key, and cannot use it or let others by a grant."
        ));
    }
    for arn in roles.users {
        for action in roles.actions {
            court.allowed(arn, action, &roles.context)?;
        }
        for action in &administration {
            court.refused(arn, action, &[])?;
        }
        if !roles.context.is_empty() {
            for action in roles.actions.iter().filter(|action| uses.contains(*action)) {
                court.decide(arn, action, &[], false)?;
            }
        }
        statements.push(format!(
            "`{arn}` uses the key, and cannot administer it or let others by a grant."
        ));
    }
    for arn in roles.service_users {
        for service in roles.services {
            let via = ("kms:ViaService", ContextValue::from(service.as_str()));
            for action in roles.actions {
                court.allowed(arn, action, std::slice::from_ref(&via))?;
            }
            court.allowed(arn, "kms:CreateGrant", &[via.clone(), for_a_service()])?;
            court.decide(arn, "kms:CreateGrant", &[via], false)?;
        }
        // By calling KMS itself: no service speaks for it, and no grant is for one.
        let direct = ("kms:ViaService", ContextValue::from("none"));
        for action in uses.iter().chain(["kms:CreateGrant"].iter()) {
            court.refused(arn, action, std::slice::from_ref(&direct))?;
        }
        for action in administration.iter().filter(|action| !GRANTS.contains(action)) {
            court.refused(arn, action, &[])?;
        }
        statements.push(format!(
            "`{arn}` uses the key through {} only, and lets nobody but services by a grant.",
            roles.services.join(", ")
        ));
    }
    for arn in others(policy, roles)? {
        for action in uses.iter().chain(&administration) {
            court.refused(&arn, action, &[])?;
        }
    }
    statements.push(
        "No other user or role, of this account or another, can use or administer the key."
            .to_owned(),
    );
    for service in services(policy) {
        statements.push(format!(
            "`{service}` is allowed what your own statement says: that was not judged."
        ));
    }
    let root = format!("arn:{}:iam::{}:root", roles.partition, roles.account);
    for action in ["kms:GetKeyPolicy", "kms:PutKeyPolicy", "kms:CancelKeyDeletion"] {
        court.owner(&root, action)?;
    }
    statements.push(
        "The root user of the account can change the key policy: the owner is not locked out."
            .to_owned(),
    );
    Ok(Proof { statements, decisions: court.decisions })
}

fn mfa() -> (&'static str, ContextValue) {
    ("aws:MultiFactorAuthPresent", ContextValue::from(true))
}

fn for_a_service() -> (&'static str, ContextValue) {
    ("kms:GrantIsForAWSResource", ContextValue::from(true))
}

const GRANTS: [&str; 4] =
    ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant", "kms:RetireGrant"];

/// Everything that uses a key, of whatever kind.
fn uses() -> BTreeSet<&'static str> {
    [KEY_USE, KEY_SIGNING, KEY_AUTHENTICATION, KEY_AGREEMENT]
        .into_iter()
        .flatten()
        .copied()
        .filter(|action| !matches!(*action, "kms:DescribeKey" | "kms:GetPublicKey"))
        .collect()
}

/// The condition keys of a policy, but for those that follow from who asks.
fn condition_keys(policy: &Policy) -> BTreeSet<String> {
    policy
        .statements()
        .iter()
        .filter_map(Statement::condition_element)
        .flat_map(|conditions| conditions.iter())
        .map(|(_, key, _)| key.to_ascii_lowercase())
        .filter(|key| {
            !matches!(
                key.as_str(),
                "aws:principaltype"
                    | "aws:principalarn"
                    | "aws:principalaccount"
                    | "aws:principalisawsservice"
            )
        })
        .collect()
}

/// Who stands for everybody else: somebody of the account, somebody of another, and whomever a statement names and no role does.
fn others(policy: &Policy, roles: &Roles<'_>) -> Result<BTreeSet<String>, KeyError> {
    let Roles { partition, account, .. } = roles;
    let somebody = |account: &str| format!("arn:{partition}:iam::{account}:role/zt-somebody-else");
    let stranger = if *account == "999999999999" { "888888888888" } else { "999999999999" };
    let mut others = BTreeSet::from([somebody(account), somebody(stranger)]);
    for text in allowed(policy).filter_map(|principal| match principal {
        Principal::Aws(text) => Some(text),
        _ => None,
    }) {
        let whole_account = match text.split(':').collect::<Vec<_>>().as_slice() {
            [id] if id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some((*id).to_owned())
            }
            ["arn", _, "iam", "", id, "root"] => Some((*id).to_owned()),
            ["arn", ..] => None,
            _ => return Err(KeyError::invalid("principal", "an ARN or an account id", &text)),
        };
        match whole_account {
            Some(id) => {
                others.insert(somebody(&id));
            }
            None if [roles.administrators, roles.users, roles.service_users]
                .iter()
                .any(|list| list.contains(&text)) => {}
            None => {
                others.insert(text);
            }
        }
    }
    Ok(others)
}

/// Services and identity providers that statements name.
fn services(policy: &Policy) -> BTreeSet<String> {
    allowed(policy)
        .filter(|principal| !matches!(principal, Principal::Aws(_) | Principal::Anyone))
        .map(|principal| principal.parts().1.to_owned())
        .collect()
}

/// The principals of statements that allow.
fn allowed(policy: &Policy) -> impl Iterator<Item = Principal> {
    let allows = policy.statements().iter().filter(|statement| statement.effect() == Effect::Allow);
    allows.filter_map(Statement::principal_element).flat_map(Principals::to_list)
}

/// Decides, and says what went wrong.
struct Court<'a> {
    roles: &'a Roles<'a>,
    evaluator: Evaluator,
    /// Without the statements that deny.
    allows: Evaluator,
    owner: Evaluator,
    keys: BTreeSet<String>,
    decisions: usize,
}

impl Court<'_> {
    fn allowed(
        &mut self,
        arn: &str,
        action: &str,
        context: &[(&str, ContextValue)],
    ) -> Result<(), KeyError> {
        self.decide(arn, action, context, true)
    }

    /// Refused whatever the values are of the condition keys that the policy looks at and `context` does not fix.
    fn refused(
        &mut self,
        arn: &str,
        action: &str,
        context: &[(&str, ContextValue)],
    ) -> Result<(), KeyError> {
        let fixed = |key: &str| context.iter().any(|(name, _)| name.eq_ignore_ascii_case(key));
        let unknown = self
            .keys
            .iter()
            .filter(|key| !fixed(key))
            .map(|key| (key.as_str(), ContextValue::Unknown));
        let all: Vec<_> = unknown.chain(context.iter().cloned()).collect();
        let request = self.request(arn, action, &all);
        self.check(&request, arn, action, false)
    }

    fn decide(
        &mut self,
        arn: &str,
        action: &str,
        context: &[(&str, ContextValue)],
        allowed: bool,
    ) -> Result<(), KeyError> {
        let request = self.request(arn, action, context);
        self.check(&request, arn, action, allowed)
    }

    fn owner(&mut self, root: &str, action: &str) -> Result<(), KeyError> {
        let request = self.request(root, action, &[mfa()]);
        self.decisions += 1;
        let decision = self.owner.evaluate(&request);
        if decision.is_allowed() {
            return Ok(());
        }
        Err(KeyError::not_proven(root, action, true, decision.to_string()))
    }

    fn check(
        &mut self,
        request: &Request,
        arn: &str,
        action: &str,
        allowed: bool,
    ) -> Result<(), KeyError> {
        self.decisions += 1;
        let outcome = self.evaluator.outcome(request);
        let right = match outcome {
            Outcome::Allowed => allowed,
            Outcome::ExplicitDeny | Outcome::ImplicitDeny => !allowed,
            // Perhaps only whether a statement denies it, or none allows it.
            Outcome::Unknown => !allowed && self.allows.outcome(request) == Outcome::ImplicitDeny,
        };
        if right {
            return Ok(());
        }
        Err(KeyError::not_proven(
            arn,
            action,
            allowed,
            self.evaluator.evaluate(request).to_string(),
        ))
    }

    fn request(&self, arn: &str, action: &str, context: &[(&str, ContextValue)]) -> Request {
        let Roles { partition, account, region, .. } = self.roles;
        let key = format!(
            "arn:{partition}:kms:{region}:{account}:key/00000000-0000-0000-0000-000000000000"
        );
        // A role acts by its sessions.
        let role = arn.split_once(":role/").zip(arn.split(':').nth(4));
        let request = match role {
            Some(((_, path), account)) => {
                let name = path.rsplit('/').next().unwrap_or(path);
                Request::new(
                    format!("arn:{partition}:sts::{account}:assumed-role/{name}/zt"),
                    action,
                    key,
                )
                .role_arn(arn)
            }
            None => Request::new(arn, action, key),
        };
        context.iter().fold(request, |request, (key, value)| request.with(key, value.clone()))
    }
}
