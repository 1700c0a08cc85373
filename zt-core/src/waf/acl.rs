//! The web ACL: rules in order, tried out or in force.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::capacity::{Capacity, Costs};
use super::error::name;
use super::managed::{InspectionLevel, ManagedRules, RuleGroup};
use super::rule::{Action, CustomResponse, MatchRule, RateLimit};
use super::statement::{Component, Countries, Statement, TextTransformation, insert};
use super::{IpSet, WafError};
use crate::literal;

/// What a web ACL protects, and with that the Region in which it is made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Scope {
    /// CloudFront distributions: calls go to `us-east-1`, wherever the caller is.
    CloudFront,
    /// Load balancers, API Gateway and other resources of one Region.
    Regional(Region),
}

/// A Region: see [`Scope::regional`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Region(String);

impl Scope {
    /// Resources of this Region.
    ///
    /// # Errors
    ///
    /// When the name cannot be that of a Region.
    pub fn regional(region: impl Into<String>) -> Result<Self, WafError> {
        let region = region.into();
        if !literal::is_region(&region) {
            return Err(WafError::invalid(
                "Region",
                "the name of a Region such as eu-central-1",
                region,
            ));
        }
        Ok(Self::Regional(Region(region)))
    }

    /// The Region whose WAFV2 endpoint is called.
    #[must_use]
    pub fn region(&self) -> &str {
        match self {
            Self::CloudFront => "us-east-1",
            Self::Regional(Region(region)) => region,
        }
    }

    /// `CLOUDFRONT` or `REGIONAL`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::CloudFront => "CLOUDFRONT",
            Self::Regional(_) => "REGIONAL",
        }
    }
}

/// A web ACL, described: see [`waf`](super).
#[derive(Clone, Debug, PartialEq)]
pub struct WebAcl {
    name: String,
    scope: Scope,
    blocks_by_default: bool,
    entries: Vec<Entry>,
    response: Option<CustomResponse>,
    in_force: bool,
    counting: BTreeMap<RuleGroup, BTreeSet<String>>,
}

/// A rule before it has a priority. Either has the one kind of action that AWS WAF wants of it.
#[derive(Clone, Debug, PartialEq)]
enum Entry {
    /// A rule of one's own: it has an `Action`.
    Match(MatchRule, Turn),
    Rate(RateLimit),
    /// A rule group: it has an `OverrideAction`, and no `Action` or labels.
    Managed(ManagedRules),
}

/// When a rule has its turn: addresses that are never blocked, those always blocked, the rest, what costs money.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Turn {
    NeverBlocked,
    Blocked,
    Own,
    Paid,
}

impl WebAcl {
    /// A web ACL without rules, that lets everything through. Its rules count and block nothing until it is
    /// [promoted](Self::promote).
    ///
    /// # Errors
    ///
    /// When the name is not 1 to 128 letters, digits, hyphens and underscores.
    pub fn new(acl: impl AsRef<str>, scope: Scope) -> Result<Self, WafError> {
        Ok(Self {
            name: name("web ACL name", acl.as_ref())?,
            scope,
            blocks_by_default: false,
            entries: Vec::new(),
            response: None,
            in_force: false,
            counting: BTreeMap::new(),
        })
    }

    /// Refuses what no rule allows. Default: lets it through.
    #[must_use]
    pub fn block_by_default(mut self) -> Self {
        self.blocks_by_default = true;
        self
    }

    /// What clients get that a rule of one's own blocks, where the rule says nothing else. Default: an empty 403.
    #[must_use]
    pub fn block_response(mut self, response: CustomResponse) -> Self {
        self.response = Some(response);
        self
    }

    /// Limits the rate of requests.
    ///
    /// # Errors
    ///
    /// As [`rule`](Self::rule).
    pub fn rate_limit(self, limit: RateLimit) -> Result<Self, WafError> {
        self.add(Entry::Rate(limit))
    }

    /// Blocks SQL injection: AWS's rule group, 200 WCU.
    ///
    /// # Errors
    ///
    /// As [`rule`](Self::rule).
    pub fn sql_injection(self) -> Result<Self, WafError> {
        self.managed(ManagedRules::new(RuleGroup::SqlInjection))
    }

