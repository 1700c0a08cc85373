//! A key whose administrators cannot use it, and whose users cannot administer it.

use super::values::{self, GuardrailError};
use crate::policy::keys::{Bool, Key, Str, aws};
use crate::policy::{Action, Policy, PolicyBuilder, Principal, Statement, UnknownName};

/// The policy of a KMS key that keeps administering and using apart, even for principals whose own policies allow `kms:*`.
///
/// The usual statement that allows the account `kms:*` hands the key to whatever identity policies say, so that an
/// administrator with `kms:Decrypt` decrypts. Here only the root user of the account itself is allowed to administer, which
/// keeps the owner from being locked out, and nobody else gets anything by an identity policy alone
/// (AWS KMS Developer Guide, *Default key policy*).
///
/// ```
/// use zt_core::guardrails::kms_key_policy;
///
/// let policy = kms_key_policy("111122223333")
///     .administrators(["arn:aws:iam::111122223333:role/KeyAdmin"])
///     .users(["arn:aws:iam::111122223333:role/App"])
///     .service_users(["arn:aws:iam::111122223333:role/Backup"], ["s3.eu-central-1.amazonaws.com"])
///     .build()?;
/// assert_eq!(policy.statements().len(), 6);
/// # Ok::<(), zt_core::guardrails::GuardrailError>(())
/// ```
pub fn kms_key_policy(account_id: impl Into<String>) -> KmsKeyPolicy {
    KmsKeyPolicy {
        account_id: account_id.into(),
        partition: "aws".to_owned(),
        administrators: Vec::new(),
        users: Vec::new(),
        service_users: Vec::new(),
        via_services: Vec::new(),
        actions: KEY_USE,
        context: Vec::new(),
        multi_region: false,
        extra: Vec::new(),
        mfa: false,
    }
}

/// Parameters of [`kms_key_policy`].
#[derive(Clone, Debug)]
pub struct KmsKeyPolicy {
    account_id: String,
    partition: String,
    administrators: Vec<String>,
    users: Vec<String>,
    service_users: Vec<String>,
    via_services: Vec<String>,
    actions: &'static [&'static str],
    context: Vec<(String, String)>,
    multi_region: bool,
    extra: Vec<Statement>,
    mfa: bool,
}

impl KmsKeyPolicy {
    /// The partition of the account. Default: `aws`.
    #[must_use]
    pub fn partition(mut self, partition: impl Into<String>) -> Self {
        self.partition = partition.into();
        self
    }

    /// ARNs of users and roles that manage the key: [`KEY_ADMINISTRATION`]. At least one.
    #[must_use]
    pub fn administrators<T: Into<String>>(mut self, arns: impl IntoIterator<Item = T>) -> Self {
        self.administrators.extend(arns.into_iter().map(Into::into));
        self
    }

    /// ARNs of users and roles that use the key by calling KMS themselves: [`KEY_USE`], or as
    /// [`key_use`](Self::key_use) says. Of any account.
    #[must_use]
    pub fn users<T: Into<String>>(mut self, arns: impl IntoIterator<Item = T>) -> Self {
        self.users.extend(arns.into_iter().map(Into::into));
        self
    }

    /// ARNs of users and roles that use the key only through services, such as `s3.eu-central-1.amazonaws.com`
    /// (`kms:ViaService`), and let those services make grants.
    #[must_use]
    pub fn service_users<T: Into<String>, S: Into<String>>(
        mut self,
        arns: impl IntoIterator<Item = T>,
        services: impl IntoIterator<Item = S>,
    ) -> Self {
        self.service_users.extend(arns.into_iter().map(Into::into));
        self.via_services.extend(services.into_iter().map(Into::into));
        self
    }

