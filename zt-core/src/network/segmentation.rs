//! The description: tiers, and who may talk to whom.

use std::fmt;

use ipnet::Ipv4Net;

use super::blueprint;
use super::error::{NetworkError, Violations};
use super::intent::{Intents, Violation};
use super::layout::{Layout, Shape};
use super::observed;
use super::picture::{mermaid, svg, table};
use super::ranges::{self, Taken};
use super::reach::{Answer, Place, Reachability};
use super::rules;
use super::state::{ClientPorts, Network};
use super::tier::{Endpoint, ExtraRule, Flow, FlowLogs, Tier};
use super::traffic::{Traffic, TrafficSet};

/// The party that everybody outside is.
pub(super) const INTERNET: &str = "internet";
/// The tier of interface endpoints.
pub(super) const ENDPOINTS: &str = "endpoints";
/// The tier of NAT gateways.
pub(super) const NAT: &str = "nat";

/// One application's network: a VPC of its own, a tier for each kind of machine, and no traffic that is not declared.
///
/// What is built: subnets over zones; a security group for each tier, which names other groups rather than addresses and has no
/// egress but what is declared; the VPC's own group and network ACL without any rule, for whatever is put there by mistake; a
/// network ACL for each tier, ephemeral ports for answers included; routes to the internet for public tiers only; VPC
/// endpoints; flow logs. IPv4 only: without IPv6 addresses there is no IPv6 traffic.
///
/// A `Segmentation` is proved: [`build`](SegmentationBuilder::build) fails when anything gets through that no flow declares, or a
/// flow does not work.
///
/// ```
/// use zt_core::network::{Segmentation, Tier, Traffic};
///
/// let shop = Segmentation::builder("shop", "10.20.0.0/16")
///     .tier(Tier::new("web").public())
///     .tier(Tier::new("app"))
///     .tier(Tier::new("db"))
///     .allow("internet", "web", Traffic::tcp(443))
///     .allow("web", "app", Traffic::tcp(8080))
///     .allow("app", "db", Traffic::tcp(5432))
///     .build()?;
///
/// assert!(shop.reachable("web", "app")?.is_reachable());
/// let reach = shop.reachable("internet", "db")?;
/// assert_eq!(reach.to_string(), "internet does not reach db: db has no public address");
/// # Ok::<(), zt_core::network::NetworkError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Segmentation {
    parts: Parts,
    map: Reachability,
}

impl Segmentation {
    /// Starts a description: the application's name (1 to 32 lower-case letters, digits and hyphens) and its VPC's range.
    pub fn builder(app: impl Into<String>, cidr: impl Into<String>) -> SegmentationBuilder {
        SegmentationBuilder { cidr: Some(cidr.into()), ..SegmentationBuilder::new(app) }
    }

    /// The three tiers that most applications start with: `web` (public, for load balancers), `app` and `db`, in two zones.
    ///
    /// Everybody reaches `web` on tcp 443, `web` reaches `app` on tcp 8080, `app` reaches `db` on tcp 5432, and nothing else goes.
    /// The VPC is a /19 chosen by the application's name: see [`allocate`](super::allocate). For other ports, more tiers or
    /// ranges to avoid, start from [`SegmentationBuilder::standard`].
    ///
    /// # Errors
    ///
    /// When the name cannot be one.
    pub fn standard(app: impl Into<String>) -> Result<Self, NetworkError> {
        SegmentationBuilder::standard(app).build()
    }

    /// The application.
    #[must_use]
    pub fn app(&self) -> &str {
        &self.parts.app
    }

