//! Rules of one's own: what they do, and rate limits.

use serde_json::{Value, json};

use super::capacity::Costs;
use super::error::{name, rule_name};
use super::statement::{ForwardedIp, Statement, checked_label, insert};
use super::{IpSet, WafError};

/// What a rule of one's own does with a request that it matches.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Action {
    /// Lets it through: no later rule looks at it.
    Allow,
    /// Refuses it, with status 403 or a response of one's own.
    Block(Option<CustomResponse>),
    /// Counts it, and goes on to the next rule.
    Count,
    /// Asks for a puzzle to be solved.
    Captcha,
    /// Checks silently that the client is a browser.
    Challenge,
}

impl Action {
    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Allow => json!({"Allow": {}}),
            Self::Block(None) => json!({"Block": {}}),
            Self::Block(Some(response)) => json!({"Block": {"CustomResponse": response.to_json()}}),
            Self::Count => json!({"Count": {}}),
            Self::Captcha => json!({"Captcha": {}}),
            Self::Challenge => json!({"Challenge": {}}),
        }
    }

    /// The action while rules are tried out: what would stop a request counts it.
    pub(super) fn tried_out(&self) -> Self {
        match self {
            Self::Allow => Self::Allow,
            _ => Self::Count,
        }
    }
}

/// What a blocked client gets instead of an empty 403.
///
/// ```
/// use zt_core::waf::{ContentType, CustomResponse};
///
/// let slow_down = CustomResponse::new(429)?.body("slow-down", ContentType::PlainText, "Too many requests")?;
/// assert!(CustomResponse::new(99).is_err());
/// # let _ = slow_down;
/// # Ok::<(), zt_core::waf::WafError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CustomResponse {
    status: u16,
    pub(super) body: Option<(String, ContentType, String)>,
}

/// The type of the body of a [`CustomResponse`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ContentType {
    /// `text/plain`.
    PlainText,
    /// `text/html`.
    Html,
    /// `application/json`.
    Json,
}

impl CustomResponse {
    /// The longest body, in bytes (AWS WAF Developer Guide, *AWS WAF quotas*).
    pub const LONGEST_BODY: usize = 4096;

    /// A response with this status, 200 to 599.
    ///
    /// # Errors
    ///
    /// When the status is out of range.
    pub fn new(status: u16) -> Result<Self, WafError> {
        if !(200..=599).contains(&status) {
            return Err(WafError::invalid("status", "200 to 599", status));
        }
        Ok(Self { status, body: None })
    }

    /// The body, under a name that is its own within the web ACL.
    ///
    /// # Errors
    ///
    /// When the name cannot be one; when the body is empty or longer than 4 KiB.
    pub fn body(
        mut self,
        key: &str,
        content_type: ContentType,
        content: impl Into<String>,
    ) -> Result<Self, WafError> {
        let content = content.into();
        if !(1..=Self::LONGEST_BODY).contains(&content.len()) {
            return Err(WafError::invalid(
                "body",
                "1 to 4,096 bytes",
                format!("{} bytes", content.len()),
            ));
        }
        self.body = Some((name("body name", key)?, content_type, content));
        Ok(self)
    }

    fn to_json(&self) -> Value {
        let mut response = json!({"ResponseCode": self.status});
        if let Some((key, ..)) = &self.body {
            insert(&mut response, "CustomResponseBodyKey", json!(key));
        }
        response
    }
}

impl ContentType {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::PlainText => "TEXT_PLAIN",
            Self::Html => "TEXT_HTML",
            Self::Json => "APPLICATION_JSON",
        }
    }
}

/// A rule of one's own.
///
/// ```
/// use zt_core::waf::{Action, MatchRule, Statement};
///
/// let admin = MatchRule::new("admin-pages", Statement::path_starts_with("/admin")?, Action::Captcha)?.label("shop:admin")?;
/// # let _ = admin;
/// # Ok::<(), zt_core::waf::WafError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MatchRule {
    pub(super) name: String,
    pub(super) statement: Statement,
    pub(super) action: Action,
    pub(super) labels: Vec<String>,
}

impl MatchRule {
    /// A rule of this name.
    ///
    /// # Errors
    ///
    /// When the name is not 1 to 128 letters, digits, hyphens and underscores, or is one that AWS WAF keeps for itself.
    pub fn new(
        rule: impl AsRef<str>,
        statement: Statement,
        action: Action,
    ) -> Result<Self, WafError> {
        Ok(Self { name: rule_name(rule.as_ref())?, statement, action, labels: Vec::new() })
    }

    /// Adds a label to requests that match, for later rules to look at.
    ///
    /// # Errors
    ///
    /// When it is not 1 to 1,024 letters, digits, `_`, `-` and `:`, or starts with `aws` (AWS keeps those).
    pub fn label(mut self, label: impl AsRef<str>) -> Result<Self, WafError> {
        let label = checked_label(label.as_ref())?;
        if label.split(':').next().is_some_and(|first| {
            first.eq_ignore_ascii_case("aws") || first.eq_ignore_ascii_case("awswaf")
        }) {
            return Err(WafError::invalid(
                "label",
                "a name that does not start with aws or awswaf",
                label,
            ));
        }
        self.labels.push(label);
        Ok(self)
    }
}

