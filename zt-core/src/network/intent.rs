//! Declared intents, and whether a network keeps to them.

use std::fmt;

use super::error::NetworkError;
use super::reach::{Answer, Place, Reachability};
use super::traffic::{Traffic, TrafficSet};

/// Who may send what to whom, and nothing else.
///
/// ```
/// # use zt_core::network::{Acl, Interface, Network, RouteTable, Subnet, Vpc};
/// use zt_core::network::{Intents, Place, Reachability, Traffic};
///
/// # let interface = |id: &str, address: &str| Interface { id: id.into(), subnet: "s".into(), addresses: vec![address.parse().unwrap()], ..Interface::default() };
/// # let network = Network {
/// #     vpcs: vec![Vpc { id: "v".into(), ranges: vec!["10.0.0.0/16".parse()?], ..Vpc::default() }],
/// #     subnets: vec![Subnet { id: "s".into(), vpc: "v".into(), ranges: vec!["10.0.1.0/24".parse()?], acl: "a".into(), route_table: "r".into(), ..Subnet::default() }],
/// #     acls: vec![Acl { id: "a".into(), ..Acl::default() }],
/// #     route_tables: vec![RouteTable { id: "r".into(), ..RouteTable::default() }],
/// #     interfaces: vec![interface("web-1", "10.0.1.4"), interface("app-1", "10.0.1.5")],
/// #     ..Network::default()
/// # };
/// let map = Reachability::new(network)?; // here: two interfaces without rules
/// let intents = Intents::new()
///     .party("web", Place::interface("web-1"))
///     .party("app", Place::interface("app-1"))
///     .allow("web", "app", Traffic::tcp(8080));
/// let violations = intents.check(&map)?;
/// assert_eq!(
///     violations[0].to_string(),
///     "tcp 8080 from web to app is declared and stopped: the interface has no security group, so no egress rule allows it",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Intents {
    parties: Vec<Party>,
    allowed: Vec<Allowed>,
}

#[derive(Clone, Debug)]
struct Allowed {
    from: String,
    to: String,
    traffic: Traffic,
    /// Whether it must work, too.
    needed: bool,
}

#[derive(Clone, Debug)]
struct Party {
    name: String,
    place: Place,
    stranger: bool,
}

impl Intents {
    /// No parties, and nothing allowed.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a party: interfaces, or addresses outside.
    #[must_use]
    pub fn party(mut self, name: impl Into<String>, place: Place) -> Self {
        let name = name.into();
        self.parties.push(Party { place: place.named(name.clone()), name, stranger: false });
        self
    }

    /// Adds interfaces that are nobody's: what they do among themselves and with the outside is not looked at.
    #[must_use]
    pub fn stranger(mut self, name: impl Into<String>, place: Place) -> Self {
        let name = name.into();
        self.parties.push(Party { place: place.named(name.clone()), name, stranger: true });
        self
    }

    /// Allows traffic from one party to another: it may pass, and must.
    #[must_use]
    pub fn allow(
        mut self,
        from: impl Into<String>,
        to: impl Into<String>,
        traffic: Traffic,
    ) -> Self {
        self.push(from.into(), to.into(), traffic, true);
        self
    }

    /// Lets traffic from one party to another pass, whether or not it can.
    #[must_use]
    pub fn permit(
        mut self,
        from: impl Into<String>,
        to: impl Into<String>,
        traffic: Traffic,
    ) -> Self {
        self.push(from.into(), to.into(), traffic, false);
        self
    }

    fn push(&mut self, from: String, to: String, traffic: Traffic, needed: bool) {
        self.allowed.push(Allowed { from, to, traffic, needed });
    }

    /// The place of a party.
    pub(super) fn place_of(&self, name: &str) -> Option<&Place> {
        self.parties.iter().find(|party| party.name == name).map(|party| &party.place)
    }

    /// Compares a network with the intents, in the order of the parties.
    ///
    /// What is not declared must not be possible even without network ACLs: they are a second line of defence, not the reason
    /// why a group may be open. What is declared must work through everything. What a party may send to everybody outside, and
    /// another takes from everybody outside, may go straight from one to the other.
    ///
    /// # Errors
    ///
    /// When a party is an interface that is not there, or an intent names nobody.
    pub fn check(&self, map: &Reachability) -> Result<Vec<Violation>, NetworkError> {
        for allowed in &self.allowed {
            for name in [&allowed.from, &allowed.to] {
                if !self.parties.iter().any(|party| party.name == *name) {
                    return Err(NetworkError::invalid("intent", "a party", name));
                }
            }
        }
        let (groups_only, mut violations) = (map.without_acls(), Vec::new());
        for from in &self.parties {
            for to in &self.parties {
                if !is_looked_at(from, to) {
                    continue;
                }
                self.forbidden((map, &groups_only), from, to, &mut violations)?;
            }
        }
        for allowed in self.allowed.iter().filter(|allowed| allowed.needed) {
            self.needed(map, allowed, &mut violations)?;
        }
        Ok(violations)
    }