    /// The addresses.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.parts.layout
    }

    /// The tiers.
    #[must_use]
    pub fn tiers(&self) -> &[Tier] {
        &self.parts.tiers
    }

    /// The declared flows.
    #[must_use]
    pub fn flows(&self) -> &[Flow] {
        &self.parts.flows
    }

    /// The VPC endpoints.
    #[must_use]
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.parts.endpoints
    }

    /// The network that it stands for, with ids of ours.
    #[must_use]
    pub fn network(&self) -> &Network {
        self.map.network()
    }

    /// What one party can send to another: tiers, services of endpoints, ranges, or `internet`.
    ///
    /// # Errors
    ///
    /// When there is no such party, or both are outside.
    pub fn reachable(&self, from: &str, to: &str) -> Result<Reachable, NetworkError> {
        let (a, b) = (self.place(from)?, self.place(to)?);
        let reach = self.map.between(&a, &b)?;
        let answer = self.map.explain_any(&a, &b)?;
        let (from, to) = (from.to_owned(), to.to_owned());
        Ok(Reachable {
            from,
            to,
            delivered: reach.delivered().clone(),
            works: reach.works().clone(),
            answer,
        })
    }

    /// Whether some traffic gets from one party to another: the path, or the gate that stops it.
    ///
    /// # Errors
    ///
    /// When there is no such party, both are outside, or there is no such traffic.
    pub fn explain(&self, from: &str, to: &str, traffic: Traffic) -> Result<Answer, NetworkError> {
        self.map.explain(&self.place(from)?, &self.place(to)?, traffic)
    }

    /// Where a network that was observed does not keep to what is declared. An interface belongs to a tier when it is in one of
    /// its subnets, by the range, and has its group, by the name; to an endpoint likewise. Any other is a stranger.
    ///
    /// ```
    /// use zt_core::network::{GroupRule, RulePeer, Segmentation, Traffic};
    ///
    /// let shop = Segmentation::standard("shop")?;
    /// let mut observed = shop.network().clone(); // as if it had been read from the account
    /// assert!(shop.check(observed.clone())?.is_empty());
    ///
    /// let rule = GroupRule {
    ///     id: "sgr-1".into(), description: "just for today".into(), traffic: Traffic::tcp(22),
    ///     peer: RulePeer::Range("0.0.0.0/0".parse().unwrap()),
    /// };
    /// observed.groups[0].ingress.push(rule);
    /// let violations = shop.check(observed)?;
    /// assert_eq!(
    ///     violations[0].to_string(),
    ///     "internet but for a network ACL reaches web on tcp 22, which is not declared: \
    ///      opened by ingress rule sgr-1 `just for today`: tcp 22, 0.0.0.0/0 of group `shop-web`: \
    ///      declare the flow or remove the rule",
    /// );
    /// # Ok::<(), zt_core::network::NetworkError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the network is not whole: see [`Reachability::new`].
    pub fn check(&self, observed: Network) -> Result<Vec<Violation>, NetworkError> {
        let intents = observed::intents(&self.parts, &observed);
        intents.check(&Reachability::new(observed)?)
    }

    /// The intents that it is proved against.
    #[must_use]
    pub fn intents(&self) -> Intents {
        blueprint::intents(&self.parts, self.map.network())
    }

    /// A picture for Markdown: a Mermaid flowchart.
    ///
    /// ```
    /// use zt_core::network::Segmentation;
    ///
    /// let picture = Segmentation::standard("shop")?.to_mermaid();
    /// assert!(picture.contains("tier_web -->|tcp 8080| tier_app"));
    /// # Ok::<(), zt_core::network::NetworkError>(())
    /// ```
    #[must_use]
    pub fn to_mermaid(&self) -> String {
        mermaid::draw(&self.parts)
    }

    /// A picture on its own: SVG 1.1, readable on light and dark ground.
    #[must_use]
    pub fn to_svg(&self) -> String {
        svg::draw(&self.parts)
    }

    /// Tiers, subnets, addresses and flows as a text.
    #[must_use]
    pub fn to_text(&self) -> String {
        table::write(&self.parts)
    }

    pub(super) fn parts(&self) -> &Parts {
        &self.parts
    }

    fn place(&self, party: &str) -> Result<Place, NetworkError> {
        let intents = self.intents();
        intents.place_of(party).cloned().ok_or_else(|| self.parts.unknown("party", party))
    }
}

