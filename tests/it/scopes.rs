//! Scopes: the series of a label value end with its last scope, and late updates do not bring them back.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::{panic, thread};

use caas_metrics::{Label, Scope, counted, in_flight, metrics, timed};

use crate::{families::samples, held::Over};

/// Each test has a label type of its own, or values of its own.
#[derive(Label, Clone, Copy, PartialEq)]
pub struct Peer(u64);

#[derive(Label, Clone, Debug, PartialEq)]
pub struct Tenant(String);

#[derive(Label)]
#[label(max_bytes = 8)]
pub struct Room<'a>(&'a str);

#[derive(Label)]
pub struct Either<T>(T);

#[derive(Label, Clone, Copy)]
pub enum Side {
    Left,
    Right,
}

metrics! {
    namespace = "scopes";

    /// First label.
    pub counter MessagesTotal { peer: Peer, kind: &str }

    /// Last label, and a closed one.
    pub gauge RoutesKnown { side: Side, kind: &str, peer: Peer }

    /// Two of one type.
    pub counter LinksTotal { from: Peer, to: Peer }

    /// A block of several series.
    #[zeroed(side)]
    pub counter BlocksTotal { side: Side, peer: Peer }

    /// A block, by name only.
    #[zeroed]
    #[updown]
    pub gauge BlockLevel { peer: Peer, side: Side }

    /// By tenant.
    pub counter LoginsTotal { tenant: Tenant, peer: Peer }

    /// By reference, perhaps.
    pub counter MaybeTotal { tenant: Option<&Tenant> }

    /// Borrowed.
    pub counter RoomsTotal { room: Room<'_> }

    /// With strings and with numbers.
    pub counter EitherTextTotal { either: Either<&str> }

    /// The same with numbers.
    pub counter EitherNumberTotal { either: Either<u64> }

    /// Full.
    #[limit = 2]
    pub counter FullTotal { peer: Peer }

    /// Without such a label.
    pub counter OthersTotal { peer: u64 }

    /// In flight.
    #[held]
    pub gauge CallsInFlight { peer: Peer }

    /// Seconds of a call.
    pub histogram CallSeconds { peer: Peer }

    /// Calls by outcome.
    pub counter CallsTotal { peer: Peer, outcome: caas_metrics::Outcome }

    /// Churned.
    #[limit = 100000]
    pub counter ChurnedTotal { peer: Peer, kind: &str }

    /// Churned, as a gauge.
    #[limit = 100000]
    pub gauge ChurnedLevel { kind: &str, peer: Peer }

    /// Churned, and held.
    #[held]
    #[limit = 100000]
    pub gauge ChurnedInFlight { peer: Peer }
}

/// The series of a family that have this label value.
fn series_of(family: &str, value: &str) -> usize {
    samples(family).iter().filter(|(labels, _)| labels.iter().any(|found| found == value)).count()
}

#[test]
fn a_value_ends_everywhere() {
    let scope = Scope::of(Peer(1001));
    let (peer, other) = (*scope.value(), Peer(1002));
    for kind in ["open", "update"] {
        MessagesTotal { peer, kind }.inc();
        MessagesTotal { peer: other, kind }.inc();
        RoutesKnown { side: Side::Left, kind, peer }.set(3);
    }
    LinksTotal { from: peer, to: other }.inc();
    LinksTotal { from: other, to: peer }.inc();
    LinksTotal { from: other, to: other }.inc();
    BlocksTotal { side: Side::Left, peer }.inc();
    BlockLevel { peer, side: Side::Right }.inc();
    LoginsTotal { tenant: Tenant("acme".into()), peer }.inc();
    OthersTotal { peer: 1001 }.inc();
    let families = [
        ("scopes_messages_total", 2),
        ("scopes_routes_known", 2),
        ("scopes_links_total", 2),
        ("scopes_blocks_total", 2),
        ("scopes_block_level", 2),
        ("scopes_logins_total", 1),
        ("scopes_others_total", 1),
    ];
    for (family, series) in families {
        assert_eq!(series_of(family, "1001"), series, "{family}");
    }
    drop(scope);
    for (family, _) in families {
        let left = usize::from(family == "scopes_others_total");
        assert_eq!(series_of(family, "1001"), left, "{family}");
    }
    assert_eq!(MessagesTotal { peer: other, kind: "open" }.get(), Some(1));
    assert_eq!(LinksTotal { from: other, to: other }.get(), Some(1));
}

#[test]
fn late_updates_go_nowhere() {
    let peer = Peer(2001);
    let scope = Scope::of(peer);
    let set = MessagesTotal { peer, kind: "late" };
    let (kept, level) = (set.child(), RoutesKnown { side: Side::Left, kind: "late", peer }.child());
    let (guard, timer) = (CallsInFlight { peer }.hold(), CallSeconds { peer }.start_timer());
    kept.inc();
    drop(scope);
    let lost = lost();
    let update = || {
        kept.inc();
        level.set(7);
        set.inc();
        set.init();
        set.child().inc_by(3);
        RoutesKnown { side: Side::Right, kind: "late", peer }.set(1);
        BlocksTotal { side: Side::Left, peer }.inc();
        drop(CallsInFlight { peer }.hold());
        CallSeconds { peer }.observe(1);
    };
    update();
    thread::scope(|threads| {
        threads.spawn(update);
    });
    drop((guard, timer));
    for family in
        ["messages_total", "routes_known", "blocks_total", "calls_in_flight", "call_seconds"]
    {
        assert_eq!(series_of(&format!("scopes_{family}"), "2001"), 0, "{family}");
    }
    assert_eq!(self::lost(), lost, "they are not lost for want of memory");

    // It comes back, and old handles stay without effect.
    let scope = Scope::of(peer);
    set.inc();
    kept.inc_by(100);
    assert_eq!(set.get(), Some(1));
    drop(scope);
    assert_eq!(set.get(), None);
}

fn lost() -> f64 {
    samples("caas_metrics_lost_total").iter().map(|(_, number)| number).sum()
}

#[test]
fn the_last_scope_of_a_value_ends_it() {
    let peer = Peer(3001);
    let set = MessagesTotal { peer, kind: "two" };
    let (first, second) = (Scope::of(peer), Scope::of(peer));
    set.inc();
    drop(first);
    assert_eq!(set.get(), Some(1));
    set.inc();
    let third = Scope::of(peer);
    drop(second);
    assert_eq!(set.get(), Some(2));
    thread::spawn(move || drop(third)).join().unwrap();
    assert_eq!(set.get(), None);
}

#[test]
fn a_value_without_a_scope_has_series_as_always() {
    let set = MessagesTotal { peer: Peer(4001), kind: "none" };
    set.inc();
    drop(Scope::of(Peer(4002)));
    set.inc();
    assert_eq!(set.get(), Some(2));
    // A scope may also begin after the series.
    drop(Scope::of(Peer(4001)));
    assert_eq!(set.get(), None);
}

#[test]
fn strings_end_too() {
    let tenant = || Tenant("a tenant whose name takes more than forty-seven bytes".into());
    let scope = Scope::of(tenant());
    let owned = tenant();
    LoginsTotal { tenant: tenant(), peer: Peer(5001) }.inc();
    MaybeTotal { tenant: Some(&owned) }.inc();
    MaybeTotal { tenant: None }.inc();
    assert_eq!(scope.value(), &owned);
    assert_eq!(format!("{scope:?}"), format!("Scope({:?})", owned.0));
    drop(scope);
    assert_eq!(LoginsTotal { tenant: tenant(), peer: Peer(5001) }.get(), None);
    assert_eq!(MaybeTotal { tenant: Some(&owned) }.get(), None);
    MaybeTotal { tenant: Some(&owned) }.inc();
    assert_eq!(MaybeTotal { tenant: Some(&owned) }.get(), None);
    assert_eq!(MaybeTotal { tenant: None }.get(), Some(1));
}

#[test]
fn values_that_borrow() {
    fn open(name: &str) -> Scope<Box<str>> {
        Scope::of_text(&Room(name))
    }
    let (scope, long) = (open("kitchen"), open("a name above the limit"));
    RoomsTotal { room: Room(scope.value()) }.inc();
    RoomsTotal { room: Room("a name above the limit") }.inc();
    assert_eq!(RoomsTotal { room: Room("__overflow__") }.get(), None, "it is longer than allowed");
    assert_eq!(series_of("scopes_rooms_total", "__overflow__"), 1);
    drop((scope, long));
    let room = || Room("kitchen");
    assert_eq!(RoomsTotal { room: room() }.get(), None);
    // A late one does not go to the overflow series either.
    RoomsTotal { room: Room("a name above the limit") }.inc();
    assert_eq!(samples("scopes_rooms_total"), [(vec!["__overflow__".to_owned()], 1.0)]);
    // In a block, a scope may borrow.
    let name = String::from("cellar");
    let scope = Scope::of(Room(&name));
    RoomsTotal { room: Room(&name) }.inc();
    drop(scope);
    assert_eq!(RoomsTotal { room: Room(&name) }.get(), None);
}

#[test]
fn one_type_with_numbers_and_with_strings() {
    let count = || {
        EitherTextTotal { either: Either("77") }.inc();
        EitherNumberTotal { either: Either(77) }.inc();
        EitherNumberTotal { either: Either(u64::MAX) }.inc();
    };
    let counts = || {
        let number = |n| EitherNumberTotal { either: Either(n) }.get();
        (EitherTextTotal { either: Either("77") }.get(), number(77), number(u64::MAX))
    };
    count();
    drop(Scope::of(Either(77_u8)));
    assert_eq!(counts(), (None, None, Some(1)));
    count();
    assert_eq!(counts(), (None, None, Some(2)));
    let scope = Scope::of(Either("77"));
    count();
    assert_eq!(counts(), (Some(1), Some(1), Some(3)));
    drop(scope);
    drop(Scope::of(Either(u64::MAX.to_string())));
    assert_eq!(counts(), (None, None, None));
}

#[test]
fn above_the_limit() {
    let scopes: Vec<_> = (6001..=6003).map(|n| Scope::of(Peer(n))).collect();
    for n in 6001..=6003 {
        FullTotal { peer: Peer(n) }.inc();
    }
    let overflow = || series_of("scopes_full_total", "__overflow__");
    let value = |n| FullTotal { peer: Peer(n) }.get();
    assert_eq!((value(6001), value(6003), overflow()), (Some(1), None, 1));
    let handle = FullTotal { peer: Peer(6003) }.child();
    drop(scopes);
    assert_eq!((value(6001), value(6002), overflow()), (None, None, 1));
    // There is room again, also after late updates.
    for n in 6001..=6003 {
        FullTotal { peer: Peer(n) }.inc();
    }
    FullTotal { peer: Peer(6004) }.inc();
    FullTotal { peer: Peer(6005) }.inc();
    assert_eq!((value(6001), value(6004), value(6005)), (None, Some(1), Some(1)));
    // A handle of the overflow series is still one.
    handle.inc();
    // When the family is full, a late update is not one above the limit.
    let before = overflown();
    FullTotal { peer: Peer(6001) }.inc();
    assert!(overflown() <= before);
    FullTotal { peer: Peer(6006) }.inc();
    assert!(overflown() > before);
}

/// Updates of `FullTotal` above its limit.
fn overflown() -> f64 {
    let full = samples("scopes_full_total");
    full.iter().find(|(labels, _)| labels[0] == "__overflow__").map_or(0.0, |(_, number)| *number)
}

#[test]
fn a_scope_that_a_panic_drops() {
    let peer = Peer(7001);
    let set = MessagesTotal { peer, kind: "panic" };
    let result = panic::catch_unwind(|| {
        let _scope = Scope::of(peer);
        MessagesTotal { peer, kind: "panic" }.inc();
        panic::resume_unwind(Box::new(()));
    });
    assert!(result.is_err());
    assert_eq!(set.get(), None);
    let _scope = Scope::of(peer);
    set.inc();
    assert_eq!(set.get(), Some(1));
}

#[in_flight(CallsInFlight { peer })]
#[timed(CallSeconds { peer })]
#[counted(CallsTotal { peer, outcome: _ })]
async fn call(peer: Peer, scope: Option<Scope<Peer>>) -> Result<(), ()> {
    drop(scope);
    Ok(())
}

#[test]
fn attributes_end_after_the_scope() {
    let peer = Peer(8001);
    let run = |scope| pollster(call(peer, scope)).unwrap();
    run(Some(Scope::of(peer)));
    for family in ["calls_in_flight", "call_seconds", "calls_total"] {
        assert_eq!(series_of(&format!("scopes_{family}"), "8001"), 0, "{family}");
    }
    let _scope = Scope::of(peer);
    run(None);
    let outcome = caas_metrics::Outcome::Ok;
    assert_eq!(CallsTotal { peer, outcome }.get(), Some(1));
    assert_eq!(CallsInFlight { peer }.get(), Some(0));
}

/// Runs a future that is never pending.
fn pollster<F: Future>(future: F) -> F::Output {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("it is pending"),
    }
}

