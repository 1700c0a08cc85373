//! A customer managed key, described.

use serde_json::{Value, json};

use super::proof::{Proof, prove};
use super::{KeyError, KeyType};
use crate::evaluate::ContextValue;
use crate::guardrails::{KmsKeyPolicy, kms_key_policy};
use crate::literal;
use crate::policy::{Policy, Statement};

/// A customer managed key: its policy proven, its settings checked. See [`keys`](super).
#[derive(Clone, Debug)]
pub struct CustomerManagedKey {
    description: String,
    key_type: KeyType,
    region: String,
    policy: Policy,
    proof: Proof,
    limits: Vec<&'static str>,
    aliases: Vec<String>,
    rotation_days: Option<u32>,
    replicas: Vec<String>,
    multi_region: bool,
    tags: Vec<(String, String)>,
}

impl CustomerManagedKey {
    /// A key of this account and Region.
    #[must_use]
    pub fn builder(
        description: impl Into<String>,
        account_id: impl Into<String>,
        region: impl Into<String>,
    ) -> CustomerManagedKeyBuilder {
        CustomerManagedKeyBuilder {
            description: description.into(),
            account: account_id.into(),
            region: region.into(),
            partition: "aws".to_owned(),
            ..CustomerManagedKeyBuilder::default()
        }
    }

    /// The key policy.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What the policy was shown to do.
    #[must_use]
    pub fn proof(&self) -> &Proof {
        &self.proof
    }

    /// What the policy does not cover, in sentences.
    #[must_use]
    pub fn limits(&self) -> &[&'static str] {
        &self.limits
    }

    /// What the key is for.
    #[must_use]
    pub fn key_type(&self) -> KeyType {
        self.key_type
    }

    /// The Region in which it is made.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The names by which it is called, as in `alias/app`.
    #[must_use]
    pub fn aliases(&self) -> &[String] {
        &self.aliases
    }

    /// The Regions in which replicas are made.
    #[must_use]
    pub fn replicas(&self) -> &[String] {
        &self.replicas
    }

    /// The input of `CreateKey`. KMS's own check against locking its caller out stays on.
    #[must_use]
    pub fn create_input(&self) -> Value {
        json!({
            "Description": self.description,
            "KeyUsage": self.key_type.usage(),
            "KeySpec": self.key_type.spec(),
            "Origin": "AWS_KMS",
            "MultiRegion": self.multi_region,
            "BypassPolicyLockoutSafetyCheck": false,
            "Policy": self.policy.to_json(),
            "Tags": self.tags(),
        })
    }

    /// The inputs of `CreateAlias`, one for each alias; `key_id` is the id of the key, or what stands for it.
    #[must_use]
    pub fn alias_inputs(&self, key_id: &Value) -> Vec<Value> {
        self.aliases
            .iter()
            .map(|alias| json!({"AliasName": alias, "TargetKeyId": key_id}))
            .collect()
    }

    /// The input of `EnableKeyRotation`; `None` for keys that do not rotate.
    #[must_use]
    pub fn rotation_input(&self, key_id: &Value) -> Option<Value> {
        self.rotation_days.map(|days| json!({"KeyId": key_id, "RotationPeriodInDays": days}))
    }

    /// The inputs of `ReplicateKey`, one for each replica, to be called in the Region of the key. Policy and tags are not shared
    /// between replicas: each gets the same.
    #[must_use]
    pub fn replica_inputs(&self, key_id: &Value) -> Vec<Value> {
        let one = |region: &String| {
            json!({
                "KeyId": key_id,
                "ReplicaRegion": region,
                "Description": self.description,
                "BypassPolicyLockoutSafetyCheck": false,
                "Policy": self.policy.to_json(),
                "Tags": self.tags(),
            })
        };
        self.replicas.iter().map(one).collect()
    }

    fn tags(&self) -> Vec<Value> {
        self.tags.iter().map(|(key, value)| json!({"TagKey": key, "TagValue": value})).collect()
    }
}

