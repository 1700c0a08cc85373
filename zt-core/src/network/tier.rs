//! What a segmentation is made of: tiers, endpoints, flows, and rules beside them.

use ipnet::Ipv4Net;

use super::state::ClientPorts;
use super::traffic::Traffic;

/// A tier: interfaces that do the same and may talk to the same.
///
/// It has a security group, a network ACL, and a subnet in each zone.
///
/// ```
/// use zt_core::network::{ClientPorts, Tier};
///
/// let web = Tier::new("web").public();
/// let app = Tier::new("app").client_ports(ClientPorts::Linux);
/// assert!(web.is_public() && !app.is_public());
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tier {
    pub(super) name: String,
    pub(super) public: bool,
    pub(super) client_ports: ClientPorts,
}

impl Tier {
    /// A private tier: 1 to 24 lower-case letters, digits and hyphens, starting with a letter.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), public: false, client_ports: ClientPorts::Any }
    }

    /// With a route to the internet, for load balancers. Only such a tier can be reached from outside.
    #[must_use]
    pub fn public(mut self) -> Self {
        self.public = true;
        self
    }

    /// The ports that its own connections come from, for the network ACLs on the way. Default: [`ClientPorts::Any`], which is
    /// right for whatever runs in it.
    #[must_use]
    pub fn client_ports(mut self, ports: ClientPorts) -> Self {
        self.client_ports = ports;
        self
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it has a route to the internet.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.public
    }
}

/// A VPC endpoint: an AWS service that is reached without the internet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Endpoint {
    pub(super) service: String,
    pub(super) kind: EndpointKind,
}

/// What kind of VPC endpoint.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EndpointKind {
    /// A route: Amazon S3 and DynamoDB. Free of charge.
    Gateway,
    /// An interface in every zone, with a security group of its own. Costs money by the hour and by the byte.
    Interface,
}

impl Endpoint {
    /// A gateway endpoint: `s3` or `dynamodb`.
    #[must_use]
    pub fn gateway(service: impl Into<String>) -> Self {
        Self { service: service.into(), kind: EndpointKind::Gateway }
    }

    /// An interface endpoint, by the last part of the service's name: `kms`, `secretsmanager`, `ecr.dkr`.
    #[must_use]
    pub fn interface(service: impl Into<String>) -> Self {
        Self { service: service.into(), kind: EndpointKind::Interface }
    }

    /// The service.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> EndpointKind {
        self.kind
    }

    pub(super) fn is_gateway(&self) -> bool {
        self.kind == EndpointKind::Gateway
    }

    /// The service as an id of ours.
    pub(super) fn slug(&self) -> String {
        self.service.replace('.', "-")
    }
}

/// A declared intent: this traffic may pass, and must be able to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Flow {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) traffic: Traffic,
}

impl Flow {
    /// Who connects: a tier, a range, or `internet`.
    #[must_use]
    pub fn from(&self) -> &str {
        &self.from
    }

    /// To whom: a tier, an endpoint's service, a range, or `internet`.
    #[must_use]
    pub fn to(&self) -> &str {
        &self.to
    }

    /// The traffic.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.traffic
    }
}

/// A rule that a tier's security group has beside those that the flows need.
///
/// Built like any other, and refused when it lets through what no flow declares.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExtraRule {
    pub(super) tier: String,
    pub(super) egress: bool,
    pub(super) traffic: Traffic,
    pub(super) range: Ipv4Net,
    pub(super) description: String,
}

impl ExtraRule {
    /// Lets traffic from addresses into a tier. The description is for the rule in AWS.
    pub fn ingress(
        tier: impl Into<String>,
        traffic: Traffic,
        from: Ipv4Net,
        description: impl Into<String>,
    ) -> Self {
        Self {
            tier: tier.into(),
            egress: false,
            traffic,
            range: from,
            description: description.into(),
        }
    }

    /// Lets traffic to addresses out of a tier.
    pub fn egress(
        tier: impl Into<String>,
        traffic: Traffic,
        to: Ipv4Net,
        description: impl Into<String>,
    ) -> Self {
        Self { egress: true, ..Self::ingress(tier, traffic, to, description) }
    }
}

/// Where flow logs go. They hold every flow, accepted and rejected.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum FlowLogs {
    /// A log group of CloudWatch Logs, `/zt/network/<app>/<plan>/flows`, that the plan makes, kept for so many days. The role that VPC Flow
    /// Logs delivers with is given by its ARN, or made by the plan.
    CloudWatch {
        /// Days, one of those that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731 and more.
        retention_days: u16,
        /// The delivery role; `None`: the plan makes one.
        role_arn: Option<String>,
    },
    /// A bucket that is there, by its ARN, with an optional prefix. Its policy must let `delivery.logs.amazonaws.com` write.
    Bucket(String),
}

impl FlowLogs {
    /// A log group that the plan makes, kept for a year: as long as the CIS AWS Foundations Benchmark asks for.
    pub const DEFAULT: Self = Self::CloudWatch { retention_days: 365, role_arn: None };
}
