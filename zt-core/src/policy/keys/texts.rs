//! Values as the texts that IAM compares, for language bindings: what other languages hold as numbers, instants and bytes.
//!
//! ```
//! use zt_core::policy::keys::texts;
//!
//! assert_eq!(texts::number("1e-7")?, "0.0000001");
//! assert_eq!(texts::instant(1_735_689_600_500_000)?, "2025-01-01T00:00:00.5Z");
//! assert_eq!(texts::bytes(b"hi"), "aGk=");
//! # Ok::<(), zt_core::policy::keys::ValueError>(())
//! ```

use jiff::Timestamp;

use super::ValueError;
use crate::literal;

/// A number as a language prints it, written out: policies have no exponents.
///
/// # Errors
///
/// When it is no finite number, or would have more than 400 digits.
pub fn number(printed: &str) -> Result<String, ValueError> {
    written_out(printed).ok_or_else(|| ValueError::new("a finite number", printed))
}

/// An instant, from the microseconds since 1970-01-01T00:00:00Z.
///
/// # Errors
///
/// When it is outside the years -9999 to 9999.
pub fn instant(microseconds: i64) -> Result<String, ValueError> {
    match Timestamp::from_microsecond(microseconds) {
        Ok(instant) => Ok(instant.to_string()),
        Err(_) => {
            Err(ValueError::new("an instant before the year 10000", microseconds.to_string()))
        }
    }
}

/// Bytes: base64 (RFC 4648 section 4).
#[must_use]
pub fn bytes(bytes: &[u8]) -> String {
    literal::base64(bytes)
}

/// Longer than any float; far longer than what the evaluator tells apart.
const MOST_DIGITS: usize = 400;

fn written_out(printed: &str) -> Option<String> {
    let (mantissa, exponent) = match printed.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<isize>().ok()?),
        None => (printed, 0),
    };
    let (sign, digits) = match mantissa.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", mantissa),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    if exponent == 0 {
        return (digits.len() <= MOST_DIGITS).then(|| printed_plainly(sign, whole, fraction));
    }
    // Where the point comes to stand in all the digits.
    let all = format!("{whole}{fraction}");
    let point = isize::try_from(whole.len()).ok()?.checked_add(exponent)?;
    let length = isize::try_from(all.len()).ok()?;
    let most = isize::try_from(MOST_DIGITS).ok()?;
    if point > most || length.max(0).checked_sub(point)? > most {
        return None;
    }
    let (whole, fraction) = if point <= 0 {
        ("0".to_owned(), format!("{}{all}", "0".repeat(point.unsigned_abs())))
    } else if point >= length {
        let zeros = "0".repeat(point.abs_diff(length));
        (format!("{all}{zeros}"), String::new())
    } else {
        let (whole, fraction) = all.split_at_checked(point.unsigned_abs())?;
        (whole.to_owned(), fraction.to_owned())
    };
    Some(printed_plainly(sign, &whole, &fraction))
}

fn printed_plainly(sign: &str, whole: &str, fraction: &str) -> String {
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponents_are_written_out() {
        for (printed, plain) in [
            ("0", "0"),
            ("-17", "-17"),
            ("2.5", "2.5"),
            ("1e21", "1000000000000000000000"),
            ("1E+3", "1000"),
            ("1e-07", "0.0000001"),
            ("-1.5e-7", "-0.00000015"),
            ("1.2345e2", "123.45"),
            ("1.5e1", "15"),
            ("12.5E-1", "1.25"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
        ] {
            assert_eq!(number(printed).unwrap(), plain, "{printed}");
        }
        assert_eq!(number("1.7976931348623157e308").unwrap().len(), 309);
        assert!(number("5e-324").unwrap().ends_with("05"));
        let long = "1".repeat(401);
        for bad in ["", "-", "nan", "inf", "Infinity", "e5", "1e", "1e9999", "1e-9999", "+1", &long]
        {
            assert!(number(bad).is_err(), "{bad}");
        }
        assert!(number(&format!("1e{}", isize::MAX)).is_err());
        assert!(number(&format!("1e{}", isize::MIN)).is_err());
    }

    #[test]
    fn instants_are_read_back() {
        for microseconds in [0, -1, 1_735_689_600_000_000, 253_402_207_199_999_999] {
            let text = instant(microseconds).unwrap();
            assert_eq!(literal::instant(&text), Some(i128::from(microseconds) * 1000), "{text}");
        }
        assert!(instant(i64::MAX).is_err());
    }
}
