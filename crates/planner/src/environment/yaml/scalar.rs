//! What a plain (unquoted) scalar is. Quoted scalars and block scalars are text, always.
//!
//! | written | is |
//! | --- | --- |
//! | `null`, `Null`, `NULL`, `~`, nothing | null |
//! | `true`, `false` | a boolean |
//! | `30`, `-1`, `+1` | a whole number, 64 bits |
//! | `0.5`, `.5`, `5.`, `1e3` | a number |
//! | `2012-10-17`, `1.2.3`, `08:00:2b:01`, `y`, `n` | text |
//!
//! What YAML 1.1 and 1.2 (or two readers of one version) take for different things is refused, with the way to
//! write what was meant: `yes`, `on`, `True`; leading zeros (`0755`, an account id that begins with 0); `1_000`;
//! `12:30:45` (a number to base 60); `0x1F`, `0o17`, `0b1`; `.inf`, `.nan`; numbers beyond their type's range. A
//! date stays text, since every reader shows it as it is written (`Version: 2012-10-17`).
//!
//! A refused scalar still has a value, the likeliest one, so that it causes no second problem.

use crate::environment::tree::Data;
use crate::resource::Text;

/// Why a plain scalar is refused.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refusal {
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) label: &'static str,
    pub(super) hint: String,
}

/// Reads a plain scalar: its value, and why it is refused if it is.
pub(super) fn read(plain: &str) -> (Data, Option<Refusal>) {
    match plain {
        "" | "~" | "null" | "Null" | "NULL" => (Data::Null, None),
        "true" => (Data::Bool(true), None),
        "false" => (Data::Bool(false), None),
        _ => match boolean_word(plain) {
            Some(value) => (Data::Bool(value), Some(not_a_boolean(plain, value))),
            None => read_number(plain),
        },
    }
}

/// What a reader of YAML 1.1 takes for a boolean. `y` and `n` are left out: no reader in use does.
fn boolean_word(plain: &str) -> Option<bool> {
    match plain {
        "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "True" | "TRUE" => Some(true),
        "no" | "No" | "NO" | "off" | "Off" | "OFF" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

fn not_a_boolean(plain: &str, value: bool) -> Refusal {
    Refusal {
        code: "yaml-boolean",
        message: format!("`{plain}` is a boolean to some readers of YAML and text to others"),
        label: "ambiguous",
        hint: format!("write `{value}` for the boolean, \"{plain}\" for the text"),
    }
}

fn read_number(plain: &str) -> (Data, Option<Refusal>) {
    let (sign, unsigned) = match plain.as_bytes().first() {
        Some(b'-') => ("-", plain.get(1..).unwrap_or_default()),
        Some(b'+') => ("", plain.get(1..).unwrap_or_default()),
        _ => ("", plain),
    };
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return (text(plain), None);
    }
    if let Some(refusal) = ambiguous_number(plain, sign, unsigned) {
        return (text(plain), Some(refusal));
    }
    if digits(unsigned) {
        return match format!("{sign}{unsigned}").parse() {
            Ok(integer) => (Data::Integer(integer), None),
            Err(_) => (text(plain), Some(out_of_range(plain))),
        };
    }
    if is_float(unsigned) {
        return match format!("{sign}{unsigned}").parse::<f64>() {
            Ok(float) if float.is_finite() => (Data::Float(float), None),
            _ => (text(plain), Some(out_of_range(plain))),
        };
    }
    (text(plain), None)
}

fn ambiguous_number(plain: &str, sign: &str, unsigned: &str) -> Option<Refusal> {
    let refusal = |code, message: String, label, meant: Option<String>| {
        let number = meant.map_or_else(String::new, |meant| format!("`{sign}{meant}` for the number, "));
        Some(Refusal {
            code,
            message,
            label,
            hint: format!("write {number}\"{plain}\" for the text"),
        })
    };
    let whole = unsigned.split(['.', 'e', 'E']).next().unwrap_or_default();
    if whole.len() > 1 && whole.starts_with('0') && digits(whole) && (digits(unsigned) || is_float(unsigned)) {
        let meant = Some(unsigned.trim_start_matches('0'))
            .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
            .map_or_else(|| format!("0{}", unsigned.trim_start_matches('0')), str::to_owned);
        let message = format!("`{plain}` has leading zeros: an octal number to some readers of YAML");
        return refusal("leading-zero", message, "leading zero", Some(meant));
    }
    if is_other_base(unsigned) {
        let message = format!("`{plain}` is a number to some readers of YAML and text to others");
        return refusal("yaml-number", message, "ambiguous", None);
    }
    if unsigned.contains('_') && is_underscored(unsigned) {
        let message = format!("`{plain}` is a number to some readers of YAML and text to others");
        return refusal("yaml-number", message, "ambiguous", Some(unsigned.replace('_', "")));
    }
    if is_sexagesimal(unsigned) {
        let message = format!("`{plain}` is a number to base 60 to some readers of YAML");
        return refusal("yaml-number", message, "ambiguous", None);
    }
    if matches!(unsigned, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN") {
        let message = format!("`{plain}` is no number that a cloud takes");
        return refusal("yaml-number", message, "not a finite number", None);
    }
    None
}

fn out_of_range(plain: &str) -> Refusal {
    Refusal {
        code: "number-range",
        message: format!("`{plain}` is out of range"),
        label: "a whole number has 64 bits, another number is finite",
        hint: format!("write \"{plain}\" if it is meant as text"),
    }
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `[0-9]* ( \. [0-9]* )? ( [eE] [-+]? [0-9]+ )?` with a digit before the exponent.
fn is_float(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    all_digits(whole)
        && all_digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent)))
}

fn is_other_base(text: &str) -> bool {
    let after = |prefix: &str, radix: u32| {
        text.strip_prefix(prefix)
            .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c == '_' || c.is_digit(radix)))
    };
    after("0x", 16) || after("0o", 8) || after("0b", 2)
}

fn is_underscored(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let grouped = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    text.starts_with(|c: char| c.is_ascii_digit()) && grouped(whole) && grouped(fraction)
}

fn is_sexagesimal(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut groups = whole.split(':');
    let leads = groups.next().is_some_and(|group| {
        group.starts_with(|c: char| c.is_ascii_digit()) && group.bytes().all(|b| b.is_ascii_digit() || b == b'_')
    });
    let mut rest = groups.peekable();
    leads
        && rest.peek().is_some()
        && rest.all(|group| digits(group) && group.parse::<u8>().is_ok_and(|value| value < 60))
        && fraction.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
}

fn text(plain: &str) -> Data {
    Data::Text(Text::literal(plain))
}
