//! Access by network, organisation, Region, time, TLS and second factor.

use super::values::{self, GuardrailError};
use crate::policy::keys::{DateTime, aws};
use crate::policy::{
    Action, Condition, IpRange, Policy, PolicyBuilder, Principal, Resource, Statement,
};

/// Conditional access: what must be true of a request, as an Allow and as its Deny twin.
///
/// An Allow with conditions stops nobody whom another policy allows. [`deny`](RestrictAccess::deny) does: it denies whatever
/// [`allow`](RestrictAccess::allow) would not allow for want of a condition, whoever allows it. AWS calls a set of such
/// denials a data perimeter (AWS whitepaper *Building a Data Perimeter on AWS*).
///
/// ```
/// use zt_core::guardrails::restrict_access;
/// use zt_core::policy::IpRange;
///
/// let office: IpRange = "203.0.113.0/24".parse()?;
/// let office_v6: IpRange = "2001:db8::/48".parse()?;
/// let access = restrict_access()
///     .actions(["s3:GetObject", "s3:PutObject"])
///     .resources(["arn:aws:s3:::sensitive-data/*"])
///     .source_ips([office, office_v6])
///     .source_vpces(["vpce-0123456789abcdef0"])
///     .regions(["eu-central-1"])
///     .require_tls(true);
/// let (allow, deny) = (access.allow()?, access.deny()?);
/// assert_eq!(allow.statements().len(), 3); // by address, by endpoint, through an AWS service
/// assert_eq!(deny.statements().len(), 3); // network, Region, TLS
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn restrict_access() -> RestrictAccess {
    RestrictAccess { via_aws_services: true, ..RestrictAccess::default() }
}

/// Parameters of [`restrict_access`].
#[derive(Clone, Debug, Default)]
pub struct RestrictAccess {
    actions: Vec<Action>,
    resources: Vec<Resource>,
    principals: Vec<Principal>,
    source_ips: Vec<IpRange>,
    source_vpces: Vec<String>,
    source_vpcs: Vec<String>,
    via_aws_services: bool,
    principal_orgs: Vec<String>,
    resource_orgs: Vec<String>,
    regions: Vec<String>,
    global_actions: Vec<Action>,
    not_before: Option<DateTime>,
    not_after: Option<DateTime>,
    tls: bool,
    mfa: bool,
}

impl RestrictAccess {
    /// The actions. Default: all. An Allow needs them; a Deny of some actions leaves all others alone.
    #[must_use]
    pub fn actions<A: Into<Action>>(mut self, actions: impl IntoIterator<Item = A>) -> Self {
        self.actions.extend(actions.into_iter().map(Into::into));
        self
    }

    /// The resources. Default: all.
    #[must_use]
    pub fn resources<R: Into<Resource>>(mut self, resources: impl IntoIterator<Item = R>) -> Self {
        self.resources.extend(resources.into_iter().map(Into::into));
        self
    }

    /// Makes it the policy of a resource, for these principals. Default: none, for policies of users, roles and organisations.
    #[must_use]
    pub fn principals<P: Into<Principal>>(
        mut self,
        principals: impl IntoIterator<Item = P>,
    ) -> Self {
        self.principals.extend(principals.into_iter().map(Into::into));
        self
    }

    /// Address ranges that requests may come from over the internet. Give IPv6 ranges as well where callers have IPv6: an
    /// address of a family that no range is of, is outside.
    #[must_use]
    pub fn source_ips(mut self, ranges: impl IntoIterator<Item = IpRange>) -> Self {
        self.source_ips.extend(ranges);
        self
    }

    /// VPC endpoints (`vpce-...`) that requests may come through. Such requests have no `aws:SourceIp`.
    #[must_use]
    pub fn source_vpces<T: Into<String>>(mut self, ids: impl IntoIterator<Item = T>) -> Self {
        self.source_vpces.extend(ids.into_iter().map(Into::into));
        self
    }

    /// VPCs (`vpc-...`) that requests may come through, by any of their endpoints.
    #[must_use]
    pub fn source_vpcs<T: Into<String>>(mut self, ids: impl IntoIterator<Item = T>) -> Self {
        self.source_vpcs.extend(ids.into_iter().map(Into::into));
        self
    }

    /// Whether AWS services that call on the caller's behalf (`aws:ViaAWSService`) are exempt from the network conditions: they
    /// call from AWS's own network. Default: yes.
    #[must_use]
    pub fn via_aws_services(mut self, exempt: bool) -> Self {
        self.via_aws_services = exempt;
        self
    }

