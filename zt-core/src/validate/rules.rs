//! The table of rules.

use serde::Serialize;

use super::finding::Severity;

/// A rule of [`validate`](super::validate()).
#[derive(Debug, Eq, PartialEq, Serialize)]
pub struct Rule {
    code: &'static str,
    severity: Severity,
    title: &'static str,
    why: &'static str,
    source: &'static str,
}

impl Rule {
    /// What findings are told apart by; it does not change between versions.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// How bad its findings are; in kinds of policies where AWS is less strict, one may be less so.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.severity
    }

    /// What it finds, as a phrase.
    #[must_use]
    pub const fn title(&self) -> &'static str {
        self.title
    }

    /// Why that is worth finding.
    #[must_use]
    pub const fn why(&self) -> &'static str {
        self.why
    }

    /// Where that is written, by name.
    #[must_use]
    pub const fn source(&self) -> &'static str {
        self.source
    }
}

/// Every rule.
///
/// ```
/// use zt_core::validate::rules;
///
/// assert!(rules().len() >= 40);
/// assert!(rules().iter().any(|rule| rule.code() == "unknown-action"));
/// ```
#[must_use]
pub fn rules() -> &'static [&'static Rule] {
    ALL
}

macro_rules! rules {
    ($($name:ident = $code:literal, $severity:ident, $title:literal, $why:literal, $source:literal;)*) => {
        $(
            pub(super) static $name: Rule = Rule {
                code: $code,
                severity: Severity::$severity,
                title: $title,
                why: $why,
                source: $source,
            };
        )*

        static ALL: &[&Rule] = &[$(&$name,)*];
    };
}

