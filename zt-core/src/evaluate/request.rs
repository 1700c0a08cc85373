//! The request that is decided.

use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::caller::Caller;
use super::context::{Context, Key};
use super::standing::{Standing, owner};
use super::template::{Arn, Colons, colons};
use crate::policy::Principal;

/// Who wants to do what, on which resource, under which circumstances.
///
/// ```
/// use zt_core::evaluate::{ContextValue, Request};
///
/// let request = Request::new("arn:aws:iam::111122223333:user/alice", "s3:GetObject", "arn:aws:s3:::bucket/key")
///     .with("aws:SourceIp", "203.0.113.7")
///     .with("aws:MultiFactorAuthPresent", true)
///     .with("aws:TagKeys", ["team", "stage"])
///     .with("aws:VpcSourceIp", ContextValue::Unknown);
/// assert_eq!(request.context("aws:principalaccount"), Some(&"111122223333".into()));
/// ```
///
/// A key that is not given is known to be absent. A key given as [`ContextValue::Unknown`] may be absent or have any
/// value; the decision is then [`Unknown`](super::Outcome::Unknown) where that matters.
///
/// # Derived keys
///
/// These follow from the principal and the resource. A value that is given wins.
///
/// | key | derived from |
/// |---|---|
/// | `aws:PrincipalArn` | the ARN of a user, role, federated user or account root; for a session of a role the ARN of the role ([`role_arn`](Self::role_arn), or the role without path) |
/// | `aws:PrincipalAccount` | the account in the principal's ARN |
/// | `aws:PrincipalType` | `Account` (root), `User`, `AssumedRole`, `FederatedUser` or `Anonymous` |
/// | `aws:PrincipalIsAWSService` | `true` for a service, `false` for a principal of an account |
/// | `aws:PrincipalServiceName` | the name of a service |
/// | `aws:ResourceAccount` | [`resource_account`](Self::resource_account), or the account in the resource's ARN |
///
/// [`without_derived_keys`](Self::without_derived_keys) turns this off. Nothing else is derived: `aws:username` and `aws:userid` are given by the caller or absent.
#[derive(Clone, Debug)]
pub struct Request {
    pub(super) inner: Arc<Inner>,
}

#[derive(Clone, Debug)]
pub(super) struct Inner {
    pub(super) principal: Principal,
    pub(super) caller: Caller,
    pub(super) action: String,
    pub(super) lower_action: String,
    pub(super) resource: String,
    /// Those of the resource, where it is an ARN.
    colons: Option<Colons>,
    resource_account: Option<String>,
    pub(super) standing: Standing,
    role_arn: Option<String>,
    derives: bool,
    pub(super) context: Context,
}

impl Request {
    /// A request without context.
    ///
    /// The principal is an ARN, an account id (its root), `"*"` (anonymous), or a [`Principal`] of another kind.
    /// The resource is an ARN, or `"*"` for actions that know no resources; a `*` in it is an ordinary character.
    pub fn new(
        principal: impl Into<Principal>,
        action: impl Into<String>,
        resource: impl Into<String>,
    ) -> Self {
        let (principal, action) = (principal.into(), action.into());
        let caller = Caller::new(&principal, None);
        let lower_action = action.to_ascii_lowercase();
        let mut inner = Inner {
            standing: Standing::new(&caller, &lower_action, None, None),
            caller,
            principal,
            lower_action,
            action,
            resource: resource.into(),
            colons: None,
            resource_account: None,
            role_arn: None,
            derives: true,
            context: Context::new(),
        };
        inner.derive();
        Self { inner: Arc::new(inner) }
    }

    /// The account that owns the resource, for resources whose ARN does not tell (Amazon S3).
    ///
    /// Default: the account in the resource's ARN, or else the account of the principal.
    #[must_use]
    pub fn resource_account(mut self, account: impl Into<String>) -> Self {
        let inner = Arc::make_mut(&mut self.inner);
        inner.resource_account = Some(account.into());
        inner.derive();
        self
    }

    /// The same request for another resource.
    #[must_use]
    pub fn with_resource(mut self, resource: impl Into<String>) -> Self {
        let inner = Arc::make_mut(&mut self.inner);
        inner.resource = resource.into();
        inner.derive();
        self
    }