    /// Blocks scripts in query parameters and the body, decoded from URLs and HTML: 130 WCU. AWS's common rules look into
    /// cookies and paths too, and for much else: [`RuleGroup::Common`].
    ///
    /// # Errors
    ///
    /// As [`rule`](Self::rule).
    pub fn cross_site_scripting(self) -> Result<Self, WafError> {
        let decode = [TextTransformation::UrlDecode, TextTransformation::HtmlEntityDecode];
        let statement = Statement::cross_site_scripting(Component::AllQueryArguments, decode)
            .or(Statement::cross_site_scripting(Component::Body, decode));
        self.rule(MatchRule::new("CrossSiteScripting", statement, Action::Block(None))?)
    }

    /// Blocks requests from these countries.
    ///
    /// # Errors
    ///
    /// As [`rule`](Self::rule).
    pub fn geo_block(self, countries: Countries) -> Result<Self, WafError> {
        self.rule(MatchRule::new("GeoBlock", Statement::countries(countries), Action::Block(None))?)
    }

    /// Blocks requests from all other countries.
    ///
    /// # Errors
    ///
    /// As [`rule`](Self::rule).
    pub fn geo_allow_only(self, countries: Countries) -> Result<Self, WafError> {
        let elsewhere = !Statement::countries(countries);
        self.rule(MatchRule::new("GeoAllowOnly", elsewhere, Action::Block(None))?)
    }

    /// Blocks addresses that attack, by AWS's own intelligence: 25 WCU.
    ///
    /// # Errors
    ///
    /// As [`rule`](Self::rule).
    pub fn ip_reputation(self) -> Result<Self, WafError> {
        self.managed(ManagedRules::new(RuleGroup::IpReputation))
    }

    /// Blocks VPNs, proxies, Tor and hosting providers: 50 WCU. Other services of yours may run at one.
    ///
    /// # Errors
    ///
    /// As [`rule`](Self::rule).
    pub fn anonymous_ips(self) -> Result<Self, WafError> {
        self.managed(ManagedRules::new(RuleGroup::AnonymousIp))
    }

    /// Blocks bots that cannot be verified: 50 WCU, and a monthly fee and one for each request that it inspects. Scope it
    /// down with [`managed`](Self::managed) to keep that small. Comes last, so that it sees what is left.
    ///
    /// # Errors
    ///
    /// As [`rule`](Self::rule).
    pub fn bot_control(self, level: InspectionLevel) -> Result<Self, WafError> {
        self.managed(ManagedRules::new(RuleGroup::BotControl).inspection_level(level))
    }

    /// Adds a rule group that AWS manages.
    ///
    /// # Errors
    ///
    /// As [`rule`](Self::rule).
    pub fn managed(self, rules: ManagedRules) -> Result<Self, WafError> {
        self.add(Entry::Managed(rules))
    }

    /// Blocks these addresses, before other rules.
    ///
    /// # Errors
    ///
    /// As [`rule`](Self::rule).
    pub fn block_ips(self, set: IpSet) -> Result<Self, WafError> {
        let rule = MatchRule::new(set.name(), Statement::ip_set(set.clone()), Action::Block(None))?;
        self.add(Entry::Match(rule, Turn::Blocked))
    }

    /// Lets these addresses through, past every other rule: one's own NAT, partners, monitoring. Whoever attacks from there is
    /// let through too, so keep it short.
    ///
    /// # Errors
    ///
    /// As [`rule`](Self::rule).
    pub fn never_block(self, set: IpSet) -> Result<Self, WafError> {
        let rule = MatchRule::new(set.name(), Statement::ip_set(set.clone()), Action::Allow)?;
        self.add(Entry::Match(rule, Turn::NeverBlocked))
    }

    /// Adds a rule of one's own.
    ///
    /// # Errors
    ///
    /// When there is a rule of that name; when the rules would take more than 5,000 WCU.
    pub fn rule(self, rule: MatchRule) -> Result<Self, WafError> {
        self.add(Entry::Match(rule, Turn::Own))
    }

    /// Leaves one rule of a managed group counting when the rest is promoted: the one that would block what is right.
    ///
    /// # Errors
    ///
    /// When the web ACL has no such group; when the group has no such rule, which AWS WAF would not notice.
    pub fn keep_counting(
        mut self,
        group: RuleGroup,
        rule: impl Into<String>,
    ) -> Result<Self, WafError> {
        let rule = rule.into();
        let managed = self.entries.iter().find_map(|entry| match entry {
            Entry::Managed(managed) if managed.group == group => Some(managed),
            _ => None,
        });
        match managed {
            Some(managed) => managed.rule(&rule)?,
            None => {
                return Err(WafError::invalid(
                    "rule group",
                    "one that this web ACL has",
                    group.name(),
                ));
            }
        }
        self.counting.entry(group).or_default().insert(rule);
        Ok(self)
    }