    fn forbidden(
        &self,
        (map, groups_only): (&Reachability, &Reachability),
        from: &Party,
        to: &Party,
        violations: &mut Vec<Violation>,
    ) -> Result<(), NetworkError> {
        let allowed = self.declared(from, to).union(&self.for_everybody(from, to));
        let excess = groups_only.between(&from.place, &to.place)?.delivered().without(&allowed);
        let Some((protocol, port)) = excess.example() else { return Ok(()) };
        let packet = Traffic::of(protocol, port);
        let answer = map.explain(&from.place, &to.place, packet)?;
        let kind =
            if answer.is_delivered() { ViolationKind::Open } else { ViolationKind::OpenButForAcl };
        let opened = groups_only.explain(&from.place, &to.place, packet)?;
        let (from, to) = (from.name.clone(), to.name.clone());
        violations.push(Violation { from, to, traffic: excess, kind, answer: opened });
        Ok(())
    }

    fn declared(&self, from: &Party, to: &Party) -> TrafficSet {
        let declared = self.allowed.iter().filter(|it| it.from == from.name && it.to == to.name);
        declared.map(|allowed| allowed.traffic).collect()
    }

    /// What one party may send to some addresses outside, and another takes from them: rules for everybody hold inside, too.
    fn for_everybody(&self, from: &Party, to: &Party) -> TrafficSet {
        let outside = self.parties.iter().filter(|party| party.place.is_outside());
        outside.fold(TrafficSet::none(), |all, outside| {
            let sent = if from.stranger { TrafficSet::all() } else { self.declared(from, outside) };
            let taken = if to.stranger { TrafficSet::all() } else { self.declared(outside, to) };
            all.union(&sent.intersection(&taken))
        })
    }

    fn needed(
        &self,
        map: &Reachability,
        Allowed { from, to, traffic, .. }: &Allowed,
        violations: &mut Vec<Violation>,
    ) -> Result<(), NetworkError> {
        let place = |name: &str| self.parties.iter().find(|party| party.name == name);
        let (Some(a), Some(b)) = (place(from), place(to)) else { return Ok(()) };
        // Where nobody is, nothing has to work yet.
        if !map.is_pair(&a.place, &b.place)? {
            return Ok(());
        }
        let works = map.between(&a.place, &b.place)?;
        let missing = TrafficSet::from(*traffic).without(works.works());
        let Some((protocol, port)) = missing.example() else { return Ok(()) };
        let answer = map.explain_worst(&a.place, &b.place, Traffic::of(protocol, port))?;
        let (from, to) = (from.clone(), to.clone());
        let kind = ViolationKind::Blocked;
        violations.push(Violation { from, to, traffic: missing, kind, answer });
        Ok(())
    }
}

fn is_looked_at(from: &Party, to: &Party) -> bool {
    let is_outside = |party: &Party| party.place.is_outside();
    !(is_outside(from) && is_outside(to))
        && !(from.stranger && (to.stranger || is_outside(to)))
        && !(to.stranger && is_outside(from))
}

/// Where a network does not keep to the intents.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Violation {
    from: String,
    to: String,
    traffic: TrafficSet,
    kind: ViolationKind,
    answer: Answer,
}

/// How a network does not keep to the intents.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ViolationKind {
    /// Something gets through that is not declared.
    Open,
    /// Something is let through by security groups that is not declared, and only a network ACL stops it.
    OpenButForAcl,
    /// Something that is declared does not get through.
    Blocked,
}

impl Violation {
    /// Who sends.
    #[must_use]
    pub fn from(&self) -> &str {
        &self.from
    }

    /// Who receives.
    #[must_use]
    pub fn to(&self) -> &str {
        &self.to
    }

    /// The traffic: all of it.
    #[must_use]
    pub fn traffic(&self) -> &TrafficSet {
        &self.traffic
    }

    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> ViolationKind {
        self.kind
    }

    /// The path of one packet of it, or the gate that stops it.
    #[must_use]
    pub fn answer(&self) -> &Answer {
        &self.answer
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, traffic, answer, .. } = self;
        match self.kind {
            ViolationKind::Open | ViolationKind::OpenButForAcl => {
                let verb = if self.kind == ViolationKind::Open {
                    "reaches"
                } else {
                    "but for a network ACL reaches"
                };
                let rules = match answer.rules() {
                    [] => "no rule stands in between".to_owned(),
                    rules => format!("opened by {}", rules.join(" and ")),
                };
                write!(
                    f,
                    "{from} {verb} {to} on {traffic}, which is not declared: {rules}: declare the flow or remove the rule"
                )
            }
            ViolationKind::Blocked => {
                let gate = answer.gate().unwrap_or("not everywhere");
                write!(f, "{traffic} from {from} to {to} is declared and stopped: {gate}")
            }
        }
    }
}
