//! What follows when values that are not known are filled in.
//!
//! Each key gets candidates: one value for each way in which the policies can tell its values apart. All combinations
//! are tried, leaving out those that cannot matter any more. Where the candidates of a key are not all there are (see
//! [`Domain::complete`]), agreement among them proves nothing and the outcome stays unknown.

use super::Outcome;
use super::domain::{Candidate, Domain};
use super::evaluator::Policies;
use super::facts::{Fact, Facts};
use super::gates::Gates;
use super::request::Inner;
use super::statement::Statement;
use super::tri::Tri;

/// What is left when everything has been tried.
#[derive(Clone, Debug)]
pub(super) struct Settled {
    /// Unknown when different values lead to different outcomes.
    pub(super) outcome: Outcome,
    /// The keys that matter, in lower case. When none does: those that were tried.
    pub(super) keys: Vec<String>,
}

/// How many decisions one search takes at most. A request with more combinations than that stays unknown.
const BUDGET: usize = 20_000;

/// How many values of conditions all decisions of a search may look at. Among very many statements, fewer decisions.
const WORK: usize = 100_000_000;

/// So many decisions a search takes in any case.
const LEAST: usize = 200;

/// Settles a request whose outcome depends on what is not known, as far as its statements tell.
pub(super) fn settle(policies: &Policies, request: &Inner, facts: &Facts<'_>) -> Settled {
    let domains = domains(policies, request, facts);
    let mut search = Search::new(policies, request, facts, &domains);
    let mut seen = Outcomes::default();
    search.collect(0, &mut Vec::new(), &mut seen);
    let complete = search.left > 0 && !search.sampled;
    let all = || domains.iter().map(|domain| domain.key.clone()).collect();
    match seen.only() {
        Some(outcome) if complete => Settled { outcome, keys: all() },
        Some(_) => Settled { outcome: Outcome::Unknown, keys: all() },
        None => {
            let matter = (0..domains.len()).filter(|at| search.matters(*at));
            let keys: Vec<String> =
                matter.filter_map(|at| domains.get(at).map(|domain| domain.key.clone())).collect();
            // Several keys may matter only together with one whose candidates are incomplete.
            let keys = if keys.is_empty() { all() } else { keys };
            Settled { outcome: Outcome::Unknown, keys }
        }
    }
}

/// Whether some values allow the request. No means no; where not all is tried it says yes.
pub(super) fn may_allow(policies: &Policies, request: &Inner, facts: &Facts<'_>) -> bool {
    let domains = domains(policies, request, facts);
    Search::new(policies, request, facts, &domains).may_allow(0, &mut Vec::new())
}

fn domains(policies: &Policies, request: &Inner, facts: &Facts<'_>) -> Vec<Domain> {
    let statements: Vec<&Statement> = relevant(policies, request).collect();
    let mut domains: Vec<Domain> = request
        .context
        .unknown()
        .filter_map(|(key, _)| Domain::new(key, &statements, request, facts))
        .collect();
    // What is settled before the incomplete ones are tried is settled for all their values.
    domains.sort_by_key(|domain| !domain.complete);
    domains
}

/// The statements that can be about the action.
fn relevant<'a>(policies: &'a Policies, request: &'a Inner) -> impl Iterator<Item = &'a Statement> {
    let all = policies.all().flat_map(|(_, _, policy)| &policy.statements);
    all.filter(|statement| statement.takes_action(request))
}

struct Search<'a> {
    policies: &'a Policies,
    request: &'a Inner,
    facts: &'a Facts<'a>,
    domains: &'a [Domain],
    left: usize,
    /// Whether an outcome rests on some of a key's values, not on all.
    sampled: bool,
}

type Tried<'a> = Vec<(&'a str, Fact<'a>)>;

impl<'a> Search<'a> {
    fn new(
        policies: &'a Policies,
        request: &'a Inner,
        facts: &'a Facts<'a>,
        domains: &'a [Domain],
    ) -> Self {
        let conditions = relevant(policies, request).flat_map(|statement| &statement.conditions);
        let work: usize = conditions.map(|condition| condition.values.len() + 1).sum();
        let left = (WORK / work.max(1)).clamp(LEAST, BUDGET);
        Self { policies, request, facts, domains, left, sampled: false }
    }

    /// Whether values of the keys from a place on may allow.
    fn may_allow(&mut self, at: usize, tried: &mut Tried<'a>) -> bool {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            return true;
        }
        let gates = Gates::new(self.policies, self.request, &self.facts.trying(tried));
        if gates.denied == Tri::Yes || gates.allowed == Tri::No {
            return false;
        }
        if gates.outcome() == Outcome::Allowed {
            return true;
        }
        let domains = self.domains;
        let Some(domain) = domains.get(at) else {
            return true;
        };
        // Where the candidates are not all there are, some other value may.
        if !domain.complete {
            return true;
        }
        domain.candidates.iter().any(|candidate| {
            tried.push((&domain.key, candidate.fact()));
            let may = self.may_allow(at + 1, tried);
            tried.pop();
            may
        })
    }

    /// Collects the outcomes that the keys from a place on lead to. Stops at two.
    fn collect(&mut self, at: usize, tried: &mut Tried<'a>, seen: &mut Outcomes) {
        let outcome = self.decide(tried);
        if outcome != Outcome::Unknown {
            seen.add(outcome);
            return;
        }
        let domains = self.domains;
        let Some(domain) = domains.get(at) else {
            seen.add(Outcome::Unknown);
            return;
        };
        self.sampled |= !domain.complete;
        for candidate in &domain.candidates {
            tried.push((&domain.key, candidate.fact()));
            self.collect(at + 1, tried, seen);
            tried.pop();
            if seen.only().is_none() && !seen.is_empty() || self.left == 0 {
                return;
            }
        }
    }

    /// Whether some values of the other keys make the outcome depend on this one.
    fn matters(&mut self, key: usize) -> bool {
        self.can_matter(0, key, &mut Vec::new())
    }

    fn can_matter(&mut self, at: usize, key: usize, tried: &mut Tried<'a>) -> bool {
        if self.left == 0 {
            return true;
        }
        if self.decide(tried) != Outcome::Unknown {
            return false;
        }
        if at == key {
            return self.can_matter(at + 1, key, tried);
        }
        let domains = self.domains;
        let Some(domain) = domains.get(at) else {
            // Only the key itself is open.
            let mut seen = Outcomes::default();
            self.collect(key, tried, &mut seen);
            return seen.only().is_none();
        };
        domain.candidates.iter().any(|candidate| {
            tried.push((&domain.key, candidate.fact()));
            let matters = self.can_matter(at + 1, key, tried);
            tried.pop();
            matters
        })
    }

    fn decide(&mut self, tried: &Tried<'a>) -> Outcome {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            return Outcome::Unknown;
        }
        Gates::new(self.policies, self.request, &self.facts.trying(tried)).outcome()
    }
}

/// A set of outcomes.
#[derive(Clone, Debug, Default)]
struct Outcomes(Vec<Outcome>);

impl Outcomes {
    fn add(&mut self, outcome: Outcome) {
        if !self.0.contains(&outcome) {
            self.0.push(outcome);
        }
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn only(&self) -> Option<Outcome> {
        match *self.0 {
            [only] if only != Outcome::Unknown => Some(only),
            _ => None,
        }
    }
}

impl Candidate {
    fn fact(&self) -> Fact<'_> {
        match self {
            Self::Absent => Fact::Absent,
            Self::One(text) => Fact::One(text),
            Self::Many(texts) => Fact::Many(texts),
        }
    }
}