/// Threads count a few peers while these come and go. In the end nothing is left of those that are gone,
/// and what is counted of the peer that stays is exact.
#[test]
fn peers_come_and_go_beside_updates() {
    const PEERS: u64 = 4;
    const FIRST: u64 = 9000;
    const STAYS: Peer = Peer(FIRST + PEERS);
    let (is_over, counted) = (AtomicBool::new(false), AtomicU64::new(0));
    let _stays = Scope::of(STAYS);
    thread::scope(|threads| {
        for n in 0..3_usize {
            let (is_over, counted) = (&is_over, &counted);
            threads.spawn(move || {
                let kind = ["a", "b", "c"][n];
                let mut own = 0;
                while !is_over.load(Ordering::Relaxed) {
                    for n in 0..PEERS {
                        let peer = Peer(FIRST + n);
                        let kept = ChurnedTotal { peer, kind: "kept" }.child();
                        ChurnedTotal { peer, kind }.inc();
                        let _held = ChurnedInFlight { peer }.hold();
                        ChurnedLevel { kind, peer }.set(1);
                        kept.inc();
                        ChurnedTotal { peer: STAYS, kind }.inc();
                        own += 1;
                    }
                }
                counted.fetch_add(own, Ordering::Relaxed);
            });
        }
        // Also when an assertion fails, so that the threads end.
        let _over = Over(&is_over);
        for _ in 0..400 {
            let scopes: Vec<_> = (0..PEERS).map(|n| Scope::of(Peer(FIRST + n))).collect();
            thread::yield_now();
            thread::scope(|threads| {
                for scope in scopes {
                    threads.spawn(|| {
                        let peer = *scope.value();
                        let again = Scope::of(peer);
                        drop(scope);
                        drop(again);
                        // Updates go on, and find nothing to count in.
                        assert_eq!(ChurnedInFlight { peer }.get(), None);
                    });
                }
            });
        }
    });
    for n in 0..PEERS {
        for family in ["churned_total", "churned_level", "churned_in_flight"] {
            let text = (FIRST + n).to_string();
            assert_eq!(series_of(&format!("scopes_{family}"), &text), 0, "{family} {text}");
        }
    }
    let kinds = ["a", "b", "c"];
    let sum: u64 = kinds.iter().filter_map(|kind| ChurnedTotal { peer: STAYS, kind }.get()).sum();
    assert_eq!(sum, counted.load(Ordering::Relaxed));
}
