//! Gauges that are held: guards take them down again, in the life of the series in which they went up.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use caas_metrics::{Child, GaugeGuard, Label, in_flight, metrics};

#[derive(Label, Clone, Copy, Debug, PartialEq)]
pub enum Side {
    Left,
    Right,
}

metrics! {
    namespace = "held";

    /// Held, with an open label.
    #[held]
    pub gauge OpenSessions { path: &str }

    /// Held, in floats.
    #[held]
    pub gauge OpenRatio<f64> { path: &str }

    /// Held, without labels.
    #[held]
    pub gauge AloneSessions;

    /// Held, with a closed label.
    #[held]
    pub gauge ClosedSessions { side: Side }

    /// Held, with a closed label in floats.
    #[held]
    pub gauge ClosedRatio<f64> { side: Side }

    /// Held, exported once touched.
    #[held]
    #[lazy]
    pub gauge LazySessions { side: Side }

    /// Held, born together.
    #[held]
    #[zeroed(side)]
    pub gauge BlockSessions { path: &str, side: Side }

    /// Moves up and down, with an open label.
    #[updown]
    pub gauge MovedSessions { path: &str }

    /// Moves up and down, with a closed label.
    #[updown]
    pub gauge MovedClosedSessions { side: Side }

    /// Can be set.
    pub gauge SetSessions { path: &str }

    /// Can be set, in floats.
    pub gauge SetRatio<f64> { path: &str }

    /// Can be set, without labels.
    pub gauge SetAloneSessions;

    /// Can be set, with a closed label.
    pub gauge SetClosedSessions { side: Side }

    /// Can be set, exported once touched.
    #[lazy]
    pub gauge SetLazySessions { side: Side }

    /// Can be set, born together.
    #[zeroed(side)]
    pub gauge SetBlockSessions { path: &str, side: Side }

    /// Full.
    #[held]
    #[limit = 1]
    pub gauge FullSessions { path: &str }

    /// Full, and can be set.
    #[limit = 1]
    pub gauge FullSetSessions { path: &str }

    /// Rooms.
    #[held]
    pub gauge RoomSessions { path: &str }

    /// Rooms that can be set.
    pub gauge RoomSetSessions { path: &str }

    /// Held by many threads.
    #[held]
    pub gauge ThreadSessions { path: &str }

    /// Held by many threads, and can be set.
    pub gauge ThreadSetSessions { path: &str }

    /// Refuses.
    #[held]
    pub gauge FussyRatio<f64> { path: &str }

    /// Refuses, and can be set.
    pub gauge FussySetRatio<f64> { path: &str }

    /// Outlives a reset.
    pub gauge OutliveSessions { path: &str }

    /// In flight.
    #[held]
    pub gauge CallsInFlight { path: &str }

    /// Raced for.
    #[held]
    pub gauge RacedSessions { path: &str }

    /// Raced for, and can be set.
    pub gauge RacedSetSessions { path: &str }

    /// Raced for, closed.
    #[held]
    pub gauge RacedClosedSessions { side: Side }

    /// Raced for, closed, and can be set.
    pub gauge RacedClosedSetSessions { side: Side }
}

/// What each kind of gauge does with guards, in a series of its own.
macro_rules! kinds {
    ($($test:ident: $family:ident $labels:tt, $one:expr, $removal:expr;)*) => {$(
        #[test]
        fn $test() {
            let set = $family $labels;
            let (zero, two) = ($one - $one, $one + $one);
            let first = set.hold();
            let second = set.child().hold_by(two);
            assert_eq!(set.get(), Some($one + two));
            drop(first);
            assert_eq!(set.get(), Some(two));
            drop(second);
            assert_eq!(set.get(), Some(zero));

            // Reset, and counted again.
            let before = set.hold();
            $family::reset();
            let after = set.hold();
            assert_eq!(set.get(), Some($one));
            drop(before);
            assert_eq!(set.get(), Some($one));
            drop(after);
            assert_eq!(set.get(), Some(zero));

            // Removed, and there again.
            let before = set.hold();
            let handle = set.child();
            assert!(set.remove());
            assert_eq!(set.get(), $removal.is_there.then_some(zero));
            let after = set.hold();
            drop(before);
            assert_eq!(set.get(), Some($one));
            // A stale handle holds nothing, and one that is not stale does.
            let by_handle = handle.hold();
            let held = set.get();
            drop(by_handle);
            assert_eq!(set.get(), Some($one));
            assert_eq!(held, Some(if $removal.is_stale { $one } else { two }));
            drop(after);
            assert_eq!(set.get(), Some(zero));

            // Cleared.
            let before = set.hold();
            $family::clear();
            set.init();
            drop(before);
            assert_eq!(set.get(), Some(zero));
        }
    )*};
}

