//! Condition keys that know their type.
//!
//! A key offers the operators that fit it, and no others:
//!
//! ```
//! use zt_core::policy::{IpRange, keys::aws};
//!
//! let office = aws::source_ip().is_in(["203.0.113.0/24".parse::<IpRange>()?]);
//! assert_eq!(office.operator().as_str(), "IpAddress");
//! # Ok::<(), zt_core::policy::keys::ValueError>(())
//! ```
//!
//! Texts are not address ranges, and addresses cannot be compared with `before`; neither compiles:
//!
//! ```compile_fail
//! zt_core::policy::keys::aws::source_ip().is("203.0.113.0/24");
//! ```
//! ```compile_fail
//! zt_core::policy::keys::aws::source_ip().is_in(["203.0.113.0/24"]);
//! ```
//! ```compile_fail
//! let noon: jiff::Timestamp = "2025-01-01T12:00:00Z".parse().unwrap();
//! zt_core::policy::keys::aws::source_ip().before(noon);
//! ```
//! ```compile_fail
//! zt_core::policy::keys::aws::current_time().is_like("2025*");
//! ```
//! ```compile_fail
//! zt_core::policy::keys::aws::multi_factor_auth_present().is("false");
//! ```
//!
//! A key with several values offers comparisons only after a choice between
//! [`for_any_value`](MultiKey::for_any_value) and [`for_all_values`](MultiKey::for_all_values);
//! a `Null` test knows no `IfExists`:
//!
//! ```compile_fail
//! zt_core::policy::keys::aws::tag_keys().is("team");
//! ```
//! ```compile_fail
//! zt_core::policy::keys::aws::source_ip().for_any_value();
//! ```
//! ```compile_fail
//! zt_core::policy::keys::aws::source_ip().if_exists().is_absent();
//! ```
//!
//! Services have a module each; a key with a part that is up to you takes it as an argument. Keys that are in no module
//! are made with [`Key::new`] and [`MultiKey::new`]:
//!
//! ```
//! use zt_core::policy::keys::{Key, Str, s3};
//!
//! let home = s3::prefix().is_like("home/${aws:username}/*");
//! assert_eq!((home.operator().as_str(), home.key()), ("StringLike", "s3:prefix"));
//! assert_eq!(s3::existing_object_tag("stage").name(), "s3:ExistingObjectTag/stage");
//!
//! let new = Key::<Str>::new("s3:NewKey").is("value");
//! assert_eq!(new.key(), "s3:NewKey");
//! ```
//! ```compile_fail
//! zt_core::policy::keys::s3::max_keys().is_like("10*");
//! ```

mod any;
mod global;
#[macro_use]
mod service;
mod services;
pub mod texts;
mod values;

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use super::clause::OneOrMany;
use super::condition::{Condition, Value};
use super::operator::{Comparison, Operator, Qualifier};

pub use self::any::{AnyKey, KeyKind, Method};
pub use self::global::{GLOBAL_KEYS, GlobalKey, aws};
pub use self::services::*;
pub use self::values::{Arn, Binary, Bool, Ip, Num, Str};
pub use self::values::{Date, DateTime, IntoValue, IntoValues, IpRange, ValueError};

/// A condition key with one value in a request, of a type `K`: [`Str`], [`Num`], [`Date`], [`Bool`], [`Ip`], [`Arn`] or
/// [`Binary`].
///
/// `M` remembers [`if_exists`](Self::if_exists) and the choice of a [`MultiKey`].
pub struct Key<K, M = Plain> {
    name: Cow<'static, str>,
    marker: PhantomData<fn() -> (K, M)>,
}

impl<K: Kind> Key<K> {
    /// A key by name, `s3:prefix`, whose type you know. For keys of AWS itself see [`aws`].
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self::from_name(name.into())
    }

    /// Holds when the request does not have the key: `"Null": {key: "true"}`.
    #[must_use]
    pub fn is_absent(self) -> Condition {
        null(self.name, true)
    }

    /// Holds when the request has the key: `"Null": {key: "false"}`.
    #[must_use]
    pub fn is_present(self) -> Condition {
        null(self.name, false)
    }
}

impl<K: Kind, M: Mode> Key<K, M> {
    /// The name of the key.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn from_name(name: Cow<'static, str>) -> Self {
        Self { name, marker: PhantomData }
    }

    fn compare(self, comparison: Comparison, values: impl IntoValues<K>) -> Condition {
        let operator = Operator::new(comparison, M::QUALIFIER, M::IF_EXISTS);
        Condition::from_parts(operator, self.name, values.into_values())
    }
}

