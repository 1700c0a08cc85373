//! Answers as sentences: the path, or the gate that stops it.

use std::fmt;

use super::super::traffic::{PortSet, Protocol, TrafficSet, describe};
use super::index::{Index, label};
use super::passage::{Leg, Passage, Stop, Way};
use super::{End, unanswered_messages};

/// Whether something gets from one place to another, and why.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    from: String,
    to: String,
    /// What was asked about; `None`: anything.
    packet: Option<String>,
    outcome: Outcome,
    rules: Vec<String>,
}

/// What became of a packet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// It arrives, and so does the answer.
    Reached {
        /// What lets it through, in order.
        path: Vec<String>,
    },
    /// It arrives, and the answer does not: nothing is connected, but a packet may be all it takes.
    OneWay {
        /// What lets it through, in order.
        path: Vec<String>,
        /// What stops the answer.
        gate: String,
    },
    /// It does not arrive.
    Stopped {
        /// What lets it through before, in order.
        path: Vec<String>,
        /// What stops it.
        gate: String,
    },
}

impl Answer {
    /// Whether the packet arrives, answered or not.
    #[must_use]
    pub fn is_delivered(&self) -> bool {
        !matches!(self.outcome, Outcome::Stopped { .. })
    }

    /// Whether it arrives and is answered.
    #[must_use]
    pub fn works(&self) -> bool {
        matches!(self.outcome, Outcome::Reached { .. })
    }

    /// What became of it.
    #[must_use]
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// What lets it through, in order.
    #[must_use]
    pub fn path(&self) -> &[String] {
        match &self.outcome {
            Outcome::Reached { path }
            | Outcome::OneWay { path, .. }
            | Outcome::Stopped { path, .. } => path,
        }
    }

    /// What stops it, or its answer.
    #[must_use]
    pub fn gate(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Reached { .. } => None,
            Outcome::OneWay { gate, .. } | Outcome::Stopped { gate, .. } => Some(gate),
        }
    }

    /// The rules and entries that let it through, each by name.
    #[must_use]
    pub fn rules(&self) -> &[String] {
        &self.rules
    }
}

/// One sentence.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let packet = self.packet.as_deref().unwrap_or("everything");
        write!(f, "{packet} from {} to {} ", self.from, self.to)?;
        match &self.outcome {
            Outcome::Reached { path } => write!(f, "gets through: {}", path.join("; ")),
            Outcome::OneWay { path, gate } => {
                write!(f, "arrives: {}; the answer is stopped: {gate}", path.join("; "))
            }
            Outcome::Stopped { gate, .. } => write!(f, "is stopped: {gate}"),
        }
    }
}

/// About the first pair that works, else the first that lets it arrive, else the first. `None`: no pairs.
pub(super) fn explain(
    index: &Index,
    pairs: &[(End, End)],
    protocol: Protocol,
    port: u16,
) -> Option<Answer> {
    let mut best: Option<Answer> = None;
    for (from, to) in pairs {
        let answer = one(index, from, to, protocol, port);
        if answer.works() {
            return Some(answer);
        }
        let is_better = match &best {
            None => true,
            Some(best) => answer.is_delivered() && !best.is_delivered(),
        };
        if is_better {
            best = Some(answer);
        }
    }
    best
}

/// About the first pair that does not work, else the first.
pub(super) fn explain_worst(
    index: &Index,
    pairs: &[(End, End)],
    protocol: Protocol,
    port: u16,
) -> Option<Answer> {
    let mut answers = pairs.iter().map(|(from, to)| one(index, from, to, protocol, port));
    let first = answers.next()?;
    if !first.works() {
        return Some(first);
    }
    answers.find(|answer| !answer.works()).or(Some(first))
}

/// About nothing at all getting through: the gate after which nothing is left.
pub(super) fn explain_nothing(index: &Index, pairs: &[(End, End)]) -> Option<Answer> {
    let (from, to) = pairs.first()?;
    let gate = match index.passage(from, to) {
        Err(stop) => stop.sentence(index),
        Ok(passage) => last_gate(index, &passage),
    };
    Some(Answer {
        from: from.name.clone(),
        to: to.name.clone(),
        packet: None,
        outcome: Outcome::Stopped { path: Vec::new(), gate },
        rules: Vec::new(),
    })
}

fn last_gate(index: &Index, passage: &Passage) -> String {
    let mut left = TrafficSet::all();
    for filter in passage.forward.iter().filter_map(Leg::filter) {
        let lets = TrafficSet::build(&index.protocols, |protocol| index.ports(filter, protocol));
        let after = left.intersection(&lets);
        if after.is_empty() {
            let gate = index.closed(filter);
            return if left == TrafficSet::all() || lets.is_empty() {
                gate
            } else {
                format!("{gate}, where only {left} is left")
            };
        }
        left = after;
    }
    "nothing".to_owned()
}

