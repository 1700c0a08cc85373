//! Web ACLs of AWS WAF, described: rules that are typed, in order, counted before they block, and within capacity.
//!
//! ```
//! use zt_core::waf::{Countries, InspectionLevel, RateLimit, Scope, WebAcl};
//!
//! let acl = WebAcl::new("shop", Scope::CloudFront)?
//!     .rate_limit(RateLimit::new(2_000)?)?
//!     .sql_injection()?
//!     .cross_site_scripting()?
//!     .geo_block(Countries::new(["KP"])?)?
//!     .ip_reputation()?
//!     .bot_control(InspectionLevel::Common)?;
//! assert_eq!(acl.scope().region(), "us-east-1");
//! assert_eq!(acl.capacity().total(), 408);
//!
//! // Rules count first; what is right to block is blocked after a look at the logs.
//! assert_eq!(acl.rules()[0]["Action"], serde_json::json!({"Count": {}}));
//! assert_eq!(acl.promote().rules()[0]["Action"], serde_json::json!({"Block": {}}));
//! # Ok::<(), zt_core::waf::WafError>(())
//! ```
//!
//! # Capacity
//!
//! In web ACL capacity units (WCU), as AWS publishes them: AWS WAF Developer Guide, *Using match rule statements*,
//! *String match*, *SQL injection attack*, *Cross-site scripting attack*, *Rate-based rule statement*, and the pages of the
//! groups. The figures of the common, SQL injection, reputation and bot control groups were compared with AWS's text; the
//! others, and the names of the rules in the groups, with other people's programs only. `DescribeManagedRuleGroup` tells what
//! is true today: see [`ManagedRules::described`].
//!
//! | statement | WCU |
//! |---|---|
//! | geographic match | 1 |
//! | IP set match | 1; any of several forwarded addresses: 5 |
//! | label match | 1 |
//! | string match at the start of a path | 2, and its text transformations |
//! | SQL injection match | 20 at low sensitivity, 30 at high |
//! | cross-site scripting match | 40 |
//! | all query parameters | 10 more |
//! | JSON body | the base once more |
//! | text transformation | 10 more, each |
//! | rate limit by address | 2, and its scope-down statement |
//! | not, and, or | what they join |
//!
//! | managed rule group | WCU |
//! |---|---|
//! | `AWSManagedRulesCommonRuleSet` | 700 |
//! | `AWSManagedRulesKnownBadInputsRuleSet`, `AWSManagedRulesSQLiRuleSet`, `AWSManagedRulesLinuxRuleSet`, `AWSManagedRulesWindowsRuleSet` | 200 |
//! | `AWSManagedRulesAdminProtectionRuleSet`, `AWSManagedRulesUnixRuleSet`, `AWSManagedRulesPHPRuleSet`, `AWSManagedRulesWordPressRuleSet` | 100 |
//! | `AWSManagedRulesAnonymousIpList`, `AWSManagedRulesBotControlRuleSet` | 50 |
//! | `AWSManagedRulesAmazonIpReputationList` | 25 |
//!
//! # What cannot be written
//!
//! A rule with both `Action` and `OverrideAction`, or with the wrong one; two rules of one priority; a rate limit or rule group
//! inside another statement; a CloudFront web ACL outside `us-east-1`; an IP set with `/0`; an override of a rule that does not
//! exist; more than 5,000 WCU.

mod acl;
mod capacity;
mod error;
mod ip_set;
mod managed;
mod rule;
mod statement;

pub use self::acl::{Region, Scope, WebAcl};
pub use self::capacity::{Capacity, CapacityPart};
pub use self::error::WafError;
pub use self::ip_set::IpSet;
pub use self::managed::{InspectionLevel, ManagedRules, RuleGroup};
pub use self::rule::{Action, ContentType, CustomResponse, MatchRule, RateLimit, Window};
pub use self::statement::{
    Component, Countries, ForwardedIp, HeaderName, Position, Sensitivity, Statement,
    TextTransformation,
};