    /// Organisations (`o-...`) that callers must belong to. AWS services themselves are exempt.
    #[must_use]
    pub fn principal_orgs<T: Into<String>>(mut self, ids: impl IntoIterator<Item = T>) -> Self {
        self.principal_orgs.extend(ids.into_iter().map(Into::into));
        self
    }

    /// Organisations (`o-...`) that resources must belong to.
    #[must_use]
    pub fn resource_orgs<T: Into<String>>(mut self, ids: impl IntoIterator<Item = T>) -> Self {
        self.resource_orgs.extend(ids.into_iter().map(Into::into));
        self
    }

    /// Regions whose endpoints may be called. A Deny for all actions exempts [`GLOBAL_SERVICES`].
    #[must_use]
    pub fn regions<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.regions.extend(names.into_iter().map(Into::into));
        self
    }

    /// More actions that a Deny by Region exempts. Default: none.
    #[must_use]
    pub fn exempt_from_regions<A: Into<Action>>(
        mut self,
        actions: impl IntoIterator<Item = A>,
    ) -> Self {
        self.global_actions.extend(actions.into_iter().map(Into::into));
        self
    }

    /// The first instant of access. Default: none.
    #[must_use]
    pub fn not_before(mut self, instant: impl Into<DateTime>) -> Self {
        self.not_before = Some(instant.into());
        self
    }

    /// The instant at which access ends: there is none from then on. Default: none.
    #[must_use]
    pub fn not_after(mut self, instant: impl Into<DateTime>) -> Self {
        self.not_after = Some(instant.into());
        self
    }

    /// Whether requests must come over TLS. Default: no.
    #[must_use]
    pub fn require_tls(mut self, required: bool) -> Self {
        self.tls = required;
        self
    }

    /// Whether callers must have proved a second factor. Default: no.
    #[must_use]
    pub fn require_mfa(mut self, required: bool) -> Self {
        self.mfa = required;
        self
    }

    /// The policy that allows, when every condition holds: one statement for each way in.
    ///
    /// # Errors
    ///
    /// When there are no actions or no conditions, or a parameter cannot be one.
    pub fn allow(&self) -> Result<Policy, GuardrailError> {
        self.check()?;
        if self.actions.is_empty() {
            return Err(GuardrailError::missing("actions", "the actions to allow"));
        }
        let mut policy = Policy::builder();
        for (sid, way) in self.ways() {
            let mut statement =
                self.scope(Statement::allow(sid).actions(self.actions.iter().cloned()));
            for condition in way.into_iter().chain(self.all_of()) {
                statement = statement.when(condition);
            }
            policy = policy.statement(statement);
        }
        Ok(policy.build()?)
    }

    /// The policy that denies, when any condition does not hold: one statement for each condition, so that a decision names it.
    ///
    /// # Errors
    ///
    /// When there are no conditions, or a parameter cannot be one.
    pub fn deny(&self) -> Result<Policy, GuardrailError> {
        self.check()?;
        let mut policy = Policy::builder();
        if self.has_network() {
            policy = policy.statement(self.deny_network());
        }
        if !self.principal_orgs.is_empty() {
            policy = policy.statement(
                self.denial("DenyOtherOrganisations")
                    .when(
                        aws::principal_org_id()
                            .if_exists()
                            .is_not_in(self.principal_orgs.as_slice()),
                    )
                    .when(aws::principal_is_aws_service().if_exists().is(false)),
            );
        }
        if !self.resource_orgs.is_empty() {
            policy =
                policy.statement(self.denial("DenyResourcesOfOthers").when(
                    aws::resource_org_id().if_exists().is_not_in(self.resource_orgs.as_slice()),
                ));
        }
        if !self.regions.is_empty() {
            policy = policy.statement(
                self.scope(self.deny_outside_regions())
                    .when(aws::requested_region().if_exists().is_not_in(self.regions.as_slice())),
            );
        }
        policy = self.deny_times(policy);
        if self.tls {
            policy = policy.statement(
                self.denial("DenyWithoutTls").when(aws::secure_transport().if_exists().is(false)),
            );
        }
        if self.mfa {
            policy = policy.statement(
                self.denial("DenyWithoutMfa")
                    .when(aws::multi_factor_auth_present().if_exists().is(false)),
            );
        }
        Ok(policy.build()?)
    }

    /// What the policies do not cover.
    #[must_use]
    pub fn limits(&self) -> Vec<&'static str> {
        let has_v4 = self.source_ips.iter().any(IpRange::is_ipv4);
        let has_v6 = self.source_ips.iter().any(|range| !range.is_ipv4());
        values::sentences([
            (
                true,
                "The Allow stops nobody whom another policy allows; the Deny allows nobody. Attach both, or the Deny alone.",
            ),
            (
                true,
                "The Deny limits those it is attached to: principals through their policies or a service control policy, a resource through its own policy. Service control policies do not touch the management account, service-linked roles, or callers from other accounts.",
            ),
            (
                self.has_network(),
                "Network conditions say where a request comes from, not who sends it: whoever is inside passes.",
            ),
            (
                has_v4 && !has_v6,
                "Callers with an IPv6 address are outside: only IPv4 ranges are given.",
            ),
            (
                has_v6 && !has_v4,
                "Callers with an IPv4 address are outside: only IPv6 ranges are given.",
            ),
            (
                self.has_network() && self.via_aws_services,
                "Services that call on a caller's behalf pass from anywhere, and so does whoever makes them call.",
            ),
            (
                !self.principal_orgs.is_empty(),
                "Services of AWS pass whatever their organisation: also ask for aws:SourceOrgID where they act for a resource.",
            ),
            (
                !self.resource_orgs.is_empty(),
                "Resources that AWS itself owns, such as public parameters and images, are outside every organisation: except them where they are needed.",
            ),
            (
                !self.regions.is_empty(),
                "The Region is the one of the endpoint called, not where data ends up: replication and copies to other Regions are not seen. Global services are exempt from a Deny for all actions, and are called in us-east-1.",
            ),
            (
                self.not_before.is_some() || self.not_after.is_some(),
                "What was begun in time goes on: URLs signed earlier stop, but running jobs and copies of data do not.",
            ),
            (
                self.mfa,
                "Sessions of roles mostly have no MFA context and are denied; AWS services calling on a caller's behalf may lose it.",
            ),
        ])
    }

    fn check(&self) -> Result<(), GuardrailError> {
        values::each(&self.source_vpces, |id| values::id("VPC endpoint", "vpce-", id))?;
        values::each(&self.source_vpcs, |id| values::id("VPC", "vpc-", id))?;
        for orgs in [&self.principal_orgs, &self.resource_orgs] {
            values::each(orgs, |id| values::id("organisation", "o-", id))?;
        }
        values::each(&self.regions, |name| values::id("Region", "", name))?;
        if let (Some(start), Some(end)) = (&self.not_before, &self.not_after)
            && !start.is_before(end)
        {
            let expected = format!("an instant after {start}");
            return Err(GuardrailError::invalid("not after", expected, end.to_string()));
        }
        if !self.has_network() && self.all_of().is_empty() {
            return Err(GuardrailError::missing("conditions", "at least one condition"));
        }
        Ok(())
    }

    fn has_network(&self) -> bool {
        !self.source_ips.is_empty() || !self.source_vpces.is_empty() || !self.source_vpcs.is_empty()
    }

    /// The ways in: one statement each, because the conditions of one statement must all hold.
    fn ways(&self) -> Vec<(&'static str, Option<Condition>)> {
        if !self.has_network() {
            return vec![("AllowRestricted", None)];
        }
        let mut ways = Vec::new();
        if !self.source_ips.is_empty() {
            let inside = aws::source_ip().is_in(self.source_ips.as_slice());
            ways.push(("AllowFromAddresses", Some(inside)));
        }
        if !self.source_vpces.is_empty() {
            let through = aws::source_vpce().is_in(self.source_vpces.as_slice());
            ways.push(("AllowFromEndpoints", Some(through)));
        }
        if !self.source_vpcs.is_empty() {
            let through = aws::source_vpc().is_in(self.source_vpcs.as_slice());
            ways.push(("AllowFromVpcs", Some(through)));
        }
        if self.via_aws_services {
            ways.push(("AllowViaServices", Some(aws::via_aws_service().is(true))));
        }
        ways
    }

    /// The conditions that hold for every way in.
    fn all_of(&self) -> Vec<Condition> {
        let mut all = Vec::new();
        if !self.principal_orgs.is_empty() {
            all.push(aws::principal_org_id().is_in(self.principal_orgs.as_slice()));
        }
        if !self.resource_orgs.is_empty() {
            all.push(aws::resource_org_id().is_in(self.resource_orgs.as_slice()));
        }
        if !self.regions.is_empty() {
            all.push(aws::requested_region().is_in(self.regions.as_slice()));
        }
        if let Some(start) = &self.not_before {
            all.push(aws::current_time().at_or_after(start.clone()));
        }
        if let Some(end) = &self.not_after {
            all.push(aws::current_time().before(end.clone()));
        }
        if self.tls {
            all.push(aws::secure_transport().is(true));
        }
        if self.mfa {
            all.push(aws::multi_factor_auth_present().is(true));
        }
        all
    }

    fn deny_network(&self) -> Statement {
        let mut statement = self.denial("DenyOtherNetworks");
        // An absent key is not inside: the address is absent through an endpoint, the endpoint over the internet.
        if !self.source_ips.is_empty() {
            statement =
                statement.when(aws::source_ip().if_exists().is_not_in(self.source_ips.as_slice()));
        }
        if !self.source_vpces.is_empty() {
            statement = statement
                .when(aws::source_vpce().if_exists().is_not_in(self.source_vpces.as_slice()));
        }
        if !self.source_vpcs.is_empty() {
            statement = statement
                .when(aws::source_vpc().if_exists().is_not_in(self.source_vpcs.as_slice()));
        }
        // A service that calls for itself is in no network of the caller's.
        statement = statement.when(aws::principal_is_aws_service().if_exists().is(false));
        if self.via_aws_services {
            statement = statement.when(aws::via_aws_service().if_exists().is(false));
        }
        statement
    }

    fn deny_outside_regions(&self) -> Statement {
        let statement = Statement::deny("DenyOtherRegions");
        if self.actions.is_empty() {
            let global = GLOBAL_SERVICES.iter().map(|pattern| Action::from_static(pattern));
            return statement.not_actions(global.chain(self.global_actions.iter().cloned()));
        }
        statement.actions(self.actions.iter().cloned())
    }

    fn deny_times(&self, mut policy: PolicyBuilder) -> PolicyBuilder {
        if let Some(start) = &self.not_before {
            policy = policy.statement(
                self.denial("DenyTooEarly")
                    .when(aws::current_time().if_exists().before(start.clone())),
            );
        }
        if let Some(end) = &self.not_after {
            policy = policy.statement(
                self.denial("DenyTooLate")
                    .when(aws::current_time().if_exists().at_or_after(end.clone())),
            );
        }
        policy
    }

    fn denial(&self, sid: &'static str) -> Statement {
        let statement = Statement::deny(sid);
        let statement = if self.actions.is_empty() {
            statement.actions(["*"])
        } else {
            statement.actions(self.actions.iter().cloned())
        };
        self.scope(statement)
    }

    fn scope(&self, statement: Statement) -> Statement {
        let statement = self
            .principals
            .iter()
            .cloned()
            .fold(statement, |statement, principal| statement.principal(principal));
        if self.resources.is_empty() {
            statement.any_resource()
        } else {
            statement.resources(self.resources.iter().cloned())
        }
    }
}