fn one(index: &Index, from: &End, to: &End, protocol: Protocol, port: u16) -> Answer {
    let (mut path, mut rules) = (Vec::new(), Vec::new());
    let outcome = match index.passage(from, to) {
        Err(stop) => Outcome::Stopped { path: Vec::new(), gate: stop.sentence(index) },
        Ok(passage) => {
            let mut stopped = None;
            for leg in &passage.forward {
                match leg {
                    Leg::Way(way) => path.push(way.sentence(index)),
                    Leg::Filter(filter) | Leg::NatReply(filter) => {
                        match index.pass(filter, protocol, port) {
                            Ok((sentence, rule)) => {
                                path.push(sentence);
                                rules.extend(rule);
                            }
                            Err(gate) => {
                                stopped = Some(gate);
                                break;
                            }
                        }
                    }
                }
            }
            match stopped {
                Some(gate) => Outcome::Stopped { path, gate },
                None => match answer_gate(index, &passage, from, to, protocol, port) {
                    Some(gate) => Outcome::OneWay { path, gate },
                    None => Outcome::Reached { path },
                },
            }
        }
    };
    let packet = Some(describe(protocol, port));
    Answer { from: from.name.clone(), to: to.name.clone(), packet, outcome, rules }
}

/// What stops the answer.
fn answer_gate(
    index: &Index,
    passage: &Passage,
    from: &End,
    to: &End,
    protocol: Protocol,
    port: u16,
) -> Option<String> {
    let back = match &passage.back {
        Ok(back) => back,
        Err(stop) => return Some(stop.sentence(index)),
    };
    for leg in back {
        let Some(filter) = leg.filter() else { continue };
        let lets = index.ports(filter, Some(protocol));
        let (first, last) = if protocol.has_ports() {
            index.reply_ports(leg, from)
        } else if protocol.has_types() {
            if unanswered_messages(protocol, &lets).contains(port) {
                let reply = protocol.reply_of(port)?;
                return Some(stopped_answer(index, filter, protocol, reply, reply, to));
            }
            continue;
        } else {
            (0, u16::MAX)
        };
        if let Some(missing) = PortSet::range(first, last).without(&lets).first() {
            return Some(stopped_answer(index, filter, protocol, missing, last, to));
        }
    }
    None
}

fn stopped_answer(
    index: &Index,
    filter: &super::Filter,
    protocol: Protocol,
    port: u16,
    last: u16,
    to: &End,
) -> String {
    let gate = index.pass(filter, protocol, port).err().unwrap_or_default();
    if protocol.has_ports() {
        format!("{gate}; answers of {} go to ports up to {last}", to.name)
    } else {
        gate
    }
}

impl Way {
    fn sentence(&self, index: &Index) -> String {
        match self {
            Self::SameSubnet => "both are in one subnet, where no network ACL acts".to_owned(),
            Self::Local => "the VPC's local route leads there".to_owned(),
            Self::InternetGateway(id) => format!("internet gateway `{id}` carries it"),
            Self::EgressOnlyGateway(id) => format!("egress-only gateway `{id}` carries it"),
            Self::GatewayEndpoint(id) => format!("gateway endpoint `{id}` carries it"),
            Self::Other(id) => {
                format!("`{id}` carries it, and what it lets through is not known here")
            }
            Self::Nat(at) => {
                let nat = index.network.nat_gateways.get(*at);
                let name = nat.map_or("", |nat| label(&nat.name, &nat.id));
                format!("NAT gateway `{name}` carries it")
            }
        }
    }
}

impl Stop {
    fn sentence(&self, index: &Index) -> String {
        let table = |subnet: usize| index.table_name(subnet);
        let vpc = |at: usize| {
            index.network.vpcs.get(at).map_or("", |vpc| label(&vpc.name, &vpc.id)).to_owned()
        };
        match self {
            Self::NoRoute { subnet, to } => {
                format!("route table `{}` has no route to {to}", table(*subnet))
            }
            Self::Blackhole { subnet, to } => {
                format!("the route to {to} in route table `{}` leads nowhere", table(*subnet))
            }
            Self::LeadsElsewhere { subnet, to } => {
                format!("the route to {to} in route table `{}` leads elsewhere", table(*subnet))
            }
            Self::NotAttached { vpc: at } => {
                format!("the internet gateway is not attached to VPC `{}`", vpc(*at))
            }
            Self::NoPublicAddress { interface } => {
                let interface = index.network.interfaces.get(*interface);
                let name = interface.map_or("", |it| label(&it.name, &it.id));
                format!("{name} has no public address")
            }
            Self::NoPublicNat { nat } => {
                let nat = index.network.nat_gateways.get(*nat);
                let name = nat.map_or("", |nat| label(&nat.name, &nat.id));
                format!("NAT gateway `{name}` has no public address")
            }
            Self::NobodyThere { to } => format!("no interface here has the address {to}"),
            Self::NoWayIn { vpc: at } => {
                format!(
                    "VPC `{}` has no internet gateway and no route to another network",
                    vpc(*at)
                )
            }
            Self::BothOutside => "both are outside of the network".to_owned(),
        }
    }
}