    /// The same web ACL with its rules in force, after they were tried out.
    #[must_use]
    pub fn promote(mut self) -> Self {
        self.in_force = true;
        self
    }

    /// As [`promote`](Self::promote), for somebody under attack: nothing is tried out first.
    #[must_use]
    pub fn block_immediately(self) -> Self {
        self.promote()
    }

    /// Whether its rules block, and not only count.
    #[must_use]
    pub fn is_in_force(&self) -> bool {
        self.in_force
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it protects.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// What it takes, part by part.
    #[must_use]
    pub fn capacity(&self) -> Capacity {
        let mut capacity = Capacity::default();
        for entry in self.in_order() {
            capacity.add(entry.name(), &entry.costs());
        }
        capacity
    }

    /// The sets of addresses that have to be made first, each once.
    #[must_use]
    pub fn ip_sets(&self) -> Vec<&IpSet> {
        let mut sets: Vec<&IpSet> = Vec::new();
        for set in self.entries.iter().flat_map(Entry::ip_sets) {
            if !sets.contains(&set) {
                sets.push(set);
            }
        }
        sets
    }

    /// The rules in the form of the WAFV2 API, in the order in which they are evaluated. `${ip-set:NAME}` stands for the ARN of a
    /// set.
    #[must_use]
    pub fn rules(&self) -> Vec<Value> {
        self.rules_with(&|set| json!(format!("${{ip-set:{}}}", set.name())))
    }

    /// The input of `CreateWebACL`; `arn` gives the ARN of a set, or what stands for it.
    #[must_use]
    pub fn create_input(&self, arn: impl Fn(&IpSet) -> Value) -> Value {
        let mut input = json!({
            "Name": self.name,
            "Scope": self.scope.name(),
            "DefaultAction": if self.blocks_by_default { json!({"Block": {}}) } else { json!({"Allow": {}}) },
            "Rules": self.rules_with(&arn),
            "VisibilityConfig": visibility(&self.name),
        });
        let bodies = self.bodies();
        if !bodies.is_empty() {
            insert(&mut input, "CustomResponseBodies", Value::Object(bodies));
        }
        input
    }

    /// What the web ACL costs beyond its price, and does not do.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let capacity = self.capacity();
        if capacity.costs_extra() {
            notes.push(format!(
                "{} WCU are above the {} that the basic price covers: requests cost more for every 500 WCU begun.",
                capacity.total(),
                Capacity::INCLUDED
            ));
        }
        if !self.in_force && !self.entries.is_empty() {
            notes.push("Rules count and block nothing yet: look at the sampled requests and logs, then promote.".into());
        }
        for entry in &self.entries {
            match entry {
                Entry::Managed(managed) if managed.group == RuleGroup::BotControl => {
                    notes.push(
                        "Bot Control has a monthly fee and one for each request that it inspects."
                            .into(),
                    );
                    if !managed.is_scoped_down() {
                        notes.push("Bot Control inspects every request: scope it down to pages worth the fee.".into());
                    }
                }
                Entry::Managed(managed)
                    if matches!(
                        managed.group,
                        RuleGroup::IpReputation | RuleGroup::AnonymousIp
                    ) =>
                {
                    notes.push(format!(
                        "{} looks at the source address: behind a proxy, that is the proxy's.",
                        managed.group.name()
                    ));
                }
                Entry::Managed(managed) if !managed.is_pinned() && !self.in_force => {
                    notes.push(format!("A rule that AWS adds to {} blocks from its first minute: pin a version to be asked.", managed.group.name()));
                }
                Entry::Rate(rate) if rate.is_by_source_address() => {
                    notes.push(format!(
                        "`{}` counts by source address: behind a proxy, everybody shares one.",
                        rate.name
                    ));
                }
                _ => {}
            }
        }
        notes
    }