    /// What using the key means: [`KEY_USE`], which is the default, [`KEY_SIGNING`], [`KEY_AUTHENTICATION`] or
    /// [`KEY_AGREEMENT`].
    #[must_use]
    pub fn key_use(mut self, actions: &'static [&'static str]) -> Self {
        self.actions = actions;
        self
    }

    /// Users that call KMS themselves must name this pair in the encryption context (`kms:EncryptionContext:KEY`); other pairs
    /// may stand beside it. Symmetric keys only: others have no encryption context.
    #[must_use]
    pub fn encryption_context(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.context.push((key.into(), value.into()));
        self
    }

    /// Whether administrators make replicas of the key in other Regions ([`KEY_REPLICATION`]). Default: no.
    #[must_use]
    pub fn multi_region(mut self, replicated: bool) -> Self {
        self.multi_region = replicated;
        self
    }

    /// Adds a statement of one's own. Nothing checks here what it undoes; [`keys`](crate::keys) proves the whole.
    #[must_use]
    pub fn statement(mut self, statement: Statement) -> Self {
        self.extra.push(statement);
        self
    }

    /// Whether deleting or disabling the key, and changing its policy, takes a second factor. Default: no. Sessions of roles
    /// mostly have no MFA context.
    #[must_use]
    pub fn require_mfa_to_destroy(mut self, required: bool) -> Self {
        self.mfa = required;
        self
    }

    /// The policy.
    ///
    /// # Errors
    ///
    /// When an account id, ARN or service cannot be one; when there is no administrator; when somebody would be both
    /// administrator and user; when there are users through services and no services.
    pub fn build(&self) -> Result<Policy, GuardrailError> {
        self.check()?;
        let root = format!("arn:{}:iam::{}:root", self.partition, self.account_id);
        let mut policy = Policy::builder()
            .statement(
                Statement::allow("AllowRootUserToAdminister")
                    .principal(Principal::aws(root))
                    .actions(self.administration())
                    .any_resource()
                    .when(aws::principal_type().is("Account")),
            )
            .statement(
                everyone(Statement::allow("AllowAdministration"), &self.administrators)
                    .actions(self.administration())
                    .any_resource(),
            )
            .statement(
                // Whatever another statement or a grant of a later editor says.
                everyone(Statement::deny("DenyUseToAdministrators"), &self.administrators)
                    .actions(USE_AND_GRANTS)
                    .any_resource(),
            );
        if !self.users.is_empty() && self.context.is_empty() {
            policy = policy.statement(
                everyone(Statement::allow("AllowUse"), &self.users)
                    .actions(actions(self.actions))
                    .any_resource(),
            );
        }
        if !self.users.is_empty() && !self.context.is_empty() {
            // Describing a key has no encryption context.
            let (with, without): (Vec<_>, Vec<_>) = self
                .actions
                .iter()
                .partition(|action| !matches!(**action, "kms:DescribeKey" | "kms:GetPublicKey"));
            let mut allow = everyone(Statement::allow("AllowUseInContext"), &self.users)
                .actions(with.into_iter().map(Action::from_static))
                .any_resource();
            for (key, value) in &self.context {
                allow = allow.when(
                    Key::<Str>::new(format!("kms:EncryptionContext:{key}")).is(value.as_str()),
                );
            }
            policy = policy.statement(allow).statement(
                everyone(Statement::allow("AllowDescription"), &self.users)
                    .actions(without.into_iter().map(Action::from_static))
                    .any_resource(),
            );
        }
        if !self.service_users.is_empty() {
            let via = Key::<Str>::new("kms:ViaService").is_in(self.via_services.as_slice());
            policy = policy
                .statement(
                    everyone(Statement::allow("AllowUseThroughServices"), &self.service_users)
                        .actions(actions(self.actions))
                        .any_resource()
                        .when(via.clone()),
                )
                .statement(
                    everyone(Statement::allow("AllowGrantsToServices"), &self.service_users)
                        .actions(["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"])
                        .any_resource()
                        .when(Key::<Bool>::new("kms:GrantIsForAWSResource").is(true))
                        .when(via),
                );
        }
        if self.mfa {
            policy = policy.statement(
                Statement::deny("DenyDestructionWithoutMfa")
                    .principal(Principal::Anyone)
                    .actions(["kms:DisableKey", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"])
                    .any_resource()
                    .when(aws::multi_factor_auth_present().if_exists().is(false)),
            );
        }
        Ok(self.extra.iter().cloned().fold(policy, PolicyBuilder::statement).build()?)
    }

    fn administration(&self) -> impl Iterator<Item = Action> {
        let replication = if self.multi_region { KEY_REPLICATION } else { &[] };
        actions(KEY_ADMINISTRATION).chain(actions(replication))
    }

    /// What the policy does not cover.
    #[must_use]
    pub fn limits(&self) -> Vec<&'static str> {
        values::sentences([
            (
                true,
                "An administrator may change the key policy, and so could let itself use the key: watch kms:PutKeyPolicy in CloudTrail, and keep administrators from assuming roles of users.",
            ),
            (
                true,
                "Principals of the account who are not named cannot use or see the key, whatever their own policies say.",
            ),
            (
                true,
                "Where the credentials of the root user have been removed, only the named administrators can change the policy; if they are deleted too, only AWS Support can help.",
            ),
            (
                true,
                "Principals are recognised by the identity behind the name: one that is deleted and made anew is not.",
            ),
            (
                self.users.iter().any(|arn| values::account_of(arn) != self.account_id),
                "Users of other accounts also need an identity policy there.",
            ),
            (
                true,
                "KMS refuses a policy under which its caller could not change it again: create the key as one of the administrators.",
            ),
        ])
    }

    fn check(&self) -> Result<(), GuardrailError> {
        values::account(&self.account_id)?;
        values::partition(&self.partition)?;
        if self.administrators.is_empty() {
            return Err(GuardrailError::missing("administrators", "at least one ARN"));
        }
        values::each(&self.administrators, |arn| values::principal_arn("administrator", arn))?;
        for arn in self.users.iter().chain(&self.service_users) {
            values::principal_arn("user", arn)?;
            if self.administrators.contains(arn) {
                let expected = "somebody who is not an administrator";
                return Err(GuardrailError::invalid("user", expected, arn));
            }
        }
        if !self.service_users.is_empty() && self.via_services.is_empty() {
            return Err(GuardrailError::missing("services", "a service to use the key through"));
        }
        values::each(&self.via_services, |name| values::service("service", name))?;
        for (key, value) in &self.context {
            // The policy language would read `*`, `?` and `$` in a value as more than themselves.
            let plain = |text: &str| {
                !text.is_empty()
                    && text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
                    && !text.contains(['*', '?', '$'])
            };
            if !plain(key) || !plain(value) {
                let expected = "a key and a value of printable ASCII without `*`, `?` and `$`";
                return Err(GuardrailError::invalid(
                    "encryption context",
                    expected,
                    format!("{key}={value}"),
                ));
            }
        }
        if !self.context.is_empty() && self.actions != KEY_USE {
            let expected = "none: only symmetric encryption has one";
            return Err(GuardrailError::invalid("encryption context", expected, "one"));
        }
        Ok(())
    }
}