impl<K: Kind, M: Certain> Key<K, M> {
    /// The comparison also holds when the request does not have the key: `...IfExists`.
    ///
    /// In a Deny this is what catches requests without the key: `BoolIfExists` on `aws:MultiFactorAuthPresent` denies
    /// requests signed with long-term access keys, `Bool` does not.
    #[must_use]
    pub fn if_exists(self) -> Key<K, IfExists<M>> {
        Key::from_name(self.name)
    }
}

macro_rules! methods {
    ($kind:ty: $($(#[$doc:meta])* $method:ident = $comparison:ident;)*) => {
        impl<M: Mode> Key<$kind, M> {
            $(
                $(#[$doc])*
                #[must_use]
                pub fn $method(self, values: impl IntoValues<$kind>) -> Condition {
                    self.compare(Comparison::$comparison, values)
                }
            )*
        }

        impl $kind {
            pub(super) const METHODS: &'static [Method] = &[
                $(Method::new(stringify!($method), Comparison::$comparison),)*
            ];
        }
    };
}

methods! { Str:
    /// `StringEquals`: one of these texts. Case matters, `*` is itself.
    is = StringEquals;
    /// `StringNotEquals`: none of these texts. Also holds when the key is absent.
    is_not = StringNotEquals;
    /// The same as [`is`](Self::is); reads better with several values.
    is_in = StringEquals;
    /// The same as [`is_not`](Self::is_not); reads better with several values.
    is_not_in = StringNotEquals;
    /// `StringEqualsIgnoreCase`: one of these texts, in any case.
    is_ignoring_case = StringEqualsIgnoreCase;
    /// `StringNotEqualsIgnoreCase`: none of these texts in any case. Also holds when the key is absent.
    is_not_ignoring_case = StringNotEqualsIgnoreCase;
    /// `StringLike`: fits one of these patterns, where `*` is any run of characters and `?` exactly one.
    is_like = StringLike;
    /// `StringNotLike`: fits none of these patterns. Also holds when the key is absent.
    is_not_like = StringNotLike;
}

methods! { Num:
    /// `NumericEquals`: one of these numbers.
    is = NumericEquals;
    /// `NumericNotEquals`: none of these numbers. Also holds when the key is absent.
    is_not = NumericNotEquals;
    /// The same as [`is`](Self::is); reads better with several values.
    is_in = NumericEquals;
    /// The same as [`is_not`](Self::is_not); reads better with several values.
    is_not_in = NumericNotEquals;
    /// `NumericLessThan`.
    less_than = NumericLessThan;
    /// `NumericLessThanEquals`.
    at_most = NumericLessThanEquals;
    /// `NumericGreaterThan`.
    greater_than = NumericGreaterThan;
    /// `NumericGreaterThanEquals`.
    at_least = NumericGreaterThanEquals;
}

methods! { Date:
    /// `DateEquals`: exactly this instant.
    is = DateEquals;
    /// `DateNotEquals`: not this instant. Also holds when the key is absent.
    is_not = DateNotEquals;
    /// `DateLessThan`: before this instant.
    before = DateLessThan;
    /// `DateLessThanEquals`: at this instant or before.
    at_or_before = DateLessThanEquals;
    /// `DateGreaterThan`: after this instant.
    after = DateGreaterThan;
    /// `DateGreaterThanEquals`: at this instant or after.
    at_or_after = DateGreaterThanEquals;
}

methods! { Bool:
    /// `Bool`: the key is there and has this value. A Deny on `false` usually wants [`if_exists`](Self::if_exists).
    is = Bool;
}

methods! { Ip:
    /// `IpAddress`: inside one of these ranges. An IPv4 range contains no IPv6 address, and the other way round.
    is_in = IpAddress;
    /// `NotIpAddress`: outside all of these ranges. Also holds when the key is absent, as `aws:SourceIp` is for
    /// requests through a VPC endpoint.
    is_not_in = NotIpAddress;
}

methods! { Arn:
    /// `ArnEquals`: fits one of these ARNs; the same as [`is_like`](Self::is_like).
    is = ArnEquals;
    /// `ArnNotEquals`: fits none of these ARNs. Also holds when the key is absent.
    is_not = ArnNotEquals;
    /// The same as [`is`](Self::is); reads better with several values.
    is_in = ArnEquals;
    /// The same as [`is_not`](Self::is_not); reads better with several values.
    is_not_in = ArnNotEquals;
    /// `ArnLike`: fits one of these patterns, each of the six parts for itself.
    is_like = ArnLike;
    /// `ArnNotLike`: fits none of these patterns. Also holds when the key is absent.
    is_not_like = ArnNotLike;
}

methods! { Binary:
    /// `BinaryEquals`: exactly these bytes. Printed as base64.
    is = BinaryEquals;
}

impl<K, M> Clone for Key<K, M> {
    fn clone(&self) -> Self {
        Self { name: self.name.clone(), marker: PhantomData }
    }
}

impl<K, M> fmt::Debug for Key<K, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Key").field(&self.name).finish()
    }
}