/// Actions whose endpoints are in one Region whatever Region the caller works in: a Deny by Region exempts them.
///
/// From the AWS Organizations User Guide, *Deny access to AWS based on the requested AWS Region*, read in 2026; AWS adds some:
/// see [`RestrictAccess::exempt_from_regions`].
pub const GLOBAL_SERVICES: &[&str] = &[
    "account:*",
    "artifact:*",
    "aws-marketplace:*",
    "aws-marketplace-management:*",
    "aws-portal:*",
    "billing:*",
    "budgets:*",
    "ce:*",
    "chatbot:*",
    "cloudfront:*",
    "consolidatedbilling:*",
    "cur:*",
    "ec2:DescribeRegions",
    "freetier:*",
    "globalaccelerator:*",
    "health:*",
    "iam:*",
    "invoicing:*",
    "networkmanager:*",
    "organizations:*",
    "payments:*",
    "pricing:*",
    "purchase-orders:*",
    "route53:*",
    "route53domains:*",
    "s3:GetAccountPublicAccessBlock",
    "s3:ListAllMyBuckets",
    "s3:ListMultiRegionAccessPoints",
    "s3:PutAccountPublicAccessBlock",
    "shield:*",
    "sts:*",
    "support:*",
    "supportplans:*",
    "tax:*",
    "trustedadvisor:*",
    "waf:*",
];