/// Describes a key: see [`CustomerManagedKey::builder`].
#[derive(Clone, Debug, Default)]
pub struct CustomerManagedKeyBuilder {
    description: String,
    account: String,
    region: String,
    partition: String,
    key_type: KeyType,
    administrators: Vec<String>,
    users: Vec<String>,
    service_users: Vec<String>,
    services: Vec<String>,
    context: Vec<(String, String)>,
    statements: Vec<Statement>,
    mfa: bool,
    aliases: Vec<String>,
    rotation_days: Option<u32>,
    no_rotation: bool,
    multi_region: bool,
    replicas: Vec<String>,
    tags: Vec<(String, String)>,
}

impl CustomerManagedKeyBuilder {
    /// The partition of the account. Default: `aws`.
    #[must_use]
    pub fn partition(mut self, partition: impl Into<String>) -> Self {
        self.partition = partition.into();
        self
    }

    /// What the key is for. Default: symmetric encryption.
    #[must_use]
    pub fn key_type(mut self, key_type: KeyType) -> Self {
        self.key_type = key_type;
        self
    }

    /// ARNs of users and roles that manage the key and cannot use it. At least one.
    #[must_use]
    pub fn administrators<T: Into<String>>(mut self, arns: impl IntoIterator<Item = T>) -> Self {
        self.administrators.extend(arns.into_iter().map(Into::into));
        self
    }

    /// ARNs of users and roles that use the key by calling KMS themselves, as envelope encryption does, and cannot manage it.
    #[must_use]
    pub fn users<T: Into<String>>(mut self, arns: impl IntoIterator<Item = T>) -> Self {
        self.users.extend(arns.into_iter().map(Into::into));
        self
    }

    /// ARNs of users and roles that use the key through services only. A service is named as in `s3`, which is then the one of the
    /// key's Region, or whole, as in `s3.eu-central-1.amazonaws.com`.
    #[must_use]
    pub fn service_users<T: Into<String>, S: Into<String>>(
        mut self,
        arns: impl IntoIterator<Item = T>,
        services: impl IntoIterator<Item = S>,
    ) -> Self {
        self.service_users.extend(arns.into_iter().map(Into::into));
        self.services.extend(services.into_iter().map(Into::into));
        self
    }

    /// Users that call KMS themselves must name this pair in the encryption context.
    #[must_use]
    pub fn encryption_context(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.context.push((key.into(), value.into()));
        self
    }

    /// Adds a statement to the key policy. What it undoes of the separation of roles is refused.
    #[must_use]
    pub fn statement(mut self, statement: Statement) -> Self {
        self.statements.push(statement);
        self
    }

    /// Whether deleting or disabling the key, and changing its policy, takes a second factor. Default: no.
    #[must_use]
    pub fn require_mfa_to_destroy(mut self, required: bool) -> Self {
        self.mfa = required;
        self
    }

    /// A name for the key, as in `alias/app`.
    #[must_use]
    pub fn alias(mut self, alias: impl Into<String>) -> Self {
        self.aliases.push(alias.into());
        self
    }

    /// How often KMS makes new key material, in days: 90 to 2,560. Default for symmetric encryption keys: 365. Old material stays, so
    /// that what it encrypted still decrypts. Other keys do not rotate by themselves.
    #[must_use]
    pub fn rotation_days(mut self, days: u32) -> Self {
        self.rotation_days = Some(days);
        self
    }

    /// Leaves the key material as it is.
    #[must_use]
    pub fn without_rotation(mut self) -> Self {
        self.no_rotation = true;
        self
    }

    /// Makes a multi-Region key, with replicas in these Regions. Whether a key is one cannot be changed later.
    #[must_use]
    pub fn multi_region<T: Into<String>>(mut self, replicas: impl IntoIterator<Item = T>) -> Self {
        self.multi_region = true;
        self.replicas.extend(replicas.into_iter().map(Into::into));
        self
    }

