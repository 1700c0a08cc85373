//! What explanations say about gates that keep a request out.

use super::ambiguity::of_condition;
use super::clauses::{MOST_LISTED, list, why_fails};
use super::explain::{Explainer, gate, reason};
use super::index::Group;
use super::standing::{OwnerRule, Relation};
use super::statement::{Part, Policy};
use super::tri::Tri;
use super::{PolicyType, Reason};
use crate::policy::Effect;

impl Explainer<'_> {
    /// The gates that keep the request out, each with the statements that nearly opened it.
    pub(super) fn closed_gates(&self, state: Tri) -> Vec<Reason> {
        let gates = &self.gates;
        let action = self.what();
        let mut reasons = Vec::new();
        let mut close = |kind: PolicyType, level: Option<usize>, text: String| {
            let misses = self.near_misses(kind, level);
            let because = if misses.is_empty() {
                String::new()
            } else {
                let texts: Vec<&str> =
                    misses.iter().take(MOST_LISTED).map(|miss| miss.text.as_str()).collect();
                format!(": {}", texts.join("; "))
            };
            reasons.push(gate(kind, text + &because));
            reasons.extend(misses);
        };
        let own = gates.identity;
        let named = gates.resource.any();
        match self.request.standing.relation {
            Relation::Outside if named == state => {
                close(PolicyType::Resource, None, self.resource_says_nothing());
            }
            Relation::Across => {
                if own == state {
                    close(
                        PolicyType::Identity,
                        None,
                        format!(
                            "no identity policy allows {action}, and across accounts these and {} must both \
                             allow",
                            self.owners_policy()
                        ),
                    );
                }
                if named == state {
                    close(PolicyType::Resource, None, self.resource_says_nothing());
                }
            }
            Relation::Within
                if self.request.standing.owner_rule != OwnerRule::None && named == state =>
            {
                close(PolicyType::Resource, None, self.resource_says_nothing());
            }
            // What the resource policy allows to the role itself is limited by boundary and session policies alone.
            Relation::Within if own == state && gates.resource.role != Tri::Yes => {
                if gates.resource.account == Tri::Yes {
                    close(
                        PolicyType::Identity,
                        None,
                        format!(
                            "no identity policy allows {action}, and {} names only the account, which leaves it \
                             to these",
                            self.owners_policy()
                        ),
                    );
                } else {
                    close(PolicyType::Identity, None, format!("nothing allows {action}"));
                }
            }
            _ => {}
        }
        let within = self.request.standing.relation == Relation::Within;
        let limits = if within && own != Tri::Yes && gates.resource.role == Tri::Yes {
            ", and limits what the resource policy allows"
        } else {
            ""
        };
        if gates.boundary == state {
            let boundaries = self.policies.boundaries.iter().flat_map(Group::policies);
            close(
                PolicyType::Boundary,
                None,
                format!(
                    "the permissions boundary {} does not allow {action}{limits}",
                    self.names_of(PolicyType::Boundary, boundaries)
                ),
            );
        }
        if gates.session == state {
            let text = if self.policies.session.is_empty() {
                "a federated user without a session policy has no permissions of its own".to_owned()
            } else {
                let session = self.policies.session.policies().iter();
                let names = self.names_of(PolicyType::Session, session);
                format!("the session policy {names} does not allow {action}{limits}")
            };
            close(PolicyType::Session, None, text);
        }
        if gates.scps == state {
            let level = gates.scp_level.unwrap_or_default();
            let policies = self.policies.scps.get(level).map(Group::policies).unwrap_or_default();
            let names: Vec<String> =
                policies.iter().map(|policy| policy.name.to_string()).collect();
            let of = if self.policies.scps.len() > 1 {
                format!(" of level {}", level + 1)
            } else {
                String::new()
            };
            let asked = format!("{action}{}", self.where_to());
            let text = match names.as_slice() {
                [] => {
                    format!("the organisation has no policy{of}, so nothing there allows {asked}")
                }
                [only] => format!("the organisation's policy {only}{of} does not allow {asked}"),
                many => {
                    let many = list(many.iter().map(String::as_str));
                    format!("none of the organisation's policies{of} ({many}) allows {asked}")
                }
            };
            close(PolicyType::Scp, Some(level), text);
        }
        if gates.endpoint == state {
            close(
                PolicyType::Endpoint,
                None,
                format!("the policy of the VPC endpoint does not allow {action}"),
            );
        }
        if reasons.is_empty() {
            reasons.push(gate(PolicyType::Identity, format!("nothing allows {action}")));
        }
        reasons
    }

    fn resource_says_nothing(&self) -> String {
        let (action, who) = (self.what(), &self.request.principal);
        let standing = &self.request.standing;
        let what = self.owners_policy();
        if self.policies.resource.is_empty() {
            return match standing.relation {
                Relation::Outside => {
                    format!(
                        "only a resource policy could allow {action} to `{who}`, and none was given"
                    )
                }
                _ => {
                    let owner = match standing.owner_rule {
                        OwnerRule::None => {
                            "a resource of another account needs its resource policy"
                        }
                        OwnerRule::KmsKey => "a key needs its key policy",
                        OwnerRule::RoleTrust => "a role needs its trust policy",
                    };
                    format!("{owner} to allow {action}, and none was given")
                }
            };
        }
        let ignored = standing.relation == Relation::Within
            && standing.owner_rule != OwnerRule::None
            && self.gates.identity == Tri::Yes;
        let account = self.request.caller.account.as_ref().filter(|_| ignored);
        match account {
            Some(account) => format!(
                "{what} neither allows {action} to `{who}` nor leaves it to account `{account}`, so what \
                 its identity policies allow does not count"
            ),
            None => format!("{what} does not allow {action} to `{who}`"),
        }
    }

    /// What the resource's own policy is called.
    fn owners_policy(&self) -> &'static str {
        match self.request.standing.owner_rule {
            OwnerRule::None => "the resource policy",
            OwnerRule::KmsKey => "the key policy",
            OwnerRule::RoleTrust => "the trust policy of the role",
        }
    }

    /// The names of policies of which none, or not each, allows.
    fn names_of<'p>(&self, kind: PolicyType, policies: impl Iterator<Item = &'p Policy>) -> String {
        let closed = policies.filter(|policy| {
            let mut allows = policy.statements.iter().filter(|one| one.effect == Effect::Allow);
            !allows.any(|one| {
                one.applies(self.request, &self.facts, kind.takes_principal()) == Tri::Yes
            })
        });
        let names: Vec<String> = closed.map(|policy| policy.name.to_string()).collect();
        list(names.iter().map(String::as_str))
    }

    /// Statements that allow the action and miss by a condition, or else by the resource or the principal.
    fn near_misses(&self, kind: PolicyType, level: Option<usize>) -> Vec<Reason> {
        let takes_principal = kind.takes_principal();
        let mut by_condition = Vec::new();
        let mut by_part = Vec::new();
        for (own, at, policy) in self.policies.all() {
            // Whoever lacks an identity allow may as well be allowed by the resource policy.
            let related =
                own == kind || (kind == PolicyType::Identity && own == PolicyType::Resource);
            if !related || (level.is_some() && at != level) {
                continue;
            }
            let takes_principal = takes_principal || own.takes_principal();
            for statement in
                policy.statements.iter().filter(|statement| statement.effect == Effect::Allow)
            {
                let name = self.name(own, at, policy, statement);
                let miss = |because: String| {
                    let text = format!("{name} does not apply because {because}");
                    reason(own, policy, statement, text)
                };
                match statement.mismatch(self.request, &self.facts, takes_principal) {
                    Some(Part::Action) => {}
                    Some(Part::Resource) => {
                        by_part.push(miss(format!(
                            "its resources do not include `{}`",
                            self.request.resource
                        )));
                    }
                    Some(Part::Principal) => {
                        by_part
                            .push(miss(format!("it does not name `{}`", self.request.principal)));
                    }
                    None => {
                        let failing = || {
                            statement.conditions.iter().filter(|condition| {
                                statement.holds(condition, &self.facts) == Tri::No
                            })
                        };
                        let failed: Vec<String> =
                            failing().map(|condition| why_fails(condition, &self.facts)).collect();
                        if !failed.is_empty() {
                            let choices =
                                failing().flat_map(|failed| of_condition(failed, &self.facts));
                            by_condition.push(miss(failed.join(" and ")).with_choices(choices));
                        }
                    }
                }
            }
        }
        if by_condition.is_empty() { by_part } else { by_condition }
    }
}
