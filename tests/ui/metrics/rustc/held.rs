use caas_metrics::{Child, counted, metrics};

metrics! {
    /// Sessions; only go up by a guard.
    #[held]
    gauge SessionsOpen;

    /// Calls; only grows.
    counter CallsTotal { path: &str }
}

fn by_handle(sessions: Child<SessionsOpen>) {
    sessions.inc();
    sessions.set(3);
}

#[counted(SessionsOpen)]
fn call() {}

fn main() {
    SessionsOpen.inc();
    SessionsOpen.inc_by(2);
    SessionsOpen.dec();
    SessionsOpen.dec_by(2);
    SessionsOpen.set(5);
    SessionsOpen.set_to_current_time();
    SessionsOpen.hold();
    CallsTotal { path: "/" }.hold();
    CallsTotal { path: "/" }.child().hold();
    CallsTotal::remove_matching(|labels| labels.paht == "/");
}