/// See [`Segmentation::to_text`].
impl fmt::Display for Segmentation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

/// What one party can send to another: see [`Segmentation::reachable`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reachable {
    from: String,
    to: String,
    delivered: TrafficSet,
    works: TrafficSet,
    answer: Answer,
}

impl Reachable {
    /// Whether anything arrives, answered or not.
    #[must_use]
    pub fn is_reachable(&self) -> bool {
        !self.delivered.is_empty()
    }

    /// What arrives: see [`Reach::delivered`](super::Reach::delivered).
    #[must_use]
    pub fn delivered(&self) -> &TrafficSet {
        &self.delivered
    }

    /// What works: see [`Reach::works`](super::Reach::works).
    #[must_use]
    pub fn works(&self) -> &TrafficSet {
        &self.works
    }

    /// The path of the first of it, or the gate that stops everything.
    #[must_use]
    pub fn answer(&self) -> &Answer {
        &self.answer
    }
}

/// A sentence.
impl fmt::Display for Reachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, delivered, answer, .. } = self;
        if !self.is_reachable() {
            return write!(f, "{from} does not reach {to}: {}", answer.gate().unwrap_or_default());
        }
        write!(f, "{from} reaches {to} on {delivered}: {}", answer.path().join("; "))?;
        match answer.gate() {
            Some(gate) => write!(f, "; the answer is stopped: {gate}"),
            None => Ok(()),
        }
    }
}

/// Collects a description: see [`Segmentation::builder`].
#[derive(Clone, Debug)]
pub struct SegmentationBuilder {
    pub(super) app: String,
    pub(super) cidr: Option<String>,
    pub(super) zones: Vec<String>,
    pub(super) tiers: Vec<Tier>,
    pub(super) flows: Vec<Flow>,
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) ranges: Vec<(String, Ipv4Net)>,
    pub(super) rules: Vec<ExtraRule>,
    pub(super) nat: bool,
    pub(super) taken: Vec<Taken>,
    pub(super) subnet_prefix: Option<u8>,
    pub(super) zone_slots: Option<u8>,
    pub(super) flow_logs: FlowLogs,
    pub(super) tags: Vec<(String, String)>,
}

impl SegmentationBuilder {
    /// A description whose VPC is a /19 chosen by the application's name: see [`allocate`](super::allocate).
    pub fn new(app: impl Into<String>) -> Self {
        Self {
            app: app.into(),
            cidr: None,
            zones: vec!["a".to_owned(), "b".to_owned()],
            tiers: Vec::new(),
            flows: Vec::new(),
            endpoints: Vec::new(),
            ranges: Vec::new(),
            rules: Vec::new(),
            nat: false,
            taken: Vec::new(),
            subnet_prefix: None,
            zone_slots: None,
            flow_logs: FlowLogs::DEFAULT,
            tags: Vec::new(),
        }
    }

    /// The description of [`Segmentation::standard`], to go on from.
    pub fn standard(app: impl Into<String>) -> Self {
        Self::new(app)
            .tier(Tier::new("web").public())
            .tier(Tier::new("app"))
            .tier(Tier::new("db"))
            .allow(INTERNET, "web", Traffic::tcp(443))
            .allow("web", "app", Traffic::tcp(8080))
            .allow("app", "db", Traffic::tcp(5432))
    }

    /// The VPC's range: private (RFC 1918, RFC 6598), /16 to /28.
    #[must_use]
    pub fn cidr(mut self, cidr: impl Into<String>) -> Self {
        self.cidr = Some(cidr.into());
        self
    }

    /// The availability zones, 1 to 6: a letter of the Region's (`a`), a zone's name (`eu-central-1a`) or its id (`euc1-az1`).
    /// Default: `a` and `b`.
    #[must_use]
    pub fn zones<Z: Into<String>>(mut self, zones: impl IntoIterator<Item = Z>) -> Self {
        self.zones = zones.into_iter().map(Into::into).collect();
        self
    }

