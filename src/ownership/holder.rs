//! Who holds a lease: a process, named so that the same host can tell whether it still exists.
//!
//! Written as `user,host,boot,namespace,process,start,nonce` in the alphabet that IoT's attributes take; what is
//! outside it is written `_`. Boot, namespace of process ids and start make a process id unmistakable; the nonce
//! tells two runs of one process table slot apart. Where a system cannot say one of them it is left empty, and such
//! a holder is never taken for dead because of it.

use std::fmt;
use std::fs;

/// The most of a name that is kept: the whole must fit the 800 characters of an attribute.
const LONGEST_NAME: usize = 120;

/// A run's process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    pub user: String,
    pub host: String,
    boot: String,
    namespace: String,
    pub process: u32,
    start: String,
    nonce: String,
}

/// Whether a holder's process exists, as far as this host can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Existence {
    /// It runs here.
    Exists,
    /// It ran here, and does no longer.
    Gone,
    /// It runs elsewhere, or this system cannot tell.
    Unknown,
}

impl Holder {
    /// This process, with a nonce of its own.
    pub fn this_run() -> Self {
        let process = std::process::id();
        let named = ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
        let user = named.unwrap_or_else(|| format!("user {}", rustix::process::getuid()));
        Self {
            user: legal(&user),
            host: legal(&rustix::system::uname().nodename().to_string_lossy()),
            boot: boot(),
            namespace: namespace(),
            process,
            start: start_of(process).unwrap_or_default(),
            nonce: format!("{:016x}", fastrand::u64(..)),
        }
    }

    /// The text of the attribute.
    pub(super) fn text(&self) -> String {
        let process = self.process.to_string();
        let parts = [
            &self.user,
            &self.host,
            &self.boot,
            &self.namespace,
            &process,
            &self.start,
            &self.nonce,
        ];
        parts.map(String::as_str).join(",")
    }

    /// Reads the attribute; `None` for a text that no eclusa of this kind wrote.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split(',').collect();
        let [user, host, boot, namespace, process, start, nonce] = parts.as_slice() else {
            return None;
        };
        Some(Self {
            user: (*user).to_owned(),
            host: (*host).to_owned(),
            boot: (*boot).to_owned(),
            namespace: (*namespace).to_owned(),
            process: process.parse().ok()?,
            start: (*start).to_owned(),
            nonce: (*nonce).to_owned(),
        })
    }

    /// The run's own name, for receipts.
    pub fn run(&self) -> &str {
        &self.nonce
    }

    /// Whether this holder's process exists, seen from `here`.
    pub(super) fn existence(&self, here: &Self) -> Existence {
        self.existence_by(here, start_of)
    }

    fn existence_by(&self, here: &Self, start_of: impl Fn(u32) -> Option<String>) -> Existence {
        let says = |text: &str| !text.is_empty();
        let comparable = [&self.host, &self.boot, &self.namespace, &self.start, &here.start];
        let same = (&self.host, &self.boot, &self.namespace) == (&here.host, &here.boot, &here.namespace);
        if !same || !comparable.into_iter().all(|text| says(text)) {
            return Existence::Unknown;
        }
        match start_of(self.process) {
            Some(start) if start == self.start => Existence::Exists,
            _ => Existence::Gone,
        }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_unknown = |text: &str| {
            if text.is_empty() {
                "somebody".to_owned()
            } else {
                text.to_owned()
            }
        };
        write!(
            f,
            "{} on {} (process {})",
            or_unknown(&self.user),
            or_unknown(&self.host),
            self.process
        )
    }
}

/// In the alphabet of IoT's attributes, without the comma that parts ours.
fn legal(text: &str) -> String {
    let legal = |c: char| c.is_ascii_alphanumeric() || "_.@/:#-".contains(c);
    let kept = text.chars().take(LONGEST_NAME);
    kept.map(|c| if legal(c) { c } else { '_' }).collect()
}