/// Of children that are removed, and whose handles are stale then.
const GONE: Removal = Removal { is_there: false, is_stale: true };
/// Of children that go back to zero.
const ZERO: Removal = Removal { is_there: true, is_stale: false };
/// Of children that are not exported before they are touched again.
const HIDDEN: Removal = Removal { is_there: false, is_stale: false };

struct Removal {
    is_there: bool,
    is_stale: bool,
}

kinds! {
    a_held_gauge: OpenSessions { path: "/" }, 1, GONE;
    a_held_gauge_of_floats: OpenRatio { path: "/" }, 1.0, GONE;
    a_held_gauge_with_closed_labels: ClosedSessions { side: Side::Left }, 1, ZERO;
    a_held_gauge_of_floats_with_closed_labels: ClosedRatio { side: Side::Left }, 1.0, ZERO;
    a_held_gauge_that_is_lazy: LazySessions { side: Side::Left }, 1, HIDDEN;
    a_held_gauge_in_a_block: BlockSessions { path: "/", side: Side::Left }, 1, ZERO;
    a_gauge_that_moves: MovedSessions { path: "/" }, 1, GONE;
    a_gauge_that_moves_with_closed_labels: MovedClosedSessions { side: Side::Left }, 1, ZERO;
    a_gauge_that_can_be_set: SetSessions { path: "/" }, 1, GONE;
    a_gauge_of_floats_that_can_be_set: SetRatio { path: "/" }, 1.0, GONE;
    a_gauge_that_can_be_set_with_closed_labels: SetClosedSessions { side: Side::Left }, 1, ZERO;
    a_gauge_that_can_be_set_and_is_lazy: SetLazySessions { side: Side::Left }, 1, HIDDEN;
    a_gauge_that_can_be_set_in_a_block: SetBlockSessions { path: "/", side: Side::Left }, 1, ZERO;
}

/// A family without labels has neither `remove` nor `clear`.
#[test]
fn gauges_without_labels() {
    let (held, set) = (AloneSessions.hold(), SetAloneSessions.hold_by(5));
    SetAloneSessions.set(7);
    AloneSessions::reset();
    SetAloneSessions::reset();
    drop((held, set));
    assert_eq!((AloneSessions.get(), SetAloneSessions.get()), (Some(0), Some(0)));
    let (held, set) = (AloneSessions.hold_by(3), SetAloneSessions.hold());
    SetAloneSessions.set(7);
    assert_eq!((AloneSessions.get(), SetAloneSessions.get()), (Some(3), Some(8 - 1)));
    drop((held, set));
    assert_eq!((AloneSessions.get(), SetAloneSessions.get()), (Some(0), Some(6)));
}

/// A room that goes to another label set does not go down for it.
#[test]
fn a_guard_never_takes_down_another_series() {
    for n in 0..2_000 {
        let path = format!("/room/{n}");
        let guards = (RoomSessions { path: &path }.hold(), RoomSetSessions { path: &path }.hold());
        RoomSessions { path: &path }.remove();
        RoomSetSessions { path: &path }.remove();
        let other = format!("/other/{n}");
        let others =
            (RoomSessions { path: &other }.hold(), RoomSetSessions { path: &other }.hold());
        drop(guards);
        assert_eq!(RoomSessions { path: &other }.get(), Some(1));
        assert_eq!(RoomSetSessions { path: &other }.get(), Some(1));
        drop(others);
        assert_eq!(RoomSessions { path: &other }.get(), Some(0));
        RoomSessions { path: &other }.remove();
        RoomSetSessions { path: &other }.remove();
    }
}

#[test]
fn above_the_limit_the_overflow_series_is_held() {
    let _first = (FullSessions { path: "a" }.hold(), FullSetSessions { path: "a" }.hold());
    let above = (FullSessions { path: "b" }.hold(), FullSetSessions { path: "b" }.hold_by(4));
    let overflow = || {
        let path = "__overflow__";
        (FullSessions { path }.get(), FullSetSessions { path }.get())
    };
    assert_eq!(overflow(), (Some(1), Some(4)));
    let remained = (FullSessions { path: "c" }.hold(), FullSetSessions { path: "c" }.hold());
    drop(above);
    assert_eq!(overflow(), (Some(1), Some(1)));
    FullSessions::reset();
    FullSetSessions::reset();
    drop(remained);
    assert_eq!(overflow(), (Some(0), Some(0)));
}

#[test]
fn what_is_refused_is_not_taken_back() {
    let set = FussyRatio { path: "/refused" };
    let level = FussySetRatio { path: "/refused" };
    let _kept = (set.hold_by(0.5), level.hold_by(0.5));
    drop((set.hold_by(f64::NAN), set.hold_by(f64::INFINITY)));
    drop((level.hold_by(f64::NAN), level.hold_by(f64::INFINITY)));
    assert_eq!((set.get(), level.get()), (Some(0.5), Some(0.5)));
}

