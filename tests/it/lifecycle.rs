//! The life of children: created, removed, created again; handles that outlive them.

use caas_metrics::{Label, metrics};

use crate::families::samples;

#[derive(Label, Clone, Copy, Debug, PartialEq)]
pub enum Side {
    Left,
    Right,
}

metrics! {
    namespace = "lifecycle";

    /// Removed one by one.
    pub counter RemovedTotal { path: &str }

    /// With a closed label.
    pub counter HalvesTotal { side: Side, path: &str }

    /// Retained.
    pub gauge RetainedLevel { side: Side, path: &str, status: u16 }

    /// Matched.
    pub counter MatchedTotal { tenant: &str, side: Side }

    /// Matched, in blocks.
    #[zeroed(side)]
    pub counter MatchedBlocksTotal { tenant: &str, side: Side }

    /// Matched, closed.
    pub counter MatchedClosedTotal { side: Side }

    /// Cleared.
    #[buckets(1)]
    pub histogram ClearedRatio { path: &str }

    /// Closed.
    pub counter ClosedTotal { side: Side }

    /// Reset.
    pub counter ResetTotal<f64> { path: &str }

    /// Lazy.
    #[lazy]
    pub counter LazyTotal { side: Side }

    /// Churned.
    #[limit = 1000]
    pub counter ChurnedTotal { path: &str }

    /// Churned in the shared slots.
    #[limit = 1000]
    pub gauge ChurnedLevel { path: &str }

    /// Order.
    #[limit = 3]
    pub counter OrderTotal { path: &str }
}

#[test]
fn a_removed_child_is_gone_and_starts_anew() {
    let set = RemovedTotal { path: "/a" };
    set.inc_by(5);
    assert!(set.remove());
    assert!(!set.remove());
    assert_eq!(set.get(), None);
    assert_eq!(samples("lifecycle_removed_total"), []);
    set.inc();
    assert_eq!(set.get(), Some(1));
}

#[test]
fn a_stale_handle_adds_nowhere() {
    let set = HalvesTotal { side: Side::Left, path: "/stale" };
    let other = HalvesTotal { side: Side::Right, path: "/stale" };
    let (stale, alive) = (set.child(), other.child());
    set.remove();
    stale.inc_by(100);
    assert_eq!(set.get(), None);
    // The other half of the block lives on, and so does its handle.
    alive.inc();
    assert_eq!(other.get(), Some(1));
    set.inc();
    stale.inc_by(100);
    assert_eq!(set.get(), Some(1));
    // Also when the whole block is removed and its room goes to others.
    set.remove();
    other.remove();
    for n in 0..5_000 {
        let path = n.to_string();
        let churned = HalvesTotal { side: Side::Left, path: &path };
        churned.inc();
        stale.inc();
        alive.inc();
        assert_eq!(churned.get(), Some(1));
        assert!(churned.remove());
        HalvesTotal { side: Side::Right, path: &path }.remove();
    }
}

#[test]
fn retain_keeps_what_it_is_told() {
    for (path, status) in [("/a", 200), ("/b", 200), ("/a", 500)] {
        RetainedLevel { side: Side::Left, path, status }.set(1);
    }
    RetainedLevel::retain(|labels| labels.path == "/a" && labels.side == Side::Left);
    let rows = samples("lifecycle_retained_level");
    let labels: Vec<_> = rows.iter().map(|(labels, _)| labels.join(" ")).collect();
    assert_eq!(labels, ["left /a 200", "left /a 500"]);
    // Updates inside the closure meet no lock.
    RetainedLevel::retain(|_| {
        RetainedLevel { side: Side::Left, path: "/inside", status: 1 }.inc();
        false
    });
    assert_eq!(RetainedLevel { side: Side::Left, path: "/a", status: 200 }.get(), None);
}