    /// Adds a tag.
    #[must_use]
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.push((key.into(), value.into()));
        self
    }

    /// The key, its policy proven.
    ///
    /// # Errors
    ///
    /// When a setting cannot be one; when somebody would be both administrator and user; when the evaluator finds somebody who may do
    /// more or less than the roles say: the error names who, what and by which statement.
    pub fn build(self) -> Result<CustomerManagedKey, KeyError> {
        self.check()?;
        let services =
            self.services.iter().map(|name| self.service(name)).collect::<Result<Vec<_>, _>>()?;
        let guardrail = self.guardrail(&services);
        let policy = guardrail.build()?;
        let size = policy.to_json().len();
        if size > POLICY {
            let expected = "at most 32,768 characters: name fewer principals";
            return Err(KeyError::invalid("key policy", expected, format!("{size} characters")));
        }
        let context = self.context.iter();
        let context: Vec<_> =
            context.map(|(key, value)| (format!("kms:EncryptionContext:{key}"), value)).collect();
        let roles = Roles {
            partition: &self.partition,
            account: &self.account,
            region: &self.region,
            administrators: &self.administrators,
            users: &self.users,
            service_users: &self.service_users,
            services: &services,
            actions: self.key_type.actions(),
            context: context
                .iter()
                .map(|(key, value)| (key.as_str(), ContextValue::from(value.as_str())))
                .collect(),
        };
        let proof = prove(&policy, &roles)?;
        let rotation_days = match (self.no_rotation, self.key_type.is_symmetric_encryption()) {
            (false, true) => Some(self.rotation_days.unwrap_or(365)),
            _ => None,
        };
        Ok(CustomerManagedKey {
            policy,
            proof,
            limits: guardrail.limits(),
            rotation_days,
            description: self.description,
            key_type: self.key_type,
            region: self.region,
            aliases: self.aliases,
            replicas: self.replicas,
            multi_region: self.multi_region,
            tags: self.tags,
        })
    }

    fn guardrail(&self, services: &[String]) -> KmsKeyPolicy {
        let guardrail = kms_key_policy(&self.account)
            .partition(&self.partition)
            .administrators(&self.administrators)
            .users(&self.users)
            .service_users(&self.service_users, services)
            .key_use(self.key_type.actions())
            .multi_region(self.multi_region)
            .require_mfa_to_destroy(self.mfa);
        let guardrail = self
            .context
            .iter()
            .fold(guardrail, |all, (key, value)| all.encryption_context(key, value));
        self.statements.iter().cloned().fold(guardrail, KmsKeyPolicy::statement)
    }

    /// The host name of a service in the Region of the key.
    fn service(&self, name: &str) -> Result<String, KeyError> {
        let host = if self.partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
        if !name.contains('.') {
            return Ok(format!("{name}.{}.{host}", self.region));
        }
        if name.split('.').nth(1) != Some(&self.region) {
            let expected =
                format!("a service of the key's Region, such as s3.{}.{host}", self.region);
            return Err(KeyError::invalid("service", expected, name));
        }
        Ok(name.to_owned())
    }

    fn check(&self) -> Result<(), KeyError> {
        region("Region", &self.region)?;
        if self.description.chars().count() > DESCRIPTION {
            let found = format!("{} characters", self.description.chars().count());
            return Err(KeyError::invalid("description", "at most 8,192 characters", found));
        }
        self.aliases.iter().try_for_each(|name| alias(name))?;
        if let Some(twice) = self.service_users.iter().find(|arn| self.users.contains(arn)) {
            let expected = "somebody who does not use the key directly: a user may use it through services too";
            return Err(KeyError::invalid("user through services", expected, twice));
        }
        let symmetric = self.key_type.is_symmetric_encryption();
        match self.rotation_days {
            Some(_) if !symmetric => {
                let expected = "none: only symmetric encryption keys rotate";
                return Err(KeyError::invalid("rotation", expected, self.key_type.spec()));
            }
            Some(_) if self.no_rotation => {
                return Err(KeyError::invalid("rotation", "a period or none, not both", "both"));
            }
            Some(days) if !(90..=2_560).contains(&days) => {
                return Err(KeyError::invalid("rotation", "90 to 2,560 days", days));
            }
            _ => {}
        }
        if !self.service_users.is_empty() && !symmetric {
            let expected = "none: services use symmetric encryption keys";
            return Err(KeyError::invalid(
                "users through services",
                expected,
                self.key_type.spec(),
            ));
        }
        if !self.context.is_empty() && !symmetric {
            let expected = "none: only symmetric encryption has one";
            return Err(KeyError::invalid("encryption context", expected, self.key_type.spec()));
        }
        if self.key_type.spec() == "SM2" && self.partition != "aws-cn" {
            return Err(KeyError::invalid(
                "key spec",
                "one for this partition: SM2 is for aws-cn",
                "SM2",
            ));
        }
        for replica in &self.replicas {
            region("replica", replica)?;
            if *replica == self.region
                || self.replicas.iter().filter(|other| *other == replica).count() > 1
            {
                return Err(KeyError::invalid("replica", "another Region, each once", replica));
            }
        }
        tags(&self.tags)
    }
}