/// A hold on one thread and its end on another; threads that end leave their cells behind.
#[test]
fn guards_cross_threads() {
    fn is_free<T: Send + Sync + 'static>(guard: T) -> T {
        guard
    }
    let (set, level) =
        (ThreadSessions { path: "/threads" }, ThreadSetSessions { path: "/threads" });
    let guards: Vec<_> = (0..8)
        .map(|_| {
            let path = "/threads".to_owned();
            let hold = move || {
                (
                    ThreadSessions { path: &path }.hold(),
                    ThreadSetSessions { path: &path }.hold_by(2),
                )
            };
            thread::spawn(hold).join().unwrap()
        })
        .collect();
    assert_eq!((set.get(), level.get()), (Some(8), Some(16)));
    let ends: Vec<_> =
        guards.into_iter().map(|guard| thread::spawn(move || drop(is_free(guard)))).collect();
    for end in ends {
        end.join().unwrap();
    }
    assert_eq!((set.get(), level.get()), (Some(0), Some(0)));
}

#[test]
fn a_guard_is_small_and_says_whose_it_is() {
    assert!(size_of::<GaugeGuard<RoomSessions<'static>>>() <= 16);
    let guard = RoomSessions { path: "/debug" }.hold();
    assert_eq!(format!("{guard:?}"), "GaugeGuard { family: \"held_room_sessions\", .. }");
}

#[in_flight(CallsInFlight { path })]
fn call(path: &str, in_call: &dyn Fn()) {
    in_call();
}

#[test]
fn attributes_hold() {
    let set = CallsInFlight { path: "/call" };
    call("/call", &|| assert_eq!(set.get(), Some(1)));
    assert_eq!(set.get(), Some(0));
    call("/call", &|| assert!(set.remove()));
    assert_eq!(set.get(), None);
    // Before, the end of the call would have taken the new series below zero.
    call("/call", &|| {
        CallsInFlight::reset();
        assert_eq!(set.get(), Some(0));
    });
    assert_eq!(set.get(), Some(0));
}

/// Says that something is over when it is dropped.
pub(crate) struct Over<'o>(pub(crate) &'o AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Threads hold and let go while another one resets and removes: at the end nothing is held, and in
/// between no gauge is below zero.
fn race(
    hold: impl Fn() -> Vec<Box<dyn Send>> + Sync,
    disturb: impl Fn(usize),
    values: impl Fn() -> Vec<Option<i64>>,
) {
    let is_over = AtomicBool::new(false);
    thread::scope(|threads| {
        for _ in 0..3 {
            threads.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let guards = hold();
                    let end = thread::spawn(move || drop(guards));
                    drop(hold());
                    end.join().unwrap();
                }
            });
        }
        // Also when an assertion fails, so that the threads end.
        let _over = Over(&is_over);
        for n in 0..3_000 {
            disturb(n);
            let found = values();
            // What went down is read before what went up, so no reader sees less than there was.
            assert!(found.iter().all(|value| value.is_none_or(|value| value >= 0)), "{found:?}");
        }
    });
    let found = values();
    assert!(found.iter().all(|value| value.is_none_or(|value| value == 0)), "{found:?}");
}

#[test]
fn guards_beside_resets_and_removals() {
    let path = "/raced";
    race(
        || {
            vec![
                Box::new(RacedSessions { path }.hold()),
                Box::new(RacedSetSessions { path }.hold()),
                Box::new(RacedClosedSessions { side: Side::Left }.hold()),
                Box::new(RacedClosedSetSessions { side: Side::Right }.hold_by(3)),
            ]
        },
        |n| match n % 3 {
            0 => {
                RacedSessions::reset();
                RacedSetSessions::reset();
                RacedClosedSessions::reset();
                RacedClosedSetSessions::reset();
            }
            1 => {
                RacedSessions { path }.remove();
                RacedSetSessions { path }.remove();
                RacedClosedSessions { side: Side::Left }.remove();
                RacedClosedSetSessions { side: Side::Right }.remove();
            }
            _ => thread::yield_now(),
        },
        || {
            vec![
                RacedSessions { path }.get(),
                RacedSetSessions { path }.get(),
                RacedClosedSessions { side: Side::Left }.get(),
                RacedClosedSetSessions { side: Side::Right }.get(),
            ]
        },
    );
}

/// A kept handle of a gauge that can be set goes on after a reset.
#[test]
fn handles_outlive_resets() {
    let handle: Child<OutliveSessions<'static>> = OutliveSessions { path: "/outlive" }.child();
    handle.set(5);
    OutliveSessions::reset();
    handle.inc_by(3);
    assert_eq!(OutliveSessions { path: "/outlive" }.get(), Some(3));
    drop(handle.hold());
    assert_eq!(OutliveSessions { path: "/outlive" }.get(), Some(3));
}
