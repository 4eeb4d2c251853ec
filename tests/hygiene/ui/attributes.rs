use renamed::{Outcome, counted, in_flight, metrics, timed};

metrics! {
    /// Logouts.
    counter LogoutsTotal { outcome: Outcome }
}

struct Users;

#[timed]
impl Users {
    fn find(&self) {}

    #[counted]
    fn remove(&self) -> Result<(), String> {
        Ok(())
    }
}

#[in_flight]
async fn login() {}

#[counted(LogoutsTotal { outcome: _ }, on(err))]
fn logout() -> Result<(), String> {
    Ok(())
}

fn main() {
    Users.find();
}