/// What managing a key takes, without using it.
pub const KEY_ADMINISTRATION: &[&str] = &[
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
];

/// What using a key means, by name: `encryption` ([`KEY_USE`]), `signing` ([`KEY_SIGNING`]), `authentication`
/// ([`KEY_AUTHENTICATION`]) or `agreement` ([`KEY_AGREEMENT`]).
///
/// # Errors
///
/// When there is no such name.
///
/// ```
/// use zt_core::guardrails::{KEY_SIGNING, key_use};
///
/// assert_eq!(key_use("signing"), Ok(KEY_SIGNING));
/// assert!(key_use("everything").is_err());
/// ```
pub fn key_use(name: &str) -> Result<&'static [&'static str], UnknownName> {
    match name {
        "encryption" => Ok(KEY_USE),
        "signing" => Ok(KEY_SIGNING),
        "authentication" => Ok(KEY_AUTHENTICATION),
        "agreement" => Ok(KEY_AGREEMENT),
        _ => Err(UnknownName {
            what: "use of a key",
            found: name.to_owned(),
            expected: vec!["encryption", "signing", "authentication", "agreement"],
        }),
    }
}

/// What making replicas of a multi-Region key takes, besides `kms:CreateKey` where they are made.
pub const KEY_REPLICATION: &[&str] = &["kms:ReplicateKey", "kms:UpdatePrimaryRegion"];

/// What encrypting and decrypting with a symmetric key takes.
pub const KEY_USE: &[&str] = &[
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyPair",
    "kms:GenerateDataKeyPairWithoutPlaintext",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
];

/// What signing and verifying with a key pair takes.
pub const KEY_SIGNING: &[&str] = &["kms:DescribeKey", "kms:GetPublicKey", "kms:Sign", "kms:Verify"];

/// What making and checking message authentication codes takes.
pub const KEY_AUTHENTICATION: &[&str] = &["kms:DescribeKey", "kms:GenerateMac", "kms:VerifyMac"];

/// What agreeing on a secret takes.
pub const KEY_AGREEMENT: &[&str] =
    &["kms:DeriveSharedSecret", "kms:DescribeKey", "kms:GetPublicKey"];

/// What an administrator must not do: using the key in any way, or letting somebody by a grant.
const USE_AND_GRANTS: [&str; 9] = [
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DeriveSharedSecret",
    "kms:Encrypt",
    "kms:GenerateDataKey*",
    "kms:GenerateMac",
    "kms:ReEncrypt*",
    "kms:Sign",
    "kms:VerifyMac",
];

fn actions(names: &'static [&'static str]) -> impl Iterator<Item = Action> {
    names.iter().map(|name| Action::from_static(name))
}

fn everyone(statement: Statement, arns: &[String]) -> Statement {
    arns.iter().fold(statement, |statement, arn| statement.principal(Principal::aws(arn)))
}