/// How far back a rate limit looks.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Window {
    /// 60 seconds.
    OneMinute,
    /// 120 seconds.
    TwoMinutes,
    /// 300 seconds.
    #[default]
    FiveMinutes,
    /// 600 seconds.
    TenMinutes,
}

impl Window {
    /// In seconds.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        match self {
            Self::OneMinute => 60,
            Self::TwoMinutes => 120,
            Self::FiveMinutes => 300,
            Self::TenMinutes => 600,
        }
    }
}

impl TryFrom<u32> for Window {
    type Error = WafError;

    fn try_from(seconds: u32) -> Result<Self, WafError> {
        [Self::OneMinute, Self::TwoMinutes, Self::FiveMinutes, Self::TenMinutes]
            .into_iter()
            .find(|window| window.seconds() == seconds)
            .ok_or_else(|| WafError::invalid("window", "60, 120, 300 or 600 seconds", seconds))
    }
}

/// A limit of requests from one address in a window of time.
///
/// ```
/// use zt_core::waf::{ForwardedIp, RateLimit, Statement, Window};
///
/// let login = RateLimit::new(100)?
///     .named("login-rate")?
///     .window(Window::OneMinute)
///     .forwarded_ip(ForwardedIp::header("X-Forwarded-For")?)
///     .scope_down(Statement::path_starts_with("/login")?);
/// assert_eq!(login.units(), 34);
/// # Ok::<(), zt_core::waf::WafError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RateLimit {
    pub(super) name: String,
    limit: u32,
    window: Window,
    proxy: Option<ForwardedIp>,
    scope_down: Option<Statement>,
    pub(super) action: Action,
}

impl RateLimit {
    /// At most this many requests from an address in five minutes: 10 to 2,000,000,000. AWS WAF checks every ten seconds or
    /// so, and blocks the address until it is below the limit again.
    ///
    /// # Errors
    ///
    /// When the limit is out of range.
    pub fn new(limit: u32) -> Result<Self, WafError> {
        if !(10..=2_000_000_000).contains(&limit) {
            return Err(WafError::invalid("rate limit", "10 to 2,000,000,000 requests", limit));
        }
        let name = "RateLimit".to_owned();
        Ok(Self {
            name,
            limit,
            window: Window::default(),
            proxy: None,
            scope_down: None,
            action: Action::Block(None),
        })
    }

    /// The name of the rule. Default: `RateLimit`.
    ///
    /// # Errors
    ///
    /// As [`MatchRule::new`].
    pub fn named(mut self, name: impl AsRef<str>) -> Result<Self, WafError> {
        self.name = rule_name(name.as_ref())?;
        Ok(self)
    }

    /// How far back it looks. Default: five minutes.
    #[must_use]
    pub fn window(mut self, window: Window) -> Self {
        self.window = window;
        self
    }

    /// Counts by the address that a proxy reports. Behind a proxy, everybody has the proxy's address otherwise.
    #[must_use]
    pub fn forwarded_ip(mut self, proxy: ForwardedIp) -> Self {
        self.proxy = Some(proxy);
        self
    }

    /// Counts those requests only that the statement matches.
    #[must_use]
    pub fn scope_down(mut self, statement: Statement) -> Self {
        self.scope_down = Some(statement);
        self
    }

    /// What is done with requests above the limit. Default: block. A rate limit does not allow.
    ///
    /// # Errors
    ///
    /// When the action is to allow.
    pub fn action(mut self, action: Action) -> Result<Self, WafError> {
        if action == Action::Allow {
            return Err(WafError::invalid(
                "rate limit's action",
                "block, count, captcha or challenge",
                "allow",
            ));
        }
        self.action = action;
        Ok(self)
    }

    /// What it takes of a web ACL's capacity, in WCU.
    #[must_use]
    pub fn units(&self) -> u32 {
        self.costs().0.iter().map(|(_, units)| units).sum()
    }

    pub(super) fn costs(&self) -> Costs {
        let base = Costs::one("rate limit", 2);
        self.scope_down.iter().map(Statement::costs).fold(base, Costs::and)
    }

    pub(super) fn ip_sets(&self) -> Vec<&IpSet> {
        self.scope_down.iter().flat_map(Statement::ip_sets).collect()
    }

    pub(super) fn is_by_source_address(&self) -> bool {
        self.proxy.is_none()
    }

    pub(super) fn to_json(&self, arn: &dyn Fn(&IpSet) -> Value) -> Value {
        let mut statement = json!({
            "Limit": self.limit,
            "EvaluationWindowSec": self.window.seconds(),
            "AggregateKeyType": if self.proxy.is_some() { "FORWARDED_IP" } else { "IP" },
        });
        if let Some(proxy) = &self.proxy {
            insert(&mut statement, "ForwardedIPConfig", proxy.to_json());
        }
        if let Some(scope_down) = &self.scope_down {
            insert(&mut statement, "ScopeDownStatement", scope_down.to_json(arn));
        }
        json!({"RateBasedStatement": statement})
    }
}
