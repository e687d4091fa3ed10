//! Two live objects of ours with one identity: which of them is it, and what becomes of the others.
//!
//! The recorded one is it, else the one whose parent tells (a key that its store names counts as recorded), else the
//! older. An empty other is a leftover and holds no data; one in which something is blocks until somebody looks.

/// One of several live objects of ours with the same identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Twin {
    /// Its id, by which the record knows it.
    pub id: String,
    /// When it was made, RFC 3339 in UTC: text sorts as time does.
    pub created: String,
    /// No connector and nobody's key names it, no topic or cluster can be seen in it.
    pub is_empty: bool,
}

/// Positions among the twins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// The one that the identity means; `None` where there are no twins.
    pub it: Option<usize>,
    /// To be deleted.
    pub leftovers: Vec<usize>,
    /// Not to be touched, and nothing else is while they are there.
    pub full: Vec<usize>,
}

/// Settles which of several is the one. The same twins give the same answer, in whatever order a list has them.
pub fn settle(twins: &[Twin], recorded: Option<&str>) -> Settled {
    let by_id = |id: &str| twins.iter().position(|twin| twin.id == id);
    let oldest = || {
        let mut positions: Vec<usize> = (0..twins.len()).collect();
        positions.sort_by_key(|position| twins.get(*position).map(|twin| (&twin.created, &twin.id)));
        positions.first().copied()
    };
    let it = recorded.and_then(by_id).or_else(oldest);
    let mut settled = Settled {
        it,
        ..Settled::default()
    };
    for (position, twin) in twins.iter().enumerate().filter(|(position, _)| Some(*position) != it) {
        match twin.is_empty {
            true => settled.leftovers.push(position),
            false => settled.full.push(position),
        }
    }
    settled
}

#[cfg(test)]
mod tests {
    use super::*;

    fn twin(id: &str, created: &str, is_empty: bool) -> Twin {
        Twin {
            id: id.to_owned(),
            created: created.to_owned(),
            is_empty,
        }
    }

    #[test]
    fn the_recorded_one_is_it_else_the_older() {
        let twins = [
            twin("lkc-2", "2026-11-02T00:00:00Z", true),
            twin("lkc-1", "2026-11-01T00:00:00Z", true),
            twin("lkc-3", "2026-11-03T00:00:00Z", false),
        ];
        let older = settle(&twins, None);
        assert_eq!((older.it, older.leftovers, older.full), (Some(1), vec![0], vec![2]));
        let recorded = settle(&twins, Some("lkc-3"));
        assert_eq!(
            (recorded.it, recorded.leftovers, recorded.full),
            (Some(2), vec![0, 1], vec![])
        );
        assert_eq!(settle(&twins, Some("lkc-9")).it, Some(1));
    }

    #[test]
    fn one_alone_is_it_and_none_is_none() {
        assert_eq!(settle(&[twin("a", "", false)], None).it, Some(0));
        assert_eq!(settle(&[], Some("a")), Settled::default());
    }

    #[test]
    fn of_two_that_are_as_old_the_lower_id_is_it() {
        let twins = [twin("b", "x", true), twin("a", "x", true)];
        assert_eq!(settle(&twins, None).it, Some(1));
    }
}