fn boot() -> String {
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    legal(text.trim())
}

/// `pid:[4026531836]` without the brackets, which not every version of the attribute's alphabet has.
fn namespace() -> String {
    let link = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    link.to_string_lossy().chars().filter(char::is_ascii_digit).collect()
}

/// When a process started, in ticks since the boot; `None` where there is none (or no `/proc`).
fn start_of(process: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    start_in(&stat)
}

/// Field 22 of `/proc/<pid>/stat`; the program's name before it may hold spaces and parentheses. A process that has
/// ended and is only not collected yet (`Z`, `X`) has no start.
fn start_in(stat: &str) -> Option<String> {
    let (_, after) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = after.split_whitespace().collect();
    let state = fields.first()?;
    let start = fields.get(19)?;
    (!["Z", "X"].contains(state)).then(|| (*start).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(host: &str, process: u32) -> Holder {
        Holder {
            user: "ann".to_owned(),
            host: host.to_owned(),
            boot: "b".to_owned(),
            namespace: "1".to_owned(),
            process,
            start: "77".to_owned(),
            nonce: "n".to_owned(),
        }
    }

    #[test]
    fn a_holder_is_read_back_as_written_in_the_attributes_alphabet() {
        let this = Holder::this_run();
        let text = this.text();
        let legal = |c: char| c.is_ascii_alphanumeric() || "_.,@/:#-".contains(c);
        assert!(text.len() <= 800 && text.chars().all(legal), "{text}");
        assert_eq!(Holder::parse(&text), Some(this));
    }

    #[test]
    fn what_is_outside_the_alphabet_is_written_as_an_underscore() {
        assert_eq!(legal("Jörg, at=home [x]"), "J_rg__at_home__x_");
        assert_eq!(legal(&"x".repeat(500)).len(), LONGEST_NAME);
    }

    #[test]
    fn a_text_of_another_shape_is_no_holder() {
        for text in ["", "ann", "a,b,c,d,e,f,g", "a,b,c,d,1,f,g,h"] {
            assert_eq!(Holder::parse(text), None, "{text}");
        }
    }

    #[test]
    fn this_process_exists_and_another_start_of_its_number_does_not() {
        let here = Holder::this_run();
        let expected = match here.start.is_empty() {
            true => Existence::Unknown,
            false => Existence::Exists,
        };
        assert_eq!(here.existence(&here), expected);
        let existence = |start: Option<&str>| {
            let start = start.map(str::to_owned);
            holder("h", 5).existence_by(&holder("h", 6), |_| start.clone())
        };
        assert_eq!(existence(Some("77")), Existence::Exists);
        assert_eq!(existence(Some("78")), Existence::Gone);
        assert_eq!(existence(None), Existence::Gone);
    }

    #[test]
    fn of_another_host_boot_or_namespace_nothing_is_known() {
        let here = holder("h", 6);
        let gone = |_| None;
        assert_eq!(holder("other", 5).existence_by(&here, gone), Existence::Unknown);
        let booted = Holder {
            boot: "before".to_owned(),
            ..holder("h", 5)
        };
        assert_eq!(booted.existence_by(&here, gone), Existence::Unknown);
        let contained = Holder {
            namespace: "2".to_owned(),
            ..holder("h", 5)
        };
        assert_eq!(contained.existence_by(&here, gone), Existence::Unknown);
        let silent = Holder {
            start: String::new(),
            ..holder("h", 5)
        };
        assert_eq!(silent.existence_by(&here, gone), Existence::Unknown);
    }

    #[test]
    fn a_start_is_found_behind_a_name_with_spaces_and_parentheses() {
        let stat = "12 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4242 20 21";
        assert_eq!(start_in(stat).as_deref(), Some("4242"));
        assert_eq!(start_in(&stat.replace(") S", ") Z")), None);
        assert_eq!(start_in("12 (a"), None);
    }
}
