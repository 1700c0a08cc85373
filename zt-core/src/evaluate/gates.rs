//! How policies of different types combine: the gates a request passes.

use super::caller::CallerKind;
use super::evaluator::Policies;
use super::facts::Facts;
use super::index::Group;
use super::principal::{Matched, Naming};
use super::request::Inner;
use super::standing::{OwnerRule, Relation, Standing};
use super::tri::Tri;
use super::{Outcome, PolicyType};
use crate::policy::Effect;

/// What each gate says about a request, and what follows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gates {
    /// Whether some applicable policy denies.
    pub(super) denied: Tri,
    /// Whether the caller's own policies allow.
    pub(super) identity: Tri,
    pub(super) boundary: Tri,
    pub(super) session: Tri,
    /// Whether every level of service control policies allows.
    pub(super) scps: Tri,
    /// The first level that does not surely allow.
    pub(super) scp_level: Option<usize>,
    pub(super) endpoint: Tri,
    pub(super) resource: Grants,
    /// Whether the request passes, explicit denials aside.
    pub(super) allowed: Tri,
}

/// What a resource policy allows, by how it names the caller.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grants {
    pub(super) anyone: Tri,
    pub(super) account: Tri,
    pub(super) user: Tri,
    pub(super) role: Tri,
    pub(super) session: Tri,
}

impl Gates {
    pub(super) fn new(policies: &Policies, request: &Inner, facts: &Facts<'_>) -> Self {
        let (caller, standing) = (&request.caller, &request.standing);
        let mut gates = Self {
            denied: Tri::No,
            identity: (caller.kind == CallerKind::Root).into(),
            boundary: Tri::Yes,
            session: Tri::Yes,
            scps: Tri::Yes,
            scp_level: None,
            endpoint: Tri::Yes,
            resource: Grants::NONE,
            allowed: Tri::No,
        };
        if caller.has_identity() {
            gates.pass_own(policies, request, facts);
        }
        if standing.under_rcps {
            for level in &policies.rcps {
                // An Allow of everything is always attached, so only denials matter.
                gates.denied = gates.denied | tally(level, request, facts, PolicyType::Rcp).deny;
            }
        }
        gates.pass_resource(&policies.resource, request, facts);
        if !policies.endpoint.is_empty() {
            let tally = tally(&policies.endpoint, request, facts, PolicyType::Endpoint);
            gates.denied = gates.denied | tally.deny;
            gates.endpoint = tally.allow;
        }
        gates.allowed = gates.endpoint & gates.scps & gates.granted(standing);
        gates
    }

    pub(super) fn outcome(&self) -> Outcome {
        match (self.denied, self.allowed) {
            (Tri::Yes, _) => Outcome::ExplicitDeny,
            (Tri::Maybe, _) | (Tri::No, Tri::Maybe) => Outcome::Unknown,
            (Tri::No, Tri::Yes) => Outcome::Allowed,
            (Tri::No, Tri::No) => Outcome::ImplicitDeny,
        }
    }

    /// The caller's own policies, and what its organisation says.
    fn pass_own(&mut self, policies: &Policies, request: &Inner, facts: &Facts<'_>) {
        let identity = tally(&policies.identity, request, facts, PolicyType::Identity);
        self.denied = self.denied | identity.deny;
        self.identity = self.identity | identity.allow;
        for policy in &policies.boundaries {
            let tally = tally(policy, request, facts, PolicyType::Boundary);
            self.denied = self.denied | tally.deny;
            self.boundary = self.boundary & tally.allow;
        }
        if !policies.session.is_empty() {
            let tally = tally(&policies.session, request, facts, PolicyType::Session);
            self.denied = self.denied | tally.deny;
            self.session = tally.allow;
        } else if request.caller.kind == CallerKind::FederatedUser {
            // A session of GetFederationToken without a session policy has none of the user's permissions.
            self.session = Tri::No;
        }
        if !request.standing.under_scps {
            return;
        }
        for (at, level) in policies.scps.iter().enumerate() {
            let tally = tally(level, request, facts, PolicyType::Scp);
            self.denied = self.denied | tally.deny;
            if tally.allow != Tri::Yes && self.scps == Tri::Yes {
                self.scp_level = Some(at);
            }
            self.scps = self.scps & tally.allow;
        }
    }

    fn pass_resource(&mut self, policy: &Group, request: &Inner, facts: &Facts<'_>) {
        policy.each_candidate(&request.lower_action, &request.resource, |statement| {
            let applies = statement.applies(request, facts, true);
            if applies == Tri::No {
                return;
            }
            match statement.effect {
                Effect::Deny => self.denied = self.denied | applies,
                Effect::Allow => {
                    self.resource.add(statement.takes_principal(request, facts), applies)
                }
            }
        });
    }

    /// Whether the request is granted, organisation and endpoint aside (rules of *Policy evaluation logic*).
    fn granted(&self, standing: &Standing) -> Tri {
        let own = self.identity & self.boundary & self.session;
        let named = &self.resource;
        match standing.relation {
            Relation::Outside => named.any(),
            Relation::Across => own & named.any(),
            Relation::Within => {
                let direct = named.session
                    | named.user
                    | named.anyone
                    | (named.role & self.boundary & self.session);
                match standing.owner_rule {
                    OwnerRule::None => direct | own,
                    OwnerRule::KmsKey | OwnerRule::RoleTrust => direct | (named.any() & own),
                }
            }
        }
    }
}

impl Grants {
    const NONE: Self =
        Self { anyone: Tri::No, account: Tri::No, user: Tri::No, role: Tri::No, session: Tri::No };

    pub(super) fn any(&self) -> Tri {
        self.anyone | self.account | self.user | self.role | self.session
    }

    fn add(&mut self, named: Naming, applies: Tri) {
        let ways = [
            (Matched::ANYONE, &mut self.anyone),
            (Matched::ACCOUNT, &mut self.account),
            (Matched::USER, &mut self.user),
            (Matched::ROLE, &mut self.role),
            (Matched::SESSION, &mut self.session),
        ];
        for (way, grant) in ways {
            if named.sure.meets(way) {
                *grant = *grant | applies;
            }
            if named.maybe.meets(way) {
                *grant = *grant | (applies & Tri::Maybe);
            }
        }
    }
}

/// What the statements of some policies say together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tally {
    allow: Tri,
    deny: Tri,
}

fn tally(policies: &Group, request: &Inner, facts: &Facts<'_>, kind: PolicyType) -> Tally {
    let takes_principal = kind.takes_principal();
    let mut tally = Tally { allow: Tri::No, deny: Tri::No };
    policies.each_candidate(&request.lower_action, &request.resource, |statement| match statement
        .effect
    {
        Effect::Allow if tally.allow < Tri::Yes => {
            tally.allow = tally.allow | statement.applies(request, facts, takes_principal);
        }
        Effect::Deny if tally.deny < Tri::Yes => {
            tally.deny = tally.deny | statement.applies(request, facts, takes_principal);
        }
        _ => {}
    });
    tally
}
