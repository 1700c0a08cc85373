//! How large policies may be, and how AWS counts.

use std::str::FromStr;

use crate::policy::{Policy, UnknownName};

/// A limit on the size of a policy.
///
/// IAM and AWS Organizations User Guides (*IAM and AWS STS quotas*, *Quotas for AWS Organizations*) and the guides of the services,
/// read in 2026. What is counted is the document on one line without spaces ([`Policy::to_json`]), which is how it should be sent:
/// IAM leaves white space out of the count, AWS Organizations counts every character that is sent. White space inside
/// texts counts here, though IAM may not count it.
///
/// ```
/// use zt_core::policy::{Policy, Statement};
/// use zt_core::rewrite::SizeLimit;
///
/// let policy = Policy::new([Statement::allow(None).actions(["*"]).any_resource()])?;
/// assert_eq!(SizeLimit::ManagedPolicy.size_of(&policy), 85);
/// assert!(SizeLimit::ManagedPolicy.size_of(&policy) <= SizeLimit::ManagedPolicy.limit());
/// # Ok::<(), zt_core::policy::PolicyError>(())
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum SizeLimit {
    /// A managed policy, or a permissions boundary: 6,144 characters.
    ManagedPolicy,
    /// All inline policies of a user together: 2,048 characters.
    UserInline,
    /// All inline policies of a group together: 5,120 characters.
    GroupInline,
    /// All inline policies of a role together: 10,240 characters.
    RoleInline,
    /// The trust policy of a role: 2,048 characters, unless raised to 4,096.
    TrustPolicy,
    /// A session policy: 2,048 characters; the packed form has a limit of its own, which only AWS STS can tell.
    SessionPolicy,
    /// A service control policy: 5,120 characters.
    Scp,
    /// A resource control policy: 5,120 characters.
    Rcp,
    /// The policy of a VPC endpoint: 20,480 characters.
    Endpoint,
    /// The policy of an Amazon S3 bucket: 20 KiB.
    BucketPolicy,
    /// The policy of an AWS KMS key: 32 KiB.
    KeyPolicy,
    /// The policy of an Amazon SQS queue: 8,192 bytes.
    QueuePolicy,
}

impl SizeLimit {
    /// All limits.
    pub const ALL: &'static [Self] = &[
        Self::ManagedPolicy,
        Self::UserInline,
        Self::GroupInline,
        Self::RoleInline,
        Self::TrustPolicy,
        Self::SessionPolicy,
        Self::Scp,
        Self::Rcp,
        Self::Endpoint,
        Self::BucketPolicy,
        Self::KeyPolicy,
        Self::QueuePolicy,
    ];

    /// The name for programs: `managed_policy`, `user_inline`, `group_inline`, `role_inline`, `trust_policy`, `session_policy`,
    /// `scp`, `rcp`, `endpoint`, `bucket_policy`, `key_policy`, `queue_policy`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ManagedPolicy => "managed_policy",
            Self::UserInline => "user_inline",
            Self::GroupInline => "group_inline",
            Self::RoleInline => "role_inline",
            Self::TrustPolicy => "trust_policy",
            Self::SessionPolicy => "session_policy",
            Self::Scp => "scp",
            Self::Rcp => "rcp",
            Self::Endpoint => "endpoint",
            Self::BucketPolicy => "bucket_policy",
            Self::KeyPolicy => "key_policy",
            Self::QueuePolicy => "queue_policy",
        }
    }

    /// The limit, in characters or bytes as [`size_of`](Self::size_of) counts.
    #[must_use]
    pub const fn limit(self) -> usize {
        match self {
            Self::ManagedPolicy => 6_144,
            Self::UserInline | Self::TrustPolicy | Self::SessionPolicy => 2_048,
            Self::GroupInline | Self::Scp | Self::Rcp => 5_120,
            Self::RoleInline => 10_240,
            Self::Endpoint | Self::BucketPolicy => 20_480,
            Self::KeyPolicy => 32_768,
            Self::QueuePolicy => 8_192,
        }
    }

    /// The size of a policy as it counts here.
    #[must_use]
    pub fn size_of(self, policy: &Policy) -> usize {
        self.size(&policy.to_json())
    }

    /// The size of a document on one line.
    pub(crate) fn size(self, json: &str) -> usize {
        match self {
            Self::BucketPolicy | Self::KeyPolicy | Self::QueuePolicy => json.len(),
            _ => json.chars().count(),
        }
    }

    /// The size without any white space, where it is IAM that counts: its documentation leaves open whether white space inside
    /// texts counts, and reports differ. [`size_of`](Self::size_of) counts it.
    #[must_use]
    pub fn size_without_spaces(self, policy: &Policy) -> Option<usize> {
        let is_iam = matches!(
            self,
            Self::ManagedPolicy
                | Self::UserInline
                | Self::GroupInline
                | Self::RoleInline
                | Self::TrustPolicy
        );
        is_iam.then(|| policy.to_json().chars().filter(|letter| !letter.is_whitespace()).count())
    }

    /// What [`TrustPolicy`](Self::TrustPolicy) can be raised to: 4,096 characters.
    pub(crate) const RAISED_TRUST_POLICY: usize = 4_096;

    /// Whether several such policies can stand side by side and act as one: managed policies, and control policies of one level.
    #[must_use]
    pub const fn is_splittable(self) -> bool {
        matches!(self, Self::ManagedPolicy | Self::SessionPolicy | Self::Scp | Self::Rcp)
    }

    /// The name in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ManagedPolicy => "managed policy",
            Self::UserInline => "inline policies of a user",
            Self::GroupInline => "inline policies of a group",
            Self::RoleInline => "inline policies of a role",
            Self::TrustPolicy => "trust policy",
            Self::SessionPolicy => "session policy",
            Self::Scp => "service control policy",
            Self::Rcp => "resource control policy",
            Self::Endpoint => "endpoint policy",
            Self::BucketPolicy => "bucket policy",
            Self::KeyPolicy => "key policy",
            Self::QueuePolicy => "queue policy",
        }
    }
}

/// By [code](SizeLimit::code).
///
/// ```
/// use zt_core::rewrite::SizeLimit;
///
/// assert_eq!("scp".parse(), Ok(SizeLimit::Scp));
/// assert!("identity".parse::<SizeLimit>().is_err());
/// ```
impl FromStr for SizeLimit {
    type Err = UnknownName;

    fn from_str(code: &str) -> Result<Self, UnknownName> {
        let known = Self::ALL.iter().copied().find(|limit| limit.code() == code);
        known.ok_or_else(|| UnknownName {
            what: "size limit",
            found: code.to_owned(),
            expected: Self::ALL.iter().map(|limit| limit.code()).collect(),
        })
    }
}
