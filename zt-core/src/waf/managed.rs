//! Rule groups that AWS manages.

use serde_json::{Value, json};

use super::capacity::Costs;
use super::statement::{Statement, insert};
use super::{IpSet, WafError};

/// A rule group that AWS manages.
///
/// Names, capacities and rules as in the AWS WAF Developer Guide, *AWS Managed Rules rule groups list*. Groups that need an
/// application's login or sign-up page described (account takeover and fraud) are not offered.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum RuleGroup {
    /// `AWSManagedRulesCommonRuleSet`: cross-site scripting, local and remote file inclusion, metadata SSRF, sizes. 700 WCU.
    Common,
    /// `AWSManagedRulesAdminProtectionRuleSet`: administration pages. 100 WCU.
    AdminProtection,
    /// `AWSManagedRulesKnownBadInputsRuleSet`: Log4j, Java deserialisation and the like. 200 WCU.
    KnownBadInputs,
    /// `AWSManagedRulesSQLiRuleSet`: SQL injection. 200 WCU.
    SqlInjection,
    /// `AWSManagedRulesLinuxRuleSet`: local file inclusion on Linux. 200 WCU.
    Linux,
    /// `AWSManagedRulesUnixRuleSet`: POSIX shells. 100 WCU.
    Posix,
    /// `AWSManagedRulesWindowsRuleSet`: Windows and PowerShell commands. 200 WCU.
    Windows,
    /// `AWSManagedRulesPHPRuleSet`: PHP. 100 WCU.
    Php,
    /// `AWSManagedRulesWordPressRuleSet`: WordPress. 100 WCU.
    WordPress,
    /// `AWSManagedRulesAmazonIpReputationList`: addresses that attack, by AWS's own intelligence. 25 WCU.
    IpReputation,
    /// `AWSManagedRulesAnonymousIpList`: VPNs, proxies, Tor, hosting providers. 50 WCU.
    AnonymousIp,
    /// `AWSManagedRulesBotControlRuleSet`: bots. 50 WCU, and a fee of its own for every request it inspects.
    BotControl,
}

impl RuleGroup {
    /// All groups that are offered.
    pub const ALL: [Self; 12] = [
        Self::Common,
        Self::AdminProtection,
        Self::KnownBadInputs,
        Self::SqlInjection,
        Self::Linux,
        Self::Posix,
        Self::Windows,
        Self::Php,
        Self::WordPress,
        Self::IpReputation,
        Self::AnonymousIp,
        Self::BotControl,
    ];

    /// The name that AWS gives it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Common => "AWSManagedRulesCommonRuleSet",
            Self::AdminProtection => "AWSManagedRulesAdminProtectionRuleSet",
            Self::KnownBadInputs => "AWSManagedRulesKnownBadInputsRuleSet",
            Self::SqlInjection => "AWSManagedRulesSQLiRuleSet",
            Self::Linux => "AWSManagedRulesLinuxRuleSet",
            Self::Posix => "AWSManagedRulesUnixRuleSet",
            Self::Windows => "AWSManagedRulesWindowsRuleSet",
            Self::Php => "AWSManagedRulesPHPRuleSet",
            Self::WordPress => "AWSManagedRulesWordPressRuleSet",
            Self::IpReputation => "AWSManagedRulesAmazonIpReputationList",
            Self::AnonymousIp => "AWSManagedRulesAnonymousIpList",
            Self::BotControl => "AWSManagedRulesBotControlRuleSet",
        }
    }

    /// What it takes of a web ACL's capacity, in WCU.
    #[must_use]
    pub const fn units(self) -> u32 {
        match self {
            Self::Common => 700,
            Self::KnownBadInputs | Self::SqlInjection | Self::Linux | Self::Windows => 200,
            Self::AdminProtection | Self::Posix | Self::Php | Self::WordPress => 100,
            Self::AnonymousIp | Self::BotControl => 50,
            Self::IpReputation => 25,
        }
    }

    /// The names of its rules, in the newest version that AWS documents.
    #[must_use]
    pub fn rules(self) -> Vec<&'static str> {
        let names = match self {
            Self::Common => COMMON,
            Self::AdminProtection => "AdminProtection_URIPATH",
            Self::KnownBadInputs => KNOWN_BAD_INPUTS,
            Self::SqlInjection => SQL_INJECTION,
            Self::Linux => "LFI_URIPATH LFI_QUERYSTRING LFI_HEADER",
            Self::Posix => {
                "UNIXShellCommandsVariables_QUERYSTRING UNIXShellCommandsVariables_BODY UNIXShellCommandsVariables_HEADER"
            }
            Self::Windows => WINDOWS,
            Self::Php => {
                "PHPHighRiskMethodsVariables_HEADER PHPHighRiskMethodsVariables_QUERYSTRING PHPHighRiskMethodsVariables_BODY PHPHighRiskMethodsVariables_URIPATH"
            }
            Self::WordPress => {
                "WordPressExploitableCommands_QUERYSTRING WordPressExploitablePaths_URIPATH"
            }
            Self::IpReputation => {
                "AWSManagedIPReputationList AWSManagedReconnaissanceList AWSManagedIPDDoSList"
            }
            Self::AnonymousIp => "AnonymousIPList HostingProviderIPList",
            Self::BotControl => BOT_CONTROL,
        };
        names.split_ascii_whitespace().collect()
    }

    /// Whether AWS publishes versions of it that can be pinned.
    #[must_use]
    pub const fn has_versions(self) -> bool {
        !matches!(self, Self::IpReputation | Self::AnonymousIp)
    }
}