#[test]
fn what_matches_is_removed_and_counted() {
    for tenant in ["acme", "other"] {
        for side in [Side::Left, Side::Right] {
            MatchedTotal { tenant, side }.inc();
            MatchedBlocksTotal { tenant, side }.inc();
            MatchedClosedTotal { side }.inc();
        }
    }
    assert_eq!(MatchedTotal::remove_matching(|_| false), 0);
    assert_eq!(MatchedTotal::remove_matching(|labels| labels.tenant == "acme"), 2);
    assert_eq!(MatchedTotal::remove_matching(|labels| labels.side == Side::Left), 1);
    let rows = samples("lifecycle_matched_total");
    assert_eq!(rows, [(vec!["other".to_owned(), "right".to_owned()], 1.0)]);

    // A part of a block goes back to zero; all of it goes away.
    assert_eq!(MatchedBlocksTotal::remove_matching(|labels| labels.side == Side::Left), 2);
    let [acme, other] = ["acme", "other"].map(|tenant| {
        let value = |side| MatchedBlocksTotal { tenant, side }.get();
        (value(Side::Left), value(Side::Right))
    });
    assert_eq!([acme, other], [(Some(0), Some(1)); 2]);
    assert_eq!(MatchedBlocksTotal::remove_matching(|labels| labels.tenant == "acme"), 2);
    assert_eq!(samples("lifecycle_matched_blocks_total").len(), 2);

    assert_eq!(MatchedClosedTotal::remove_matching(|labels| labels.side == Side::Left), 1);
    assert_eq!(MatchedClosedTotal { side: Side::Left }.get(), Some(0));
    assert_eq!(MatchedClosedTotal { side: Side::Right }.get(), Some(2));

    // Updates inside of the closure meet no lock.
    let removed = MatchedTotal::remove_matching(|_| {
        MatchedTotal { tenant: "inside", side: Side::Left }.inc();
        true
    });
    assert_eq!(removed, 1);
    assert_eq!(MatchedTotal { tenant: "inside", side: Side::Left }.get(), Some(1));
}

#[test]
fn clear_removes_all_and_reset_keeps_all() {
    ClearedRatio { path: "/a" }.observe(0.5);
    ClearedRatio { path: "/b" }.observe(2.0);
    ClearedRatio::clear();
    assert_eq!(samples("lifecycle_cleared_ratio"), []);
    ClearedRatio { path: "/a" }.observe(3.0);
    let reading = ClearedRatio { path: "/a" }.get().unwrap();
    assert_eq!((reading.buckets, reading.sum), (vec![0, 1], 3.0));

    let handle = ResetTotal { path: "/a" }.child();
    handle.inc_by(2.5);
    ResetTotal::reset();
    assert_eq!(ResetTotal { path: "/a" }.get(), Some(0.0));
    handle.inc_by(0.5);
    assert_eq!(ResetTotal { path: "/a" }.get(), Some(0.5));
}

#[test]
fn closed_families_go_back_to_zero() {
    let set = ClosedTotal { side: Side::Left };
    let handle = set.child();
    handle.inc_by(3);
    ClosedTotal::reset();
    assert_eq!(set.get(), Some(0));
    handle.inc();
    ClosedTotal::clear();
    assert_eq!(samples("lifecycle_closed_total").len(), 2);
    assert_eq!(set.get(), Some(0));
    handle.inc();
    assert!(set.remove());
    handle.inc();
    assert_eq!(set.get(), Some(1));
    ClosedTotal::retain(|labels| labels.side == Side::Right);
    assert_eq!(set.get(), Some(0));

    // What is not exported from the start is gone until it is touched again, also by a handle.
    let lazy = LazyTotal { side: Side::Left };
    let handle = lazy.child();
    handle.inc();
    assert!(lazy.remove());
    assert!(!lazy.remove());
    assert_eq!(lazy.get(), None);
    assert_eq!(samples("lifecycle_lazy_total"), []);
    handle.inc();
    assert_eq!(lazy.get(), Some(1));
}

#[test]
fn children_that_come_and_go_start_at_zero() {
    for round in 0..300 {
        for n in 0..100 {
            let path = format!("/{round}/{n}");
            ChurnedTotal { path: &path }.inc();
            ChurnedLevel { path: &path }.inc();
            assert_eq!(ChurnedTotal { path: &path }.get(), Some(1), "{path}");
            assert_eq!(ChurnedLevel { path: &path }.get(), Some(1), "{path}");
        }
        ChurnedTotal::clear();
        for n in 0..100 {
            assert!(ChurnedLevel { path: &format!("/{round}/{n}") }.remove());
        }
    }
    assert_eq!(samples("lifecycle_churned_total"), []);
}

#[test]
fn the_order_is_that_of_creation_and_a_re_used_place_keeps_its_own() {
    let order = || {
        let rows = samples("lifecycle_order_total");
        rows.into_iter().map(|(labels, _)| labels.concat()).collect::<Vec<_>>()
    };
    let create = |path| OrderTotal { path }.init();
    ["b", "c", "a"].into_iter().for_each(create);
    assert_eq!(order(), ["b", "c", "a"]);
    // Two scrapes later the place of a removed one is used again.
    OrderTotal { path: "c" }.remove();
    assert_eq!(order(), ["b", "a"]);
    order();
    create("d");
    assert_eq!(order(), ["b", "d", "a"]);
}
