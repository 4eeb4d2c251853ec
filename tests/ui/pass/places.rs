//! Blocks in functions, in modules with each visibility, under `#[cfg]`, and made by macros.
#![deny(unused, non_local_definitions)]
use caas_metrics::metrics;

mod inner {
    caas_metrics::metrics! {
        /// For everybody.
        pub counter PublicTotal;
        /// For the crate.
        pub(crate) counter CrateTotal { path: &str }
        /// For the parent.
        pub(super) counter SuperTotal { path: &str }
        /// For this module.
        counter PrivateTotal { path: &str }
    }

    pub fn touch() {
        PrivateTotal { path: "/" }.inc();
    }
}

metrics! {
    /// On this system.
    #[cfg(any())]
    counter SystemTotal { kind: NoSuchType }

    /// On all other systems.
    #[cfg(all())]
    counter SystemTotal;
}

macro_rules! declare {
    ($help:literal, $visibility:vis $name:ident { $($label:ident: $type:ty),* } $bound:expr) => {
        metrics! {
            #[doc = $help]
            $visibility counter $name { $($label: $type),* }
        }
        let _ = $bound;
    };
}

fn main() {
    metrics! {
        /// Declared in a function.
        gauge Local { path: &str }
    }
    declare!("Made by a macro.", pub MadeTotal { path: &str, code: u16 } 1);
    Local { path: "/" }.set(1);
    MadeTotal { path: "/", code: 200 }.inc();
    inner::PublicTotal.inc();
    inner::CrateTotal { path: "/" }.inc();
    inner::SuperTotal { path: "/" }.inc();
    inner::touch();
    SystemTotal.inc();
}
