//! Numbers of JSON: which of the types of a table keeps one, so that its decimal value comes back.

/// A number, as a table can hold it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    /// An integer of 64 bits.
    Integer(i64),
    /// A double whose shortest decimal form has the value that was sent.
    Double(f64),
    /// No double keeps it. Its text does.
    Digits,
}

/// What keeps the number `token`, a number in the grammar of JSON.
pub(crate) fn classify(token: &str) -> Number {
    if let Ok(integer) = token.parse::<i64>() {
        return Number::Integer(integer);
    }
    match token.parse::<f64>() {
        // Rust writes the shortest digits that give the same double again, which is what readers of a double see.
        Ok(double) if double.is_finite() && Decimal::of(token) == Decimal::of(&format!("{double:e}")) => {
            Number::Double(double)
        }
        _ => Number::Digits,
    }
}

/// A decimal number by value: sign, digits without zeros around them, and the power of ten of the last digit.
#[derive(PartialEq, Eq)]
struct Decimal {
    is_negative: bool,
    digits: Vec<u8>,
    exponent: i128,
}

impl Decimal {
    fn of(token: &str) -> Self {
        let (is_negative, rest) = token.strip_prefix('-').map_or((false, token), |rest| (true, rest));
        let (mantissa, power) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
        let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut digits: Vec<u8> = integer.bytes().chain(fraction.bytes()).skip_while(|&digit| digit == b'0').collect();
        // A power of more digits than i128 has is beyond every double, on either side, and equal to none.
        let beyond = if power.starts_with('-') { i128::MIN / 2 } else { i128::MAX / 2 };
        let mut exponent = power.parse().unwrap_or(beyond).clamp(i128::MIN / 2, i128::MAX / 2) - fraction.len() as i128;
        while digits.last() == Some(&b'0') {
            digits.pop();
            exponent += 1;
        }
        if digits.is_empty() {
            return Self { is_negative: false, digits, exponent: 0 };
        }
        Self { is_negative, digits, exponent }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_have_64_bits() {
        for (token, integer) in
            [("0", 0), ("-0", 0), ("-1", -1), ("9223372036854775807", i64::MAX), ("-9223372036854775808", i64::MIN)]
        {
            assert_eq!(classify(token), Number::Integer(integer), "{token}");
        }
    }

    #[test]
    fn a_double_is_taken_where_the_value_survives() {
        for (token, double) in [
            ("0.0", 0.0),
            ("-0.0", -0.0),
            ("0e99999999999999999999999999999999999999999", 0.0),
            ("1.0", 1.0),
            ("19.90", 19.9),
            ("0.1", 0.1),
            ("1e5", 1e5),
            ("1E+5", 1e5),
            ("100e-2", 1.0),
            ("1.7976931348623157e308", f64::MAX),
            ("5e-324", 5e-324),
            ("1e23", 1e23),
        ] {
            assert_eq!(classify(token), Number::Double(double), "{token}");
        }
    }

    #[test]
    fn what_no_double_keeps_stays_text() {
        for token in [
            "9223372036854775808",
            "-9223372036854775809",
            "123456789012345678901234567890",
            "0.1000000000000000055511151231257827",
            "3.14159265358979323846264338327950288",
            "1e400",
            "-1e400",
            "1e-400",
            "4.9e-324",
            "1e99999999999999999999999999999999999999999",
            "1e-99999999999999999999999999999999999999999",
        ] {
            assert_eq!(classify(token), Number::Digits, "{token}");
        }
    }
}
