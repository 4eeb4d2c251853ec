//! The labels of the benchmark, and the label sets of the rows, each written once.
//!
//! Libraries with typed labels get structs from `label_sets!`; those that take names and texts use
//! [`texts`]. Invariant: a label set has the same labels with every contender.

use caas_metrics::Label;

/// A closed label: an enum whose values are known to the compiler.
macro_rules! closed {
    ($(#[$docs:meta])* $name:ident { $($value:ident = $text:literal,)* }) => {
        $(#[$docs])*
        #[derive(Label, Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        pub enum $name {
            $(#[label(rename = $text)] $value,)*
        }

        impl $name {
            pub const ALL: &[Self] = &[$(Self::$value,)*];
            pub const TEXTS: &[&str] = &[$($text,)*];

            #[inline]
            pub const fn text(self) -> &'static str {
                Self::TEXTS[self as usize]
            }
        }
    };
}

closed! {
    /// Nine methods.
    Method {
        Get = "GET", Post = "POST", Put = "PUT", Delete = "DELETE", Patch = "PATCH",
        Head = "HEAD", Options = "OPTIONS", Trace = "TRACE", Connect = "CONNECT",
    }
}

closed! {
    /// What a cache did.
    Cache { Hit = "hit", Miss = "miss", Stale = "stale", Bypass = "bypass", Error = "error", }
}

closed! {
    /// Fourteen places.
    Zone {
        A = "eu-west-1a", B = "eu-west-1b", C = "eu-west-1c", D = "eu-central-1a",
        E = "eu-central-1b", F = "eu-central-1c", G = "us-east-1a", H = "us-east-1b",
        I = "us-east-1c", J = "us-west-2a", K = "us-west-2b", L = "us-west-2c",
        M = "ap-south-1a", N = "ap-south-1b",
    }
}

closed! {
    /// Sixty statuses; the first ten are frequent.
    Status {
        S200 = "200", S201 = "201", S204 = "204", S400 = "400", S401 = "401", S403 = "403",
        S404 = "404", S409 = "409", S429 = "429", S500 = "500", S100 = "100", S101 = "101",
        S102 = "102", S103 = "103", S202 = "202", S203 = "203", S205 = "205", S206 = "206",
        S207 = "207", S208 = "208", S226 = "226", S300 = "300", S301 = "301", S302 = "302",
        S303 = "303", S304 = "304", S305 = "305", S307 = "307", S308 = "308", S402 = "402",
        S405 = "405", S406 = "406", S407 = "407", S408 = "408", S410 = "410", S411 = "411",
        S412 = "412", S413 = "413", S414 = "414", S415 = "415", S416 = "416", S417 = "417",
        S421 = "421", S422 = "422", S423 = "423", S424 = "424", S425 = "425", S426 = "426",
        S428 = "428", S431 = "431", S451 = "451", S501 = "501", S502 = "502", S503 = "503",
        S504 = "504", S505 = "505", S506 = "506", S507 = "507", S508 = "508", S511 = "511",
    }
}

impl Status {
    /// The status as a number.
    #[inline]
    pub const fn number(self) -> u16 {
        let [a, b, c] = *self.text().as_bytes().first_chunk().expect("a status has three digits");
        (a - b'0') as u16 * 100 + (b - b'0') as u16 * 10 + (c - b'0') as u16
    }
}

/// Defines the label sets as structs, with what a library derives.
#[cfg(feature = "peers")]
macro_rules! label_sets {
    ($(#[$attribute:meta])*) => {
        $crate::labels::label_sets! { @ [$(#[$attribute])*]
            Route { method: Method = |r| r.method, path: &'static str = |r| r.path, status: u16 = |r| r.status }
            TwoStrings { method: Method = |r| r.method, path: &'static str = |r| r.path, server: &'static str = |r| r.server }
            Strings { server: &'static str = |r| r.server, path: &'static str = |r| r.path, zone: &'static str = |r| r.zone.text() }
            Integers { shard: u32 = |r| r.shard, status: u16 = |r| r.status }
            ClosedSmall { method: Method = |r| r.method, cache: Cache = |r| r.cache }
            ClosedLarge { code: Status = |r| r.code, zone: Zone = |r| r.zone, cache: Cache = |r| r.cache }
            Endpoint { method: Method = |r| r.method, path: &'static str = |r| r.path }
        }
    };
    (@ $attributes:tt $($name:ident { $($label:ident: $type:ty = $get:expr),* })*) => {
        $($crate::labels::label_sets! { @one $attributes $name { $($label: $type = $get),* } })*
    };
    (@one [$(#[$attribute:meta])*] $name:ident { $($label:ident: $type:ty = $get:expr),* }) => {
        $(#[$attribute])*
        struct $name {
            $($label: $type,)*
        }

        impl From<&Request<'static>> for $name {
            #[inline(always)]
            fn from(request: &Request<'static>) -> Self {
                $(
                    let get: fn(&Request<'static>) -> $type = $get;
                    let $label = get(request);
                )*
                Self { $($label,)* }
            }
        }
    };
}

#[cfg(feature = "peers")]
pub(crate) use label_sets;

/// The same label sets for libraries that take names and texts.
pub mod texts {
    use crate::workload::Request;

    /// Names and texts of labels.
    pub type Texts<'a, const N: usize> = [(&'static str, &'a str); N];

    #[inline]
    pub fn route<'a>(request: &Request<'a>) -> Texts<'a, 3> {
        let (method, status) = (request.method.text(), request.code.text());
        [("method", method), ("path", request.path), ("status", status)]
    }

    #[inline]
    pub fn two_strings<'a>(request: &Request<'a>) -> Texts<'a, 3> {
        [("method", request.method.text()), ("path", request.path), ("server", request.server)]
    }

    #[inline]
    pub fn strings<'a>(request: &Request<'a>) -> Texts<'a, 3> {
        [("server", request.server), ("path", request.path), ("zone", request.zone.text())]
    }

    #[inline]
    pub fn closed_small<'a>(request: &Request<'a>) -> Texts<'a, 2> {
        [("method", request.method.text()), ("cache", request.cache.text())]
    }

    #[inline]
    pub fn closed_large<'a>(request: &Request<'a>) -> Texts<'a, 3> {
        let (code, zone) = (request.code.text(), request.zone.text());
        [("code", code), ("zone", zone), ("cache", request.cache.text())]
    }

    #[inline]
    pub fn endpoint<'a>(request: &Request<'a>) -> Texts<'a, 2> {
        [("method", request.method.text()), ("path", request.path)]
    }

    /// The names of a label set.
    pub fn names<const N: usize>(
        labels: fn(&Request<'static>) -> Texts<'static, N>,
    ) -> [&'static str; N] {
        labels(&crate::workload::ALL[0]).map(|(name, _)| name)
    }

    /// The values of a label set.
    #[inline]
    pub fn values<const N: usize>(labels: Texts<'_, N>) -> [&str; N] {
        labels.map(|(_, text)| text)
    }
}