    /// Adds a tier. One that is added at the end moves no other.
    #[must_use]
    pub fn tier(mut self, tier: Tier) -> Self {
        self.tiers.push(tier);
        self
    }

    /// Declares a flow: who may connect to whom. Parties are tiers, services of endpoints, ranges, and `internet`.
    #[must_use]
    pub fn allow(
        mut self,
        from: impl Into<String>,
        to: impl Into<String>,
        traffic: Traffic,
    ) -> Self {
        self.flows.push(Flow { from: from.into(), to: to.into(), traffic });
        self
    }

    /// Adds a VPC endpoint. Who may use it says a flow to its service.
    #[must_use]
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoints.push(endpoint);
        self
    }

    /// Gives public addresses a name, so that flows can be for them rather than for everybody: `office`.
    #[must_use]
    pub fn range(mut self, name: impl Into<String>, range: Ipv4Net) -> Self {
        self.ranges.push((name.into(), range));
        self
    }

    /// Adds a rule to a tier's security group. It is refused when it lets through what no flow declares.
    #[must_use]
    pub fn rule(mut self, rule: ExtraRule) -> Self {
        self.rules.push(rule);
        self
    }

    /// A NAT gateway in every zone, for flows from private tiers to `internet` or a range. It costs money by the hour and by
    /// the byte. Default: none.
    #[must_use]
    pub fn nat(mut self, wanted: bool) -> Self {
        self.nat = wanted;
        self
    }

    /// A range that is in use elsewhere, which the VPC must not overlap.
    #[must_use]
    pub fn avoid(mut self, name: impl Into<String>, range: Ipv4Net) -> Self {
        self.taken.push(Taken::new(name, range));
        self
    }

    /// The prefix of every subnet, up to 28. Default: 5 more than the VPC's.
    #[must_use]
    pub fn subnet_prefix(mut self, prefix: u8) -> Self {
        self.subnet_prefix = Some(prefix);
        self
    }

    /// Room for so many zones in each tier's block: 1, 2, 4 or 8. Default: 4, or 8 when there are more zones.
    #[must_use]
    pub fn zone_slots(mut self, slots: u8) -> Self {
        self.zone_slots = Some(slots);
        self
    }

    /// Where flow logs go. Default: [`FlowLogs::DEFAULT`]. There is no way to have none.
    #[must_use]
    pub fn flow_logs(mut self, logs: FlowLogs) -> Self {
        self.flow_logs = logs;
        self
    }

    /// A tag for everything that the plan makes, beside `Name`, `zt:app`, `zt:plan` and `zt:tier`.
    #[must_use]
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.push((key.into(), value.into()));
        self
    }

    /// Checks the description, lays it out and proves it.
    ///
    /// # Errors
    ///
    /// When a name, a zone, a range or a size cannot be one, or is there twice; when the VPC overlaps a range that is taken;
    /// when a flow names nobody, has no way, or opens a port of administration or of a database to everybody; when a quota of
    /// AWS is passed; when a rule lets through what no flow declares ([`NetworkError::Violated`]).
    pub fn build(self) -> Result<Segmentation, NetworkError> {
        rules::check(&self)?;
        let vpc = match &self.cidr {
            Some(text) => ranges::vpc(text, &self.taken)?,
            None => ranges::allocate(&self.app, 19, &self.taken)?,
        };
        let shape = Shape {
            vpc,
            zones: &self.zones,
            subnet_prefix: self.subnet_prefix,
            zone_slots: self.zone_slots,
        };
        let tiers: Vec<&str> = self.tiers.iter().map(|tier| tier.name.as_str()).collect();
        let has_interfaces = self.endpoints.iter().any(|endpoint| !endpoint.is_gateway());
        let layout = shape.layout(&tiers, &[(ENDPOINTS, has_interfaces), (NAT, self.nat)])?;
        let mut flows = self.flows;
        let mut seen = Vec::new();
        flows.retain(|flow| {
            let is_new = !seen.contains(flow);
            seen.push(flow.clone());
            is_new
        });
        let parts = Parts {
            app: self.app,
            zones: self.zones,
            tiers: self.tiers,
            flows,
            endpoints: self.endpoints,
            ranges: self.ranges,
            rules: self.rules,
            nat: self.nat,
            flow_logs: self.flow_logs,
            tags: self.tags,
            layout,
        };
        rules::check_ranges(&parts)?;
        let network = blueprint::network(&parts);
        rules::check_quotas(&network)?;
        let intents = blueprint::intents(&parts, &network);
        let map = Reachability::new(network)?;
        let violations = intents.check(&map)?;
        if !violations.is_empty() {
            return Err(NetworkError::Violated(Violations(violations)));
        }
        Ok(Segmentation { parts, map })
    }
}