const COMMON: &str = "NoUserAgent_HEADER UserAgent_BadBots_HEADER SizeRestrictions_QUERYSTRING SizeRestrictions_Cookie_HEADER \
    SizeRestrictions_BODY SizeRestrictions_URIPATH EC2MetaDataSSRF_BODY EC2MetaDataSSRF_COOKIE EC2MetaDataSSRF_URIPATH \
    EC2MetaDataSSRF_QUERYARGUMENTS GenericLFI_QUERYARGUMENTS GenericLFI_URIPATH GenericLFI_BODY RestrictedExtensions_URIPATH \
    RestrictedExtensions_QUERYARGUMENTS GenericRFI_QUERYARGUMENTS GenericRFI_BODY GenericRFI_URIPATH CrossSiteScripting_COOKIE \
    CrossSiteScripting_QUERYARGUMENTS CrossSiteScripting_BODY CrossSiteScripting_URIPATH";
const KNOWN_BAD_INPUTS: &str = "JavaDeserializationRCE_HEADER JavaDeserializationRCE_BODY JavaDeserializationRCE_URIPATH \
    JavaDeserializationRCE_QUERYSTRING Host_localhost_HEADER PROPFIND_METHOD ExploitablePaths_URIPATH Log4JRCE_HEADER \
    Log4JRCE_QUERYSTRING Log4JRCE_BODY Log4JRCE_URIPATH ReactJSRCE_BODY";
const SQL_INJECTION: &str = "SQLi_QUERYARGUMENTS SQLiExtendedPatterns_QUERYARGUMENTS SQLi_BODY SQLiExtendedPatterns_BODY \
    SQLiExtendedPatterns_HEADER SQLiExtendedPatterns_URIPATH SQLi_COOKIE SQLi_URIPATH";
const WINDOWS: &str = "WindowsShellCommands_HEADER WindowsShellCommands_QUERYARGUMENTS WindowsShellCommands_QUERYSTRING \
    WindowsShellCommands_URIPATH WindowsShellCommands_BODY PowerShellCommands_COOKIE PowerShellCommands_QUERYARGUMENTS \
    PowerShellCommands_BODY";
const BOT_CONTROL: &str = "CategoryAdvertising CategoryArchiver CategoryContentFetcher CategoryEmailClient CategoryHttpLibrary \
    CategoryLinkChecker CategoryMiscellaneous CategoryMonitoring CategoryPagePreview CategoryScrapingFramework CategorySearchEngine \
    CategorySecurity CategorySeo CategorySocialMedia CategoryWebhooks CategoryAI SignalAutomatedBrowser SignalKnownBotDataCenter \
    SignalNonBrowserUserAgent TGT_VolumetricIpTokenAbsent TGT_TokenAbsent TGT_VolumetricSession TGT_VolumetricSessionMaximum \
    TGT_SignalAutomatedBrowser TGT_SignalBrowserAutomationExtension TGT_SignalBrowserInconsistency TGT_ML_CoordinatedActivityLow \
    TGT_ML_CoordinatedActivityMedium TGT_ML_CoordinatedActivityHigh TGT_TokenReuseIpLow TGT_TokenReuseIpMedium TGT_TokenReuseIpHigh \
    TGT_TokenReuseCountryLow TGT_TokenReuseCountryMedium TGT_TokenReuseCountryHigh TGT_TokenReuseAsnLow TGT_TokenReuseAsnMedium \
    TGT_TokenReuseAsnHigh";

/// How closely bots are looked at.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum InspectionLevel {
    /// Bots that say who they are, and common tools.
    #[default]
    Common,
    /// Bots that hide too: needs AWS's token from a challenge or its SDK, and costs more for each request.
    Targeted,
}

/// A managed rule group, as a web ACL uses it.
///
/// ```
/// use zt_core::waf::{ManagedRules, RuleGroup, Statement};
///
/// let linux = ManagedRules::new(RuleGroup::Linux).version("Version_2.6")?;
/// let bots = ManagedRules::new(RuleGroup::BotControl).scope_down(Statement::path_starts_with("/shop")?);
/// # let _ = (linux, bots);
/// # Ok::<(), zt_core::waf::WafError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ManagedRules {
    pub(super) group: RuleGroup,
    version: Option<String>,
    scope_down: Option<Statement>,
    described: Option<Vec<String>>,
    pub(super) inspection: InspectionLevel,
}

