//! Amounts in figures, as axes, strips and tables say them.

/// An amount in figures: whole ones whole, others with three figures that count.
pub fn amount(value: f64) -> String {
    if !value.is_finite() {
        return "…".to_owned();
    }
    if value == value.round() && value.abs() < 1e15 {
        return grouped(value as i64);
    }
    let digits = (2 - value.abs().log10().floor() as i32).clamp(0, 6) as usize;
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A whole number, in groups of three from five figures on: `12 400`.
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    if number < 0 {
        text.push('-');
    }
    for (at, digit) in digits.char_indices() {
        if at > 0 && digits.len() > 4 && (digits.len() - at).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// An amount with its unit; those that are none, or a count, stand alone.
pub fn with_unit(value: f64, unit: &str) -> String {
    if unit.is_empty() { amount(value) } else { format!("{} {unit}", amount(value)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_well() {
        for (value, told) in [
            (0.0, "0"),
            (-40.0, "-40"),
            (1_240.0, "1240"),
            (12_400.0, "12 400"),
            (1_234_567.0, "1 234 567"),
            (12.5, "12.5"),
            (0.012_345, "0.0123"),
            (33.333_333, "33.3"),
            (f64::NAN, "…"),
        ] {
            assert_eq!(amount(value), told);
        }
    }
}