rules! {
    MISSING_VERSION = "missing-version", Warning,
        "a policy without a version",
        "Without a Version the old language applies: policy variables are plain text, and newer features are missing.",
        "IAM User Guide, IAM JSON policy elements: Version";
    OLD_VERSION = "old-version", Warning,
        "the old version of the language",
        "2008-10-17 knows no policy variables. There is no reason for it in a new policy.",
        "IAM User Guide, IAM JSON policy elements: Version";
    POLICY_TOO_LARGE = "policy-too-large", Error,
        "a policy larger than its kind may be",
        "AWS refuses it. Counted is the document on one line without spaces. For identity policies, whose limit depends on where they are attached, it is a warning above the largest (10,240), because AWS's own managed policies are larger; with the limit given it is an error.",
        "IAM User Guide, IAM and AWS STS quotas; AWS Organizations User Guide, Quotas";
    POLICY_TOO_LARGE_TO_MANAGE = "policy-too-large-to-manage", Warning,
        "an identity policy larger than a managed policy may be",
        "Only an inline policy of a role can be so large; IAM refuses it as a managed policy.",
        "IAM User Guide, IAM and AWS STS quotas";
    QUEUE_POLICY_LIMITS = "queue-policy-limits", Error,
        "more than a queue policy holds",
        "Amazon SQS takes 20 statements, 50 principals, 10 conditions, and 7 actions in a statement.",
        "Amazon SQS Developer Guide, Quotas related to policies";
    NO_STATEMENT = "no-statement", Error,
        "a policy without statements",
        "AWS refuses a policy that has none.",
        "IAM User Guide, Grammar of the IAM JSON policy language";
    ID_NOT_ALLOWED = "id-not-allowed", Error,
        "an Id where none is allowed",
        "Only policies of resources have an Id.",
        "IAM User Guide, IAM JSON policy elements: Id";
    STATEMENT_ID = "statement-id", Error,
        "an Id in a statement",
        "Id belongs to the document. A statement has a Sid.",
        "IAM User Guide, Grammar of the IAM JSON policy language";
    SID_CHARACTERS = "sid-characters", Error,
        "a Sid with characters that it cannot have",
        "IAM takes letters and digits only. Some services take more.",
        "IAM User Guide, IAM JSON policy elements: Sid";
    DUPLICATE_SID = "duplicate-sid", Error,
        "one Sid for several statements",
        "A Sid must be unique in its policy: IAM refuses the second one, and whoever reads a decision cannot tell which statement made it.",
        "IAM User Guide, IAM JSON policy elements: Sid";
    EMPTY_SID = "empty-sid", Suggestion,
        "an empty Sid",
        "It names nothing.",
        "IAM User Guide, IAM JSON policy elements: Sid";
    CHARACTERS = "characters", Error,
        "a character that policies cannot have",
        "IAM takes tab, line feed, carriage return, and U+0020 to U+00FF.",
        "IAM User Guide, Grammar of the IAM JSON policy language";
    NESTED_LIST = "nested-list", Error,
        "a list in a list",
        "The grammar has lists of values only.",
        "IAM User Guide, Grammar of the IAM JSON policy language";
    EMPTY_LIST = "empty-list", Error,
        "an empty list",
        "The grammar asks for one value at least; a statement with an empty list applies to nothing.",
        "IAM User Guide, Grammar of the IAM JSON policy language";
    EMPTY_CONDITION = "empty-condition", Suggestion,
        "an empty condition block",
        "It always holds, and looks as if it did not.",
        "IAM User Guide, IAM JSON policy elements: Condition";
    MISSING_ELEMENT = "missing-element", Error,
        "a statement without a required element",
        "Each statement needs an action, and, by the kind of policy, a resource or a principal.",
        "IAM User Guide, Grammar of the IAM JSON policy language";
    CONFLICTING_ELEMENTS = "conflicting-elements", Error,
        "an element and its negation in one statement",
        "A statement has Action or NotAction, Resource or NotResource, Principal or NotPrincipal, never both.",
        "IAM User Guide, Grammar of the IAM JSON policy language";
    ELEMENT_NOT_ALLOWED = "element-not-allowed", Error,
        "an element that this kind of policy does not have",
        "Identity policies, boundaries, session policies and service control policies name no principal: it is whoever they are attached to. Trust policies name no resource: it is the role.",
        "IAM User Guide, AWS JSON policy elements: Principal";
    RCP_ALLOW = "rcp-allow", Error,
        "a resource control policy that allows",
        "Resource control policies only deny; the one that allows everything is AWS's own.",
        "AWS Organizations User Guide, RCP syntax";
    RCP_PRINCIPAL = "rcp-principal", Error,
        "a resource control policy for some principals",
        "Its Principal must be `*`; use condition keys for the rest.",
        "AWS Organizations User Guide, RCP syntax";
    RCP_ACTION = "rcp-action", Error,
        "an action that resource control policies cannot have",
        "They name the service: a bare `*` and NotAction are refused.",
        "AWS Organizations User Guide, RCP syntax";
    RCP_SERVICE = "rcp-service", Warning,
        "a service that resource control policies do not reach",
        "The statement has no effect on it.",
        "AWS Organizations User Guide, List of AWS services that support RCPs";
    SCP_OLD_GRAMMAR = "scp-old-grammar", Suggestion,
        "a service control policy that not every tool takes",
        "Conditions, NotAction and resources in an Allow are supported since 2025; older tools and copies of the documentation refuse them.",
        "AWS Organizations User Guide, SCP syntax";
    MALFORMED_ACTION = "malformed-action", Error,
        "a text that cannot be an action",
        "An action is a service prefix, a colon and a name, or `*`. The prefix has no wildcards.",
        "IAM User Guide, IAM JSON policy elements: Action";
    UNKNOWN_SERVICE = "unknown-service", Warning,
        "a service that AWS does not have",
        "The statement does nothing for it. AWS adds services, so this may also be a new one.",
        "Service Authorization Reference";
    UNKNOWN_ACTION = "unknown-action", Warning,
        "an action that its service does not have",
        "A misspelt action allows nothing, and, worse, denies nothing. IAM saves the policy all the same, and the action may be newer than the catalogue, so it is no error.",
        "Service Authorization Reference";
    PATTERN_WITHOUT_ACTION = "pattern-without-action", Warning,
        "a pattern that no action fits",
        "It allows and denies nothing.",
        "Service Authorization Reference";
    REDUNDANT_ACTION = "redundant-action", Suggestion,
        "an action that another pattern of the list covers",
        "It takes room, and hides what the statement says.",
        "IAM User Guide, IAM JSON policy elements: Action";
    REDUNDANT_RESOURCE = "redundant-resource", Suggestion,
        "a resource that another pattern of the list covers",
        "It takes room, and hides what the statement says.",
        "IAM User Guide, IAM JSON policy elements: Resource";
    ALLOW_NOT_ACTION = "allow-not-action", SecurityWarning,
        "an Allow of everything but some actions",
        "It allows every other action, of every service, those that AWS adds later among them.",
        "IAM User Guide, IAM JSON policy elements: NotAction";
    ALLOW_NOT_RESOURCE = "allow-not-resource", SecurityWarning,
        "an Allow on everything but some resources",
        "It allows on every other resource, those made later among them.",
        "IAM User Guide, IAM JSON policy elements: NotResource";
    ALLOW_NOT_PRINCIPAL = "allow-not-principal", SecurityWarning,
        "an Allow for everybody but some principals",
        "It allows everybody else, anonymous callers among them.",
        "IAM User Guide, AWS JSON policy elements: NotPrincipal";
    DENY_NOT_PRINCIPAL = "deny-not-principal", Warning,
        "a Deny for everybody but some principals",
        "It denies sessions of a role unless account, role and session are all listed, and everybody with a permissions boundary. A condition on aws:PrincipalArn does what is meant.",
        "IAM User Guide, AWS JSON policy elements: NotPrincipal";
    MALFORMED_RESOURCE = "malformed-resource", Error,
        "a text that cannot be a resource",
        "A resource is `*` or an ARN: arn, partition, service, Region, account, resource.",
        "IAM User Guide, IAM JSON policy elements: Resource";
    SHORT_ARN = "short-arn", Warning,
        "an ARN pattern with too few parts",
        "Its wildcard stands for several parts; AWS documents wildcards within parts only.",
        "IAM User Guide, IAM JSON policy elements: Resource";
    UNKNOWN_PARTITION = "unknown-partition", Error,
        "a partition that AWS does not have",
        "The ARN names nothing.",
        "AWS General Reference, Amazon Resource Names (ARNs)";
    MALFORMED_ACCOUNT = "malformed-account", Error,
        "an account in an ARN that cannot be one",
        "An account id is 12 digits. Placeholders such as ACCOUNT must be filled in: services refuse principals that do not exist.",
        "AWS General Reference, Amazon Resource Names (ARNs)";
    VARIABLE_IN_ARN_PREFIX = "variable-in-arn-prefix", Error,
        "a policy variable before the fifth colon of an ARN",
        "Variables work in the last part of an ARN only.",
        "IAM User Guide, IAM policy elements: Variables and tags";
    ACTION_WITHOUT_RESOURCE = "action-without-resource", Warning,
        "an action that takes none of the statement's resources",
        "The statement does not apply to it: its resources are of another type.",
        "Service Authorization Reference, Resource types";
    ACTION_NEEDS_ALL_RESOURCES = "action-needs-all-resources", Warning,
        "an action without resource types on a specific resource",
        "Such an action is asked for on `*` only, and the statement does not say `*`.",
        "Service Authorization Reference, Actions table";
    RESOURCE_WITHOUT_ACTION = "resource-without-action", Warning,
        "a resource that none of the statement's actions takes",
        "It does nothing here; often the ARN of a bucket where that of its objects is meant.",
        "Service Authorization Reference, Resource types";
    MALFORMED_PRINCIPAL = "malformed-principal", Error,
        "a text that cannot be a principal",
        "A principal is `*`, an account id, the ARN of a user, role, session or account root, or an id that IAM has put in its place.",
        "IAM User Guide, AWS JSON policy elements: Principal";
    WILDCARD_IN_PRINCIPAL = "wildcard-in-principal", Error,
        "a wildcard in part of a principal",
        "It matches nobody: a principal is named whole, or `*`. Use a condition on aws:PrincipalArn.",
        "IAM User Guide, AWS JSON policy elements: Principal";
    GROUP_PRINCIPAL = "group-principal", Error,
        "a group as principal",
        "Groups are not principals: they relate to permissions, not to authentication.",
        "IAM User Guide, AWS JSON policy elements: Principal";
    MALFORMED_SERVICE_PRINCIPAL = "malformed-service-principal", Error,
        "a text that cannot be a service principal",
        "Service principals are host names, such as lambda.amazonaws.com.",
        "IAM User Guide, AWS JSON policy elements: Principal";
    PUBLIC_PRINCIPAL = "public-principal", SecurityWarning,
        "an Allow for everybody",
        "Without a condition that narrows it to known callers, everybody on the internet is allowed.",
        "IAM User Guide, AWS JSON policy elements: Principal";
    CONFUSED_DEPUTY = "confused-deputy", SecurityWarning,
        "a service allowed for whomever it acts",
        "Anybody can make the service act on your resource. Ask for aws:SourceAccount, aws:SourceArn or aws:SourceOrgID.",
        "IAM User Guide, The confused deputy problem";
    CROSS_ACCOUNT_TRUST = "cross-account-trust", SecurityWarning,
        "another account trusted without an external id",
        "Somebody who works for several customers can be made to use your role for another one.",
        "IAM User Guide, Access to AWS accounts owned by third parties";
    TRUST_ACTION = "trust-action", Error,
        "an action that trust policies cannot have",
        "They say who may assume the role: sts:AssumeRole and its relatives only.",
        "IAM User Guide, Role trust policies";
    TRUST_ACTION_MISMATCH = "trust-action-mismatch", Warning,
        "a way to assume a role that the principal cannot use",
        "Identity providers use sts:AssumeRoleWithWebIdentity or sts:AssumeRoleWithSAML, everybody else sts:AssumeRole.",
        "AWS STS API Reference";
    FEDERATED_WITHOUT_AUDIENCE = "federated-without-audience", SecurityWarning,
        "an identity provider trusted for every audience",
        "A token that was issued for another application is accepted.",
        "IAM User Guide, Create a role for OpenID Connect federation";
    FEDERATED_WITHOUT_SUBJECT = "federated-without-subject", SecurityWarning,
        "an identity provider trusted for every subject",
        "Everybody whom the provider knows can assume the role: with a shared one, such as that of GitHub, everybody.",
        "IAM User Guide, Configuring a role for GitHub OIDC identity provider";
    WILD_SUBJECT = "wild-subject", SecurityWarning,
        "a pattern of subjects that anybody can fit",
        "It begins with a wildcard, so it does not say whose subjects.",
        "IAM User Guide, Configuring a role for GitHub OIDC identity provider";
    UNKNOWN_OPERATOR = "unknown-operator", Error,
        "a condition operator that does not exist",
        "AWS refuses the policy.",
        "IAM User Guide, IAM JSON policy elements: Condition operators";
    OPERATOR_SPELLING = "operator-spelling", Suggestion,
        "a condition operator in other letters than AWS writes",
        "It works, and tools that compare texts do not know it.",
        "IAM User Guide, IAM JSON policy elements: Condition operators";
    UNKNOWN_KEY = "unknown-key", Warning,
        "a condition key that AWS does not have",
        "Requests never have it: positive tests never hold, negated ones always do.",
        "IAM User Guide, AWS global condition context keys; Service Authorization Reference";
    KEY_NOT_APPLICABLE = "key-not-applicable", Warning,
        "a condition key that the action does not have",
        "Requests for the action never have it: positive tests never hold, negated ones always do.",
        "Service Authorization Reference, Actions table";
    OPERATOR_TYPE = "operator-type", Warning,
        "an operator that does not fit the type of its key",
        "The values are compared as something that they are not.",
        "IAM User Guide, IAM JSON policy elements: Condition operators";
    MALFORMED_VALUE = "malformed-value", Error,
        "a value that its operator cannot read",
        "It matches nothing.",
        "IAM User Guide, IAM JSON policy elements: Condition operators";
    YEAR_OR_SECONDS = "year-or-seconds", Suggestion,
        "a date of four digits",
        "It is a year here; as seconds since 1970 it would be another date.",
        "IAM User Guide, Date condition operators";
    HOST_BITS = "host-bits", Warning,
        "an address range with host bits",
        "The bits behind the prefix are ignored: the range is another one than it seems.",
        "RFC 4632, Classless Inter-domain Routing";
    RANGE_WITHOUT_PREFIX = "range-without-prefix", Suggestion,
        "an IPv6 address without a prefix length",
        "The IAM User Guide gives /32 as the default, which for IPv6 would be a huge range.",
        "IAM User Guide, IP address condition operators";
    DATE_IN_PAST = "date-in-past", Warning,
        "a date that is past",
        "The statement allows nothing any more, or denies from now on for ever.",
        "IAM User Guide, Date condition operators";
    WILDCARD_IN_EQUALS = "wildcard-in-equals", Warning,
        "a wildcard where it is only a character",
        "StringEquals compares `*` and `?` as themselves; StringLike takes patterns.",
        "IAM User Guide, String condition operators";
    MULTIVALUED_WITHOUT_SET = "multivalued-without-set", Warning,
        "a key with several values without a set operator",
        "What happens is not documented: say ForAnyValue or ForAllValues.",
        "IAM User Guide, Multivalued context keys";
    SET_ON_SINGLE_VALUE = "set-on-single-value", Warning,
        "a set operator on a key with one value",
        "AWS advises against it: with ForAllValues an absent key makes the test hold.",
        "IAM User Guide, Multivalued context keys";
    FOR_ALL_VALUES_IN_ALLOW = "for-all-values-in-allow", SecurityWarning,
        "ForAllValues in an Allow without a test for presence",
        "It also holds when the request does not have the key. Add a Null test.",
        "IAM User Guide, Multivalued context keys";
    ALWAYS_NULL = "always-null", Warning,
        "a Null test that always holds",
        "Absent or present: one of them is true.",
        "IAM User Guide, Condition operator to check existence of condition keys";
    SET_ON_NULL = "set-on-null", Suggestion,
        "a set operator on Null",
        "Null asks whether the key is there, not for its values.",
        "IAM User Guide, Condition operator to check existence of condition keys";
    VARIABLE_UNDER_OLD_VERSION = "variable-under-old-version", Error,
        "a policy variable under the old version",
        "Under 2008-10-17 it is plain text and matches only itself.",
        "IAM User Guide, IAM policy elements: Variables and tags";
    VARIABLE_NOT_TAKEN = "variable-not-taken", Warning,
        "a policy variable where none is taken",
        "It is plain text there. Variables work in resources and in values of text and ARN operators.",
        "IAM User Guide, IAM policy elements: Variables and tags";
    UNKNOWN_VARIABLE = "unknown-variable", Warning,
        "a policy variable of a key that AWS does not have",
        "It has no value, and what it stands in matches nothing.",
        "IAM User Guide, IAM policy elements: Variables and tags";
    MULTIVALUED_VARIABLE = "multivalued-variable", Error,
        "a policy variable of a key with several values",
        "Only keys with one value can be variables.",
        "IAM User Guide, IAM policy elements: Variables and tags";
    VARIABLE_DEFAULT_FORM = "variable-default-form", Suggestion,
        "a default of a policy variable in another form than AWS documents",
        "The form is a comma, one space, and the text in single quotes.",
        "IAM User Guide, IAM policy elements: Variables and tags";
    MFA_DENY_WITHOUT_IF_EXISTS = "mfa-deny-without-if-exists", SecurityWarning,
        "a Deny without MFA that long-term keys get past",
        "Requests signed with access keys do not have aws:MultiFactorAuthPresent, so Bool does not hold for them. BoolIfExists does.",
        "IAM User Guide, AWS global condition context keys";
    MFA_ALLOW_IF_EXISTS = "mfa-allow-if-exists", SecurityWarning,
        "an Allow with MFA that long-term keys pass",
        "With IfExists an absent aws:MultiFactorAuthPresent counts as a match, and requests signed with access keys do not have it.",
        "IAM User Guide, AWS global condition context keys";
    MFA_EXEMPTION_FOR_OTHERS = "mfa-exemption-for-others", SecurityWarning,
        "enrolment of MFA devices that is exempt for any user",
        "Beside a broad Allow, a stolen password enrols the thief's device for somebody else. Deny it where the resource is not the caller's own user.",
        "IAM User Guide, Allows MFA-authenticated IAM users to manage their own MFA device";
    MFA_NOBODY_ENROLS = "mfa-nobody-enrols", Warning,
        "an MFA policy under which nobody can enrol",
        "Everything but enrolment is denied, and nothing allows enrolment: without another policy people cannot begin.",
        "IAM User Guide, Allows MFA-authenticated IAM users to manage their own MFA device";
    MFA_GET_DEVICE = "mfa-get-device", Suggestion,
        "an MFA exemption without iam:GetMFADevice",
        "The console asks for it while a device is enrolled.",
        "IAM User Guide, Allows MFA-authenticated IAM users to manage their own MFA device";
    IPV4_ONLY_DENY = "ipv4-only-deny", Warning,
        "a Deny outside IPv4 ranges that denies every IPv6 caller",
        "No IPv6 address is inside an IPv4 range. List both, or say that it is meant.",
        "IAM User Guide, IP address condition operators";
    SOURCE_IP_MISSES_ENDPOINTS = "source-ip-misses-endpoints", Warning,
        "aws:SourceIp alone decides about the network",
        "Requests through a VPC endpoint do not have it: an Allow misses them, a Deny of everything outside catches them all. Add aws:SourceVpce or aws:SourceVpc.",
        "IAM User Guide, AWS global condition context keys";
    SOURCE_IP_BREAKS_SERVICES = "source-ip-breaks-services", Warning,
        "a Deny outside addresses that stops AWS services",
        "Services that call on the caller's behalf call from their own addresses. Except them with aws:ViaAWSService.",
        "IAM User Guide, Denies access to AWS based on the source IP";
    REGION_DENY_GLOBAL = "region-deny-global", Warning,
        "a Deny by Region that stops global services",
        "IAM, Organizations, Route 53, CloudFront and others are called in us-east-1. Except them with NotAction.",
        "AWS Organizations User Guide, Deny access to AWS based on the requested AWS Region";
    FORGEABLE_KEY = "forgeable-key", SecurityWarning,
        "an Allow that trusts what the caller says about itself",
        "aws:Referer and aws:UserAgent are headers: any caller can send any.",
        "IAM User Guide, AWS global condition context keys";
    ALLOW_IS_NO_GUARDRAIL = "allow-is-no-guardrail", Suggestion,
        "network and time conditions on an Allow only",
        "They stop nobody whom another policy allows. What must hold always is a Deny.",
        "AWS whitepaper, Building a Data Perimeter on AWS";
    FULL_ACCESS = "full-access", SecurityWarning,
        "everything allowed",
        "All actions on all resources: whoever has it is administrator.",
        "IAM User Guide, Security best practices in IAM";
    PASS_ROLE_ANY = "pass-role-any", SecurityWarning,
        "iam:PassRole on every role",
        "Whoever may pass any role to a service may use any role. Name the roles, and the service with iam:PassedToService.",
        "IAM User Guide, Grant a user permissions to pass a role to an AWS service";
    PRIVILEGE_ESCALATION = "privilege-escalation", SecurityWarning,
        "permissions that lead to more permissions",
        "Together they let their holder become another principal or change its own permissions.",
        "IAM User Guide, Security best practices in IAM; Rhino Security Labs, AWS IAM privilege escalation methods";
    KEY_POLICY_LOCKS_OUT = "key-policy-locks-out", Error,
        "a key policy that nobody can change",
        "No statement lets anybody call kms:PutKeyPolicy: the key becomes unmanageable, and only AWS Support can help.",
        "AWS KMS Developer Guide, Default key policy";
    KEY_POLICY_DELEGATES_USE = "key-policy-delegates-use", Suggestion,
        "a key policy that hands the key to identity policies",
        "kms:* for the account lets every principal whose own policy allows kms:Decrypt use the key, its administrators among them.",
        "AWS KMS Developer Guide, Default key policy";
    NEVER_APPLIES = "never-applies", Warning,
        "a statement that can never apply",
        "Its conditions contradict each other.",
        "IAM User Guide, Conditions with multiple context keys or values";
    STATEMENT_COVERED = "statement-covered", Suggestion,
        "a statement that another covers",
        "It changes no decision.",
        "IAM User Guide, Policy evaluation logic";
    ALLOW_DENIED = "allow-denied", Warning,
        "an Allow that a Deny of the same policy cancels",
        "A Deny wins: the statement never allows anything.",
        "IAM User Guide, Policy evaluation logic";
}
