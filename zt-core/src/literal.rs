//! Values inside texts, as condition operators read them: numbers, instants, address ranges, bytes.
//!
//! A text that does not read is `None`; what that means is the operator's business.

use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ipnet::IpNet;
use jiff::civil;
use rust_decimal::Decimal;

/// An integer or decimal with an optional minus sign. No exponent, no plus sign, no spaces.
///
/// Exact; up to 28 digits, which is what [`Decimal`] holds.
pub(crate) fn decimal(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    Decimal::from_str_exact(text).ok()
}

/// Nanoseconds since 1970-01-01T00:00:00Z.
pub(crate) type Instant = i128;

/// A date of the W3C profile of ISO 8601, or seconds since 1970.
///
/// Four digits are a year; any other number of digits are seconds.
pub(crate) fn instant(text: &str) -> Option<Instant> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) && text.len() != 4 {
        return text.parse::<i64>().ok().map(|seconds| i128::from(seconds) * SECOND);
    }
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let year = number(parts.next()?, 4)?;
    let month = parts.next().map(|part| number(part, 2));
    let day = parts.next().map(|part| number(part, 2));
    if parts.next().is_some() {
        return None;
    }
    let (time, offset) = match time {
        None => (Time::default(), 0),
        Some(time) if day.is_some() => clock(time)?,
        Some(_) => return None,
    };
    let month = month.map_or(Some(1), |month| month)?;
    let day = day.map_or(Some(1), |day| day)?;
    let date = civil::DateTime::new(
        year,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
        time.hour,
        time.minute,
        time.second,
        0,
    )
    .ok()?;
    let local = jiff::tz::Offset::UTC.to_timestamp(date).ok()?.as_second();
    Some((i128::from(local) - i128::from(offset)) * SECOND + time.nanosecond)
}

const SECOND: i128 = 1_000_000_000;

#[derive(Default)]
struct Time {
    hour: i8,
    minute: i8,
    second: i8,
    nanosecond: i128,
}

/// `hh:mmTZD`, `hh:mm:ssTZD` or `hh:mm:ss.sTZD`, and the seconds that `TZD` is ahead of UTC.
fn clock(text: &str) -> Option<(Time, i64)> {
    let (clock, offset) = match text.strip_suffix('Z') {
        Some(clock) => (clock, 0),
        None => {
            let (clock, zone) = text.split_at_checked(text.len().checked_sub(6)?)?;
            let (sign, zone) = match zone.split_at_checked(1)? {
                ("+", zone) => (1, zone),
                ("-", zone) => (-1, zone),
                _ => return None,
            };
            let (hours, minutes) = zone.split_once(':')?;
            let (hours, minutes) = (number(hours, 2)?, number(minutes, 2)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            (clock, sign * (i64::from(hours) * 3600 + i64::from(minutes) * 60))
        }
    };
    let mut parts = clock.split(':');
    let hour = i8::try_from(number(parts.next()?, 2)?).ok()?;
    let minute = i8::try_from(number(parts.next()?, 2)?).ok()?;
    let mut time = Time { hour, minute, ..Time::default() };
    if let Some(seconds) = parts.next() {
        let (whole, fraction) = match seconds.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (seconds, None),
        };
        time.second = i8::try_from(number(whole, 2)?).ok()?;
        if let Some(fraction) = fraction {
            time.nanosecond = nanoseconds(fraction)?;
        }
    }
    parts.next().is_none().then_some((time, offset))
}

/// Digits after the point. More than nine are cut off.
fn nanoseconds(fraction: &str) -> Option<i128> {
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(9);
    Some(digits.fold(0, |sum, digit| sum * 10 + i128::from(digit - b'0')))
}

/// Exactly this many digits.
fn number(text: &str, digits: usize) -> Option<i16> {
    (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())?
}

/// An address or a range in CIDR notation. An address alone is the range of itself; host bits are masked.
pub(crate) fn ip_range(text: &str) -> Option<IpNet> {
    match text.parse::<IpAddr>() {
        Ok(address) => Some(IpNet::from(address)),
        Err(_) => text.parse::<IpNet>().ok().map(|range| range.trunc()),
    }
}

/// Bytes from base64 (RFC 4648 section 4, with padding).
pub(crate) fn bytes(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Base64 of bytes.
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// `true` or `false` in any case.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// Whether a text can be the name of a Region: words and a number, such as `eu-central-1` or `us-gov-west-1`.
pub(crate) fn is_region(name: &str) -> bool {
    let word = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    name.split('-').count() >= 3
        && name.split('-').all(word)
        && name.bytes().last().is_some_and(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_exact() {
        assert_eq!(decimal("5"), decimal("05"));
        assert_eq!(decimal("5"), decimal("5.0"));
        assert_ne!(decimal("1000000000000000001"), decimal("1000000000000000000"));
        for bad in ["", "-", ".", "5.", ".5", "+5", " 5", "5 ", "1e3", "0x1", "1_000", "٣"] {
            assert_eq!(decimal(bad), None, "{bad}");
        }
    }

    #[test]
    fn instants_have_many_spellings() {
        let new_year = Some(1_577_836_800 * SECOND);
        for text in [
            "2020",
            "2020-01",
            "2020-01-01",
            "2020-01-01T00:00Z",
            "2020-01-01T00:00:00Z",
            "2020-01-01T00:00:00.000Z",
            "2020-01-01T01:00+01:00",
            "2019-12-31T19:00:00-05:00",
            "1577836800",
        ] {
            assert_eq!(instant(text), new_year, "{text}");
        }
        assert_eq!(instant("2020-01-01T00:00:00.5Z"), Some(1_577_836_800 * SECOND + SECOND / 2));
        for bad in [
            "",
            "T",
            "20",
            "2020-13-01",
            "2020-1-1",
            "2020-02-30",
            "2020-01-01T",
            "2020-01-01T00Z",
            "2020-01-01T00:00:00",
            "2020-01-01T25:00Z",
            "2020-01-01t00:00z",
            "2020-01T00:00Z",
            "20200101T000000Z",
            "2020-01-01T00:00:00.Z",
            "2020-01-01T00:00:00+0100",
            "2020-01-01T00:00:00ééé",
            "-2020-01-01",
        ] {
            if bad == "20" {
                assert_eq!(instant(bad), Some(20 * SECOND));
            } else {
                assert_eq!(instant(bad), None, "{bad}");
            }
        }
    }

    #[test]
    fn ranges_are_masked() {
        assert_eq!(ip_range("10.0.0.7/24"), ip_range("10.0.0.0/24"));
        assert_eq!(ip_range("10.0.0.1"), ip_range("10.0.0.1/32"));
        assert_eq!(ip_range("2001:DB8::1"), ip_range("2001:db8:0:0::1/128"));
        for bad in ["", "10.0.0.0/33", "10.0.0", "010.0.0.1", "10.0.0.1 "] {
            assert_eq!(ip_range(bad), None, "{bad}");
        }
    }
}