/// A condition key with any number of values in a request, such as `aws:TagKeys`.
///
/// Say first how its values are compared; IAM User Guide, *Set operators for multivalued context keys*.
///
/// ```
/// use zt_core::policy::keys::aws;
///
/// let condition = aws::tag_keys().for_all_values().is(["team", "stage"]);
/// assert_eq!(condition.operator().as_str(), "ForAllValues:StringEquals");
/// ```
pub struct MultiKey<K> {
    name: Cow<'static, str>,
    marker: PhantomData<fn() -> K>,
}

impl<K: Kind> MultiKey<K> {
    /// A key by name whose type you know. For keys of AWS itself see [`aws`].
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: name.into(), marker: PhantomData }
    }

    /// The name of the key.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// At least one value must match: `ForAnyValue`. Does not hold when the key is absent.
    #[must_use]
    pub fn for_any_value(self) -> Key<K, AnyValue> {
        Key::from_name(self.name)
    }

    /// Every value must match: `ForAllValues`.
    ///
    /// Also holds when the key is absent: in an Allow, add [`is_present`](Self::is_present).
    #[must_use]
    pub fn for_all_values(self) -> Key<K, AllValues> {
        Key::from_name(self.name)
    }

    /// Holds when the request does not have the key: `"Null": {key: "true"}`.
    #[must_use]
    pub fn is_absent(self) -> Condition {
        null(self.name, true)
    }

    /// Holds when the request has the key: `"Null": {key: "false"}`.
    #[must_use]
    pub fn is_present(self) -> Condition {
        null(self.name, false)
    }
}

impl<K> Clone for MultiKey<K> {
    fn clone(&self) -> Self {
        Self { name: self.name.clone(), marker: PhantomData }
    }
}

impl<K> fmt::Debug for MultiKey<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MultiKey").field(&self.name).finish()
    }
}

fn null(name: Cow<'static, str>, absent: bool) -> Condition {
    let value = Value::Text(absent.to_string());
    Condition::from_parts(Operator::new(Comparison::Null, None, false), name, OneOrMany::one(value))
}

/// The types of condition keys. Sealed: AWS defines them.
pub trait Kind: sealed::Sealed {
    /// The same as data.
    const KIND: KeyKind;
}

/// What was said about a key before its comparison. Sealed.
pub trait Mode: sealed::Sealed {
    /// The set operator.
    const QUALIFIER: Option<Qualifier>;
    /// Whether an absent key matches.
    const IF_EXISTS: bool;
}

/// A [`Mode`] without `IfExists`. Sealed.
pub trait Certain: Mode {}

/// Nothing was said.
#[derive(Clone, Copy, Debug)]
pub struct Plain;

/// [`MultiKey::for_any_value`] was said.
#[derive(Clone, Copy, Debug)]
pub struct AnyValue;

/// [`MultiKey::for_all_values`] was said.
#[derive(Clone, Copy, Debug)]
pub struct AllValues;

/// [`Key::if_exists`] was said.
#[derive(Clone, Copy, Debug)]
pub struct IfExists<M>(PhantomData<fn() -> M>);

impl Mode for Plain {
    const QUALIFIER: Option<Qualifier> = None;
    const IF_EXISTS: bool = false;
}

impl Mode for AnyValue {
    const QUALIFIER: Option<Qualifier> = Some(Qualifier::ForAnyValue);
    const IF_EXISTS: bool = false;
}

impl Mode for AllValues {
    const QUALIFIER: Option<Qualifier> = Some(Qualifier::ForAllValues);
    const IF_EXISTS: bool = false;
}

impl<M: Mode> Mode for IfExists<M> {
    const QUALIFIER: Option<Qualifier> = M::QUALIFIER;
    const IF_EXISTS: bool = true;
}

impl Certain for Plain {}
impl Certain for AnyValue {}
impl Certain for AllValues {}

mod sealed {
    use super::{AllValues, AnyValue, Arn, Binary, Bool, Date, IfExists, Ip, Num, Plain, Str};

    /// Only this crate can name it.
    pub trait Sealed {}

    impl Sealed for Plain {}
    impl Sealed for AnyValue {}
    impl Sealed for AllValues {}
    impl<M: Sealed> Sealed for IfExists<M> {}
    impl Sealed for Str {}
    impl Sealed for Num {}
    impl Sealed for Date {}
    impl Sealed for Bool {}
    impl Sealed for Ip {}
    impl Sealed for Arn {}
    impl Sealed for Binary {}
}