impl ManagedRules {
    /// The group, in the version that AWS makes the default.
    #[must_use]
    pub fn new(group: RuleGroup) -> Self {
        Self {
            group,
            version: None,
            scope_down: None,
            described: None,
            inspection: InspectionLevel::Common,
        }
    }

    /// Pins a version, such as `Version_1.5`: AWS then changes nothing under you, and warns before the version expires.
    ///
    /// # Errors
    ///
    /// When the group has no versions, or the name cannot be one.
    pub fn version(mut self, version: impl Into<String>) -> Result<Self, WafError> {
        let version = version.into();
        if !self.group.has_versions() {
            return Err(WafError::invalid(
                "version",
                format!("none: {} has no versions", self.group.name()),
                version,
            ));
        }
        let fits = (1..=64).contains(&version.len())
            && version
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_#:.-/".contains(&byte));
        if !fits {
            return Err(WafError::invalid("version", "a name such as Version_1.5", version));
        }
        self.version = Some(version);
        Ok(self)
    }

    /// Looks at those requests only that the statement matches.
    #[must_use]
    pub fn scope_down(mut self, statement: Statement) -> Self {
        self.scope_down = Some(statement);
        self
    }

    /// The names of the group's rules as `DescribeManagedRuleGroup` listed them, for a version other than the one that
    /// [`RuleGroup::rules`] knows. A rule that is not named would block from the first minute.
    #[must_use]
    pub fn described<T: Into<String>>(mut self, rules: impl IntoIterator<Item = T>) -> Self {
        self.described = Some(rules.into_iter().map(Into::into).collect());
        self
    }

    /// How closely bots are looked at. Of no effect on other groups. Default: common.
    #[must_use]
    pub fn inspection_level(mut self, level: InspectionLevel) -> Self {
        self.inspection = level;
        self
    }

    pub(super) fn is_scoped_down(&self) -> bool {
        self.scope_down.is_some()
    }

    pub(super) fn is_pinned(&self) -> bool {
        self.version.is_some()
    }

    /// The rules of the group, or why this is none of them.
    pub(super) fn rule(&self, name: &str) -> Result<(), WafError> {
        let rules = self.rules();
        if rules.contains(&name) {
            return Ok(());
        }
        let lower = name.to_ascii_lowercase();
        let suggestion = rules
            .into_iter()
            .map(|rule| (strsim::osa_distance(&lower, &rule.to_ascii_lowercase()), rule))
            .min()
            .filter(|(distance, rule)| *distance <= rule.len() / 3)
            .map(|(_, rule)| rule.to_owned());
        Err(WafError::UnknownRule { group: self.group.name(), rule: name.to_owned(), suggestion })
    }

    fn rules(&self) -> Vec<&str> {
        match &self.described {
            Some(rules) => rules.iter().map(String::as_str).collect(),
            None => self.group.rules(),
        }
    }

    /// The rules that are evaluated: those for targeted protection at that level only.
    pub(super) fn active_rules(&self) -> Vec<&str> {
        let targeted = self.inspection == InspectionLevel::Targeted;
        let mut rules = self.rules();
        rules.retain(|rule| targeted || !rule.starts_with("TGT_"));
        rules
    }

    pub(super) fn costs(&self) -> Costs {
        let group = Costs::one(self.group.name(), self.group.units());
        self.scope_down.iter().map(Statement::costs).fold(group, Costs::and)
    }

    pub(super) fn ip_sets(&self) -> Vec<&IpSet> {
        self.scope_down.iter().flat_map(Statement::ip_sets).collect()
    }

    pub(super) fn to_json(&self, counted: &[&str], arn: &dyn Fn(&IpSet) -> Value) -> Value {
        let mut statement = json!({"VendorName": "AWS", "Name": self.group.name()});
        if let Some(version) = &self.version {
            insert(&mut statement, "Version", json!(version));
        }
        if let Some(scope_down) = &self.scope_down {
            insert(&mut statement, "ScopeDownStatement", scope_down.to_json(arn));
        }
        if self.group == RuleGroup::BotControl {
            let level = match self.inspection {
                InspectionLevel::Common => "COMMON",
                InspectionLevel::Targeted => "TARGETED",
            };
            let config = json!([{"AWSManagedRulesBotControlRuleSet": {"InspectionLevel": level}}]);
            insert(&mut statement, "ManagedRuleGroupConfigs", config);
        }
        if !counted.is_empty() {
            let one = |name: &&str| json!({"Name": name, "ActionToUse": {"Count": {}}});
            insert(&mut statement, "RuleActionOverrides", counted.iter().map(one).collect());
        }
        json!({"ManagedRuleGroupStatement": statement})
    }
}
