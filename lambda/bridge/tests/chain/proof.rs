//! What must hold between the deliveries that were made and the log that was read back.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;

use crate::queue::Delivery;
use crate::queue::Offered;
use crate::queue::device;

/// One record in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Copy {
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) key: String,
    pub(crate) delivery: Delivery,
}

/// What a case saw, beside what must hold.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) acknowledged: usize,
    /// Deliveries reported as failed.
    pub(crate) reported: usize,
    pub(crate) most_deliveries: u32,
    pub(crate) copies: usize,
    /// Copies beyond one of each message.
    pub(crate) duplicates: usize,
    /// Messages whose first copy lies behind the first copy of one that the same device sent later.
    pub(crate) overtaken: usize,
}

/// Judges a log by the deliveries in the order in which they were offered.
///
/// # Errors
/// Everything that does not hold.
pub(crate) fn judge(offered: &[Offered], log: &[Copy]) -> Result<Seen, Vec<String>> {
    let mut problems = stored_once(offered, log);
    problems.extend(kept_together(log));
    problems.extend(in_order(offered, log));
    let first_copies: BTreeSet<usize> = log.iter().map(|copy| copy.delivery.message).collect();
    let seen = Seen {
        acknowledged: offered.iter().filter(|offered| offered.acknowledged).count(),
        reported: offered.iter().filter(|offered| !offered.acknowledged).count(),
        most_deliveries: offered.iter().map(|offered| offered.delivery.time).max().unwrap_or(0),
        copies: log.len(),
        duplicates: log.len() - first_copies.len(),
        overtaken: overtaken(log),
    };
    if problems.is_empty() { Ok(seen) } else { Err(problems) }
}

/// Every acknowledged delivery has one copy; every other copy is of a delivery that was made and reported as failed.
fn stored_once(offered: &[Offered], log: &[Copy]) -> Vec<String> {
    let mut copies: HashMap<Delivery, usize> = HashMap::new();
    for copy in log {
        *copies.entry(copy.delivery).or_default() += 1;
    }
    let mut problems = Vec::new();
    for offered in offered {
        let count = copies.remove(&offered.delivery).unwrap_or(0);
        match (offered.acknowledged, count) {
            (true, 0) => problems.push(format!("lost: {:?} was acknowledged", offered.delivery)),
            (true, 1) | (false, 0 | 1) => {}
            _ => problems.push(format!("{count} copies of one delivery: {offered:?}")),
        }
    }
    problems.extend(copies.keys().map(|delivery| format!("nobody delivered {delivery:?}")));
    problems
}

/// A device's records carry its key and share one partition.
fn kept_together(log: &[Copy]) -> Vec<String> {
    let mut places: BTreeMap<&str, (&str, i32)> = BTreeMap::new();
    let mut problems = Vec::new();
    for copy in log {
        let place = (copy.topic.as_str(), copy.partition);
        if *places.entry(copy.key.as_str()).or_insert(place) != place {
            problems.push(format!("`{}` lies on two partitions", copy.key));
        }
        if copy.key != device(copy.delivery.message) {
            problems.push(format!(
                "{:?} has the key of another device: `{}`",
                copy.delivery, copy.key
            ));
        }
    }
    problems
}

fn by_device(log: &[Copy]) -> BTreeMap<&str, Vec<&Copy>> {
    let mut devices: BTreeMap<&str, Vec<&Copy>> = BTreeMap::new();
    for copy in log {
        devices.entry(copy.key.as_str()).or_default().push(copy);
    }
    for copies in devices.values_mut() {
        copies.sort_by_key(|copy| copy.offset);
    }
    devices
}

/// On each device, acknowledged deliveries lie in the order in which they were offered.
fn in_order(offered: &[Offered], log: &[Copy]) -> Vec<String> {
    let acknowledged = offered.iter().enumerate().filter(|(_, offered)| offered.acknowledged);
    let turns: HashMap<Delivery, usize> = acknowledged.map(|(turn, offered)| (offered.delivery, turn)).collect();
    let mut problems = Vec::new();
    for (device, copies) in by_device(log) {
        let stored = copies
            .iter()
            .filter_map(|copy| Some((turns.get(&copy.delivery)?, copy)));
        let stored: Vec<_> = stored.collect();
        for pair in stored.windows(2) {
            let [(turn, first), (next, second)] = pair else {
                continue;
            };
            if turn >= next {
                problems.push(format!(
                    "`{device}`: {:?} at offset {} lies before {:?} at {}",
                    first.delivery, first.offset, second.delivery, second.offset
                ));
            }
        }
    }
    problems
}

fn overtaken(log: &[Copy]) -> usize {
    let mut count = 0;
    for copies in by_device(log).values() {
        let mut seen = BTreeSet::new();
        let mut latest = None;
        for copy in copies {
            let message = copy.delivery.message;
            if seen.insert(message) && latest.replace(latest.unwrap_or(message).max(message)) > Some(message) {
                count += 1;
            }
        }
    }
    count
}

mod tests {
    use super::*;

    fn offered(message: usize, time: u32, acknowledged: bool) -> Offered {
        let delivery = Delivery { message, time };
        Offered { delivery, acknowledged }
    }

    fn copy(message: usize, time: u32, offset: i64) -> Copy {
        Copy {
            topic: "t".to_owned(),
            partition: 0,
            offset,
            key: device(message),
            delivery: Delivery { message, time },
        }
    }

    fn problem(offered: &[Offered], log: &[Copy], about: &str) {
        let problems = judge(offered, log).unwrap_err();
        assert!(problems.iter().any(|problem| problem.contains(about)), "{problems:?}");
    }

    #[test]
    fn a_log_of_all_that_was_acknowledged_in_order_is_as_it_must_be() {
        // Message 0 was stored, its answer lost, and it came again after message 1.
        let made = [offered(0, 1, false), offered(1, 1, true), offered(0, 2, true)];
        let log = [copy(0, 1, 0), copy(1, 1, 1), copy(0, 2, 2)];
        let seen = judge(&made, &log).unwrap();
        assert_eq!((seen.duplicates, seen.overtaken, seen.most_deliveries), (1, 0, 2));
        // The same, but its first delivery was not stored.
        assert_eq!(judge(&made, &log[1..]).unwrap().overtaken, 1);
    }

    #[test]
    fn what_must_not_be_is_found() {
        let two = [offered(0, 1, true), offered(1, 1, true)];
        problem(&two, &[copy(0, 1, 0)], "lost");
        problem(&two, &[copy(1, 1, 0), copy(0, 1, 1)], "lies before");
        problem(
            &two,
            &[copy(0, 1, 0), copy(0, 1, 1), copy(1, 1, 2)],
            "2 copies of one delivery",
        );
        problem(&two[..1], &[copy(0, 1, 0), copy(1, 1, 1)], "nobody delivered");
        let elsewhere = Copy {
            partition: 1,
            ..copy(1, 1, 0)
        };
        problem(&two, &[copy(0, 1, 0), elsewhere], "two partitions");
        let other = Copy {
            key: "city/air/device-99".to_owned(),
            ..copy(1, 1, 1)
        };
        problem(&two, &[copy(0, 1, 0), other], "key of another device");
    }
}
