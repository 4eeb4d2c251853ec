//! Functions that are no ordinary ones.
use caas_metrics::counted;

#[counted]
#[unsafe(naked)]
extern "C" fn assembly() {
    core::arch::naked_asm!("ret")
}

fn main() {}