/// A description that was checked.
#[derive(Clone, Debug)]
pub(super) struct Parts {
    pub(super) app: String,
    pub(super) zones: Vec<String>,
    pub(super) tiers: Vec<Tier>,
    pub(super) flows: Vec<Flow>,
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) ranges: Vec<(String, Ipv4Net)>,
    pub(super) rules: Vec<ExtraRule>,
    pub(super) nat: bool,
    pub(super) flow_logs: FlowLogs,
    pub(super) tags: Vec<(String, String)>,
    pub(super) layout: Layout,
}

impl Parts {
    pub(super) fn tier(&self, name: &str) -> Option<&Tier> {
        self.tiers.iter().find(|tier| tier.name == name)
    }

    pub(super) fn range(&self, name: &str) -> Option<Ipv4Net> {
        self.ranges.iter().find(|(own, _)| own == name).map(|&(_, range)| range)
    }

    /// Tiers with subnets: those described, then those of endpoints and NAT gateways.
    pub(super) fn layout_tiers(&self) -> impl Iterator<Item = &str> {
        let implied = [ENDPOINTS, NAT].into_iter().filter(|name| self.layout.block(name).is_some());
        self.tiers.iter().map(|tier| tier.name.as_str()).chain(implied)
    }

    pub(super) fn needs_gateway(&self) -> bool {
        self.nat || self.tiers.iter().any(Tier::is_public)
    }

    pub(super) fn is_outside(&self, party: &str) -> bool {
        party == INTERNET || self.range(party).is_some()
    }

    pub(super) fn goes_through_nat(&self, flow: &Flow) -> bool {
        self.nat
            && self.is_outside(&flow.to)
            && self.tier(&flow.from).is_some_and(|tier| !tier.is_public())
    }

    pub(super) fn uses_nat(&self, tier: &str) -> bool {
        self.flows.iter().any(|flow| flow.from == tier && self.goes_through_nat(flow))
    }

    /// The route table of a subnet: one for each tier, or for each zone where the NAT gateways differ.
    pub(super) fn table_of(&self, tier: &str, zone: &str) -> String {
        if self.uses_nat(tier) { format!("{tier}-{zone}") } else { tier.to_owned() }
    }

    pub(super) fn client_ports(&self, party: &str) -> ClientPorts {
        self.tier(party).map_or(ClientPorts::Any, |tier| tier.client_ports)
    }

    fn unknown(&self, place: &str, name: &str) -> NetworkError {
        let parties: Vec<&str> = [INTERNET]
            .into_iter()
            .chain(self.tiers.iter().map(|tier| tier.name.as_str()))
            .chain(self.endpoints.iter().map(|endpoint| endpoint.service.as_str()))
            .chain(self.ranges.iter().map(|(name, _)| name.as_str()))
            .collect();
        NetworkError::invalid(place, format!("one of {}", parties.join(", ")), name)
    }
}
