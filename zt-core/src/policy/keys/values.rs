//! The types of condition keys, and what can be compared with each.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::super::clause::OneOrMany;
use super::super::condition::Value;
use super::super::variable::{Variable, escape};
use super::Kind;
use super::any::KeyKind;
use crate::literal;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $kind:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl Kind for $name {
            const KIND: KeyKind = KeyKind::$kind;
        }
    )*};
}

kinds! {
    /// Texts. Compared with `&str`, `String` or a [`Variable`].
    Str = Text;
    /// Numbers, whole or decimal. Compared with integers or [`Decimal`].
    Num = Numeric;
    /// Instants. Compared with [`Timestamp`] or [`DateTime`].
    Date = Date;
    /// `true` or `false`. Compared with `bool`.
    Bool = Bool;
    /// IP addresses. Compared with [`IpRange`], or addresses and networks of `std::net` and `ipnet`.
    Ip = Ip;
    /// ARNs. Compared with `&str`, `String`, a [`Variable`], or an [`Arn`](crate::policy::Arn), which matches itself only.
    Arn = Arn;
    /// Bytes. Compared with `&[u8]` or `Vec<u8>`.
    Binary = Binary;
}

/// Something that a key of type `K` can be compared with.
pub trait IntoValue<K> {
    /// The value as policies write it.
    fn into_value(self) -> Value;
}

/// One thing, or several, that a key of type `K` can be compared with: `"a"`, `["a", "b"]`, `vec!["a", "b"]`.
pub trait IntoValues<K> {
    /// The values as policies write them: one without brackets, several with.
    fn into_values(self) -> OneOrMany<Value>;
}

impl<K, V: IntoValue<K>, const N: usize> IntoValues<K> for [V; N] {
    fn into_values(self) -> OneOrMany<Value> {
        self.into_iter().map(V::into_value).collect()
    }
}

impl<K, V: IntoValue<K>> IntoValues<K> for Vec<V> {
    fn into_values(self) -> OneOrMany<Value> {
        self.into_iter().map(V::into_value).collect()
    }
}

impl<K, V: IntoValue<K> + Clone> IntoValues<K> for &[V] {
    fn into_values(self) -> OneOrMany<Value> {
        self.iter().cloned().map(V::into_value).collect()
    }
}

macro_rules! values {
    ($($kind:ident { $($type:ty => $print:expr;)* })*) => {$($(
        impl IntoValue<$kind> for $type {
            fn into_value(self) -> Value {
                let print: fn($type) -> String = $print;
                Value::Text(print(self))
            }
        }

        impl IntoValues<$kind> for $type {
            fn into_values(self) -> OneOrMany<Value> {
                OneOrMany::one(IntoValue::<$kind>::into_value(self))
            }
        }
    )*)*};
}

values! {
    Str {
        &str => str::to_owned;
        String => |text| text;
        &String => String::clone;
        Variable => |variable| variable.to_string();
    }
    Arn {
        &str => str::to_owned;
        String => |text| text;
        &String => String::clone;
        Variable => |variable| variable.to_string();
        &super::super::Arn => |arn| escape(arn.as_str());
        super::super::Arn => |arn| escape(arn.as_str());
    }
    Num {
        i32 => |number| number.to_string();
        u32 => |number| number.to_string();
        i64 => |number| number.to_string();
        u64 => |number| number.to_string();
        Decimal => |number| number.to_string();
    }
    Date {
        Timestamp => |instant| instant.to_string();
        DateTime => |instant| instant.text;
    }
    Bool {
        bool => |value| value.to_string();
    }
    Ip {
        IpRange => |range| range.to_string();
        IpNet => |range| range.to_string();
        Ipv4Net => |range| range.to_string();
        Ipv6Net => |range| range.to_string();
        IpAddr => |address| IpRange::from(address).to_string();
        Ipv4Addr => |address| IpRange::from(IpAddr::V4(address)).to_string();
        Ipv6Addr => |address| IpRange::from(IpAddr::V6(address)).to_string();
    }
    Binary {
        &'static [u8] => literal::base64;
        Vec<u8> => |bytes| literal::base64(&bytes);
    }
}

/// An instant as policies write it: a date of the W3C profile of ISO 8601, or seconds since 1970. Keeps its spelling.
///
/// ```
/// use zt_core::policy::keys::{DateTime, aws};
///
/// let start: DateTime = "2025-01-01T00:00:00Z".parse()?;
/// assert_eq!(aws::current_time().after(start).values().as_slice(), ["2025-01-01T00:00:00Z".into()]);
/// assert!("yesterday".parse::<DateTime>().is_err());
/// # Ok::<(), zt_core::policy::keys::ValueError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DateTime {
    text: String,
}

impl FromStr for DateTime {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        match literal::instant(text) {
            Some(_) => Ok(Self { text: text.to_owned() }),
            None => Err(ValueError::new("a date such as 2025-01-31T12:00:00Z", text)),
        }
    }
}

impl DateTime {
    /// The instant itself.
    ///
    /// # Errors
    ///
    /// When it is in a year after 9999, which seconds can say.
    pub fn timestamp(&self) -> Result<Timestamp, ValueError> {
        literal::instant(&self.text)
            .and_then(|instant| Timestamp::from_nanosecond(instant).ok())
            .ok_or_else(|| ValueError::new("an instant before the year 10000", &*self.text))
    }

    /// Whether this instant is before another.
    pub(crate) fn is_before(&self, other: &Self) -> bool {
        literal::instant(&self.text) < literal::instant(&other.text)
    }
}

/// As it was spelled.
impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<Timestamp> for DateTime {
    fn from(instant: Timestamp) -> Self {
        Self { text: instant.to_string() }
    }
}

/// An address range: CIDR notation, or one address, which is the range of itself.
///
/// ```
/// use zt_core::policy::IpRange;
///
/// assert_eq!("203.0.113.7/24".parse::<IpRange>()?.to_string(), "203.0.113.0/24");
/// assert_eq!("2001:db8::1".parse::<IpRange>()?.to_string(), "2001:db8::1/128");
/// # Ok::<(), zt_core::policy::keys::ValueError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct IpRange(IpNet);

impl IpRange {
    /// Whether this is a range of IPv4 addresses; otherwise of IPv6.
    #[must_use]
    pub fn is_ipv4(&self) -> bool {
        matches!(self.0, IpNet::V4(_))
    }

    /// Whether an address is in it. An IPv4 address is in no range of IPv6.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }
}

impl FromStr for IpRange {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let expected = "an address range such as 203.0.113.0/24";
        literal::ip_range(text).map(Self).ok_or_else(|| ValueError::new(expected, text))
    }
}

impl From<IpNet> for IpRange {
    fn from(range: IpNet) -> Self {
        Self(range.trunc())
    }
}

impl From<IpAddr> for IpRange {
    fn from(address: IpAddr) -> Self {
        Self(address.into())
    }
}

impl fmt::Display for IpRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A value that does not fit its key.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected {expected}, found {found:?}")]
pub struct ValueError {
    expected: String,
    found: String,
}

impl ValueError {
    /// A stable name for programs: `INVALID_VALUE`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "INVALID_VALUE"
    }

    /// What was expected, as a phrase.
    #[must_use]
    pub fn expected(&self) -> &str {
        &self.expected
    }

    /// What was found.
    #[must_use]
    pub fn found(&self) -> &str {
        &self.found
    }

    pub(super) fn new(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { expected: expected.into(), found: found.into() }
    }
}
