//! The methods that a server is known to have.
//!
//! What shows that it has one is in `rpc`.
//! Invariant: a look-up takes no lock and allocates nothing; memory is bounded, whatever clients send.

use std::sync::OnceLock;

/// Places of the table. A name is in one of the `STEPS` that begin with its hash.
const PLACES: usize = 512;

const STEPS: usize = 16;

/// The longest path that is remembered.
const LONGEST: usize = 256;

/// Methods that a server is known to have: those of a list, or those that it has answered.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[derive(Debug)]
pub struct Names {
    places: [OnceLock<Name>; PLACES],
    /// If there is a list, only its names count.
    list: Option<&'static [&'static str]>,
    is_filled: OnceLock<()>,
}

/// A method: `/package.Service/Method`.
#[derive(Debug)]
pub(super) struct Name {
    path: Box<str>,
    /// Where the second `/` is.
    slash: usize,
}

impl Name {
    fn new(path: Box<str>) -> Option<Self> {
        let slash = 1 + path.strip_prefix('/')?.find('/')?;
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
        let (service, method) = (path.get(1..slash)?, path.get(slash + 1..)?);
        let is_one = |part: &str| !part.is_empty() && part.bytes().all(is_name);
        (is_one(service) && is_one(method)).then_some(Self { path, slash })
    }

    pub(super) fn service(&self) -> &str {
        self.path.get(1..self.slash).unwrap_or_default()
    }

    pub(super) fn method(&self) -> &str {
        self.path.get(self.slash + 1..).unwrap_or_default()
    }
}

impl Names {
    /// The names that servers of this process have shown.
    pub(super) const fn learned() -> &'static Self {
        static LEARNED: Names = Names::new(None);
        &LEARNED
    }

    /// Only the names of the list, or those that the server shows.
    #[must_use]
    pub const fn new(list: Option<&'static [&'static str]>) -> Self {
        Self { places: [const { OnceLock::new() }; PLACES], list, is_filled: OnceLock::new() }
    }

    /// The method of this path, if the server is known to have it.
    pub(super) fn find(&self, path: &str) -> Option<&Name> {
        if let Some(list) = self.list {
            self.is_filled.get_or_init(|| {
                for path in list {
                    self.insert(path);
                }
            });
        }
        self.steps(path).map_while(OnceLock::get).find(|name| *name.path == *path)
    }

    /// The server has shown that it has this method. `None` if the table is full, or it is not in the
    /// list.
    pub(super) fn learn(&self, path: &str) -> Option<&Name> {
        if self.list.is_some() { self.find(path) } else { self.insert(path) }
    }

    fn insert(&self, path: &str) -> Option<&Name> {
        if path.len() > LONGEST {
            return None;
        }
        let mut name = Some(Name::new(path.into())?);
        self.steps(path).find_map(|place| {
            // Another thread may be quicker, with this name or another one.
            let there = match name.take() {
                Some(new) => match place.set(new) {
                    Ok(()) => place.get()?,
                    Err(new) => {
                        name = Some(new);
                        place.get()?
                    }
                },
                None => return None,
            };
            (*there.path == *path).then_some(there)
        })
    }

    /// The places in which a path can be.
    fn steps(&self, path: &str) -> impl Iterator<Item = &OnceLock<Name>> {
        // FNV-1a. Clients can choose what is looked up, but not what is there.
        let hash = path.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let first = (hash >> 32) as usize;
        (0..STEPS).map(move |step| &self.places[(first + step) % PLACES])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_two_parts() {
        let name = Name::new("/shop.v1.Orders/Place".into()).unwrap();
        assert_eq!((name.service(), name.method()), ("shop.v1.Orders", "Place"));
        for path in ["", "/", "//", "/a", "/a/", "//b", "a/b", "/a/b/c", "/a b/c", "/a/ü", "/a/b?"]
        {
            assert!(Name::new(path.into()).is_none(), "{path}");
        }
    }

    #[test]
    fn names_are_learned_once_up_to_a_limit() {
        let names = Names::new(None);
        assert!(names.find("/a.B/C").is_none());
        let learned = names.learn("/a.B/C").unwrap();
        assert!(std::ptr::eq(learned, names.learn("/a.B/C").unwrap()));
        assert!(std::ptr::eq(learned, names.find("/a.B/C").unwrap()));
        assert!(names.find("/a.B/D").is_none());
        assert!(names.learn(&format!("/a/{}", "b".repeat(LONGEST))).is_none());

        let learned = (0..10_000).filter(|n| names.learn(&format!("/a/b{n}")).is_some()).count();
        assert!((100..PLACES).contains(&learned), "{learned}");
        assert!(names.find("/a.B/C").is_some());
    }

    #[test]
    fn a_list_is_all_there_is() {
        let names = Names::new(Some(&["/a.B/C"]));
        assert_eq!(names.find("/a.B/C").unwrap().method(), "C");
        assert!(names.learn("/a.B/D").is_none());
        assert!(names.find("/a.B/D").is_none());
    }
}