    fn add(mut self, entry: Entry) -> Result<Self, WafError> {
        if self.entries.iter().any(|other| other.name() == entry.name()) {
            return Err(WafError::Duplicate { name: entry.name().to_owned() });
        }
        for set in entry.ip_sets() {
            if self.ip_sets().iter().any(|other| other.name() == set.name() && *other != set) {
                return Err(WafError::Duplicate { name: set.name().to_owned() });
            }
        }
        self.entries.push(entry);
        self.capacity().check()?;
        Ok(self)
    }

    fn in_order(&self) -> Vec<&Entry> {
        let mut entries: Vec<&Entry> = self.entries.iter().collect();
        entries.sort_by_key(|entry| entry.turn());
        entries
    }

    fn rules_with(&self, arn: &dyn Fn(&IpSet) -> Value) -> Vec<Value> {
        self.in_order()
            .into_iter()
            .enumerate()
            .map(|(priority, entry)| self.rule_json(entry, priority, arn))
            .collect()
    }

    fn rule_json(&self, entry: &Entry, priority: usize, arn: &dyn Fn(&IpSet) -> Value) -> Value {
        let name = entry.name();
        let mut rule =
            json!({"Name": name, "Priority": priority, "VisibilityConfig": visibility(name)});
        let (statement, field, action) = match entry {
            Entry::Match(rule, _) => {
                (rule.statement.to_json(arn), "Action", self.action(&rule.action))
            }
            Entry::Rate(rate) => (rate.to_json(arn), "Action", self.action(&rate.action)),
            Entry::Managed(managed) => {
                // Each rule by itself: an `OverrideAction` of Count for the group would hide which rules match.
                let counted: Vec<&str> = match (self.in_force, self.counting.get(&managed.group)) {
                    (false, _) => managed.active_rules(),
                    (true, Some(rules)) => rules.iter().map(String::as_str).collect(),
                    (true, None) => Vec::new(),
                };
                (managed.to_json(&counted, arn), "OverrideAction", json!({"None": {}}))
            }
        };
        insert(&mut rule, "Statement", statement);
        insert(&mut rule, field, action);
        if let Entry::Match(MatchRule { labels, .. }, _) = entry
            && !labels.is_empty()
        {
            insert(
                &mut rule,
                "RuleLabels",
                labels.iter().map(|label| json!({"Name": label})).collect(),
            );
        }
        rule
    }

    fn action(&self, action: &Action) -> Value {
        if !self.in_force {
            return action.tried_out().to_json();
        }
        match (action, &self.response) {
            (Action::Block(None), Some(response)) => {
                Action::Block(Some(response.clone())).to_json()
            }
            _ => action.to_json(),
        }
    }

    /// Bodies of the responses, by name.
    fn bodies(&self) -> Map<String, Value> {
        let own = self.entries.iter().filter_map(|entry| match entry {
            Entry::Match(MatchRule { action: Action::Block(response), .. }, _)
            | Entry::Rate(RateLimit { action: Action::Block(response), .. }) => response.as_ref(),
            _ => None,
        });
        let bodies = own.chain(&self.response).filter_map(|response| response.body.as_ref());
        bodies
            .map(|(key, kind, content)| {
                (key.clone(), json!({"ContentType": kind.name(), "Content": content}))
            })
            .collect()
    }
}

impl Entry {
    fn name(&self) -> &str {
        match self {
            Self::Match(rule, _) => &rule.name,
            Self::Rate(rate) => &rate.name,
            Self::Managed(managed) => managed.group.name(),
        }
    }

    fn turn(&self) -> Turn {
        match self {
            Self::Match(_, turn) => *turn,
            Self::Managed(managed) if managed.group == RuleGroup::BotControl => Turn::Paid,
            Self::Rate(_) | Self::Managed(_) => Turn::Own,
        }
    }

    fn costs(&self) -> Costs {
        match self {
            Self::Match(rule, _) => rule.statement.costs(),
            Self::Rate(rate) => rate.costs(),
            Self::Managed(managed) => managed.costs(),
        }
    }

    fn ip_sets(&self) -> Vec<&IpSet> {
        match self {
            Self::Match(rule, _) => rule.statement.ip_sets(),
            Self::Rate(rate) => rate.ip_sets(),
            Self::Managed(managed) => managed.ip_sets(),
        }
    }
}

fn visibility(metric: &str) -> Value {
    json!({"SampledRequestsEnabled": true, "CloudWatchMetricsEnabled": true, "MetricName": metric})
}