    /// The ARN of the role of a session. Needed when the role has a path, which the session's ARN does not tell.
    ///
    /// Default: the role of the session without a path.
    #[must_use]
    pub fn role_arn(mut self, arn: impl Into<String>) -> Self {
        let inner = Arc::make_mut(&mut self.inner);
        inner.role_arn = Some(arn.into());
        inner.caller = Caller::new(&inner.principal, inner.role_arn.as_deref());
        inner.derive();
        self
    }

    /// Sets a condition key. Its name is the same in any case; a later value replaces an earlier one.
    #[must_use]
    pub fn with(mut self, key: impl AsRef<str>, value: impl Into<ContextValue>) -> Self {
        Arc::make_mut(&mut self.inner).context.give(key.as_ref(), value.into());
        self
    }

    /// Sets several condition keys.
    #[must_use]
    pub fn with_all<K: AsRef<str>, V: Into<ContextValue>>(
        mut self,
        context: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let context = context.into_iter().map(|(key, value)| (key, value.into()));
        Arc::make_mut(&mut self.inner).context.give_all(context);
        self
    }

    /// Derives no keys: the context that is given is all there is.
    ///
    /// For replaying recorded requests whose context is complete.
    #[must_use]
    pub fn without_derived_keys(mut self) -> Self {
        let inner = Arc::make_mut(&mut self.inner);
        inner.derives = false;
        inner.derive();
        self
    }

    /// Who makes the request.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.inner.principal
    }

    /// What is asked for.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.inner.action
    }

    /// On what.
    #[must_use]
    pub fn resource(&self) -> &str {
        &self.inner.resource
    }

    /// The value of a condition key, given or derived. Case does not matter.
    #[must_use]
    pub fn context(&self, key: &str) -> Option<&ContextValue> {
        self.inner.context.get(&Key::new(key))
    }

    /// Every condition key with its value, given and derived.
    pub fn context_entries(&self) -> impl Iterator<Item = (&str, &ContextValue)> {
        self.inner.context.iter()
    }
}

impl Inner {
    fn derive(&mut self) {
        self.colons = colons(&self.resource);
        let account = self.owner();
        let standing =
            Standing::new(&self.caller, &self.lower_action, self.arn().as_ref(), account);
        let account = account.map(ContextValue::from);
        self.standing = standing;
        let context = &mut self.context;
        context.forget_derived();
        if !self.derives {
            return;
        }
        for (key, value) in self.caller.keys() {
            context.derive(key, value);
        }
        if let Some(account) = account {
            context.derive(("aws:ResourceAccount", "aws:resourceaccount"), account);
        }
    }

    /// The resource, taken apart.
    pub(super) fn arn(&self) -> Option<Arn<'_>> {
        self.colons.map(|colons| Arn::with_colons(&self.resource, colons))
    }

    /// The account of the resource, where it is known.
    fn owner(&self) -> Option<&str> {
        self.resource_account.as_deref().or_else(|| owner(&self.arn()?))
    }
}

/// The value of a condition key in a request.
#[non_exhaustive]
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ContextValue {
    /// One value. Numbers, booleans, dates and addresses are their text; bytes are base64.
    One(String),
    /// The values of a multivalued key.
    Many(Vec<String>),
    /// Not known: may be absent, or any value.
    Unknown,
}

impl ContextValue {
    /// The values: none when not known.
    #[must_use]
    pub fn values(&self) -> &[String] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
            Self::Unknown => &[],
        }
    }
}

impl From<&str> for ContextValue {
    fn from(text: &str) -> Self {
        Self::One(text.to_owned())
    }
}

impl From<String> for ContextValue {
    fn from(text: String) -> Self {
        Self::One(text)
    }
}

macro_rules! printed {
    ($($type:ty),*) => {$(
        impl From<$type> for ContextValue {
            fn from(value: $type) -> Self {
                Self::One(value.to_string())
            }
        }
    )*};
}

printed!(bool, i32, u32, i64, u64, f64, Decimal, IpAddr, Timestamp);

impl<T: Into<String>> From<Vec<T>> for ContextValue {
    fn from(values: Vec<T>) -> Self {
        Self::Many(values.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<String>, const N: usize> From<[T; N]> for ContextValue {
    fn from(values: [T; N]) -> Self {
        Self::Many(values.into_iter().map(Into::into).collect())
    }
}