/// The longest key policy, in bytes, and description, in characters (AWS KMS API, `CreateKey`).
const POLICY: usize = 32_768;
const DESCRIPTION: usize = 8_192;

/// Who is who, for the proof.
pub(super) struct Roles<'a> {
    pub(super) partition: &'a str,
    pub(super) account: &'a str,
    pub(super) region: &'a str,
    pub(super) administrators: &'a [String],
    pub(super) users: &'a [String],
    pub(super) service_users: &'a [String],
    pub(super) services: &'a [String],
    pub(super) actions: &'static [&'static str],
    pub(super) context: Vec<(&'a str, ContextValue)>,
}

/// The end of a key: after a waiting period, in which it can be cancelled and after which nobody can decrypt what it encrypted.
///
/// ```
/// use zt_core::keys::KeyDeletion;
///
/// assert_eq!(KeyDeletion::default().days(), 30);
/// assert_eq!(KeyDeletion::after_days(6).unwrap_err().to_string(), "waiting period: expected 7 to 30 days, found `6`");
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KeyDeletion {
    days: u32,
}

impl Default for KeyDeletion {
    /// After 30 days.
    fn default() -> Self {
        Self { days: 30 }
    }
}

impl KeyDeletion {
    /// After this many days: 7 to 30 (AWS KMS API, `ScheduleKeyDeletion`).
    ///
    /// # Errors
    ///
    /// When it is fewer or more.
    pub fn after_days(days: u32) -> Result<Self, KeyError> {
        if (7..=30).contains(&days) {
            Ok(Self { days })
        } else {
            Err(KeyError::invalid("waiting period", "7 to 30 days", days))
        }
    }

    /// How long it can be cancelled, in days.
    #[must_use]
    pub fn days(self) -> u32 {
        self.days
    }

    /// The input of `ScheduleKeyDeletion`.
    #[must_use]
    pub fn input(self, key_id: &Value) -> Value {
        json!({"KeyId": key_id, "PendingWindowInDays": self.days})
    }
}

fn region(parameter: &'static str, name: &str) -> Result<(), KeyError> {
    let expected = "the name of a Region such as eu-central-1";
    if literal::is_region(name) {
        Ok(())
    } else {
        Err(KeyError::invalid(parameter, expected, name))
    }
}

fn alias(name: &str) -> Result<(), KeyError> {
    let fits = name.len() <= 256
        && name.strip_prefix("alias/").is_some_and(|rest| {
            !rest.is_empty()
                && !rest.starts_with("aws/")
                && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_-".contains(&byte))
        });
    let expected = "alias/ and letters, digits, `/`, `_` and `-`, but not alias/aws/";
    if fits { Ok(()) } else { Err(KeyError::invalid("alias", expected, name)) }
}

fn tags(tags: &[(String, String)]) -> Result<(), KeyError> {
    if tags.len() > 50 {
        return Err(KeyError::invalid("tags", "at most 50", tags.len()));
    }
    for (place, (key, value)) in tags.iter().enumerate() {
        let length = |text: &str| text.chars().count();
        let fits = (1..=128).contains(&length(key))
            && length(value) <= 256
            && !key.to_ascii_lowercase().starts_with("aws:");
        if !fits {
            let expected = "a key of 1 to 128 characters that does not start with aws:, a value of at most 256";
            return Err(KeyError::invalid("tag", expected, key));
        }
        if tags.iter().take(place).any(|(other, _)| other == key) {
            return Err(KeyError::invalid("tag", "each key once", key));
        }
    }
    Ok(())
}
