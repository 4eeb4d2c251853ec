//! Where a handle was made, and of which label values, so that it can be used in any isolation.
//!
//! A program may keep handles in statics. In a test they stand for the child of their label values in the
//! test's isolation, as if they had been made there. Not here: what a handle is (`lookup/kept.rs`).
//! Invariant: without the feature `testing` it has no size.

#[cfg(not(feature = "testing"))]
#[allow(unreachable_pub, reason = "a hidden trait names it")]
pub use self::nowhere::Origin;
#[cfg(feature = "testing")]
#[allow(unreachable_pub, reason = "a hidden trait names it")]
pub use self::somewhere::Origin;

#[cfg(not(feature = "testing"))]
mod nowhere {
    use crate::storage::{
        key::LabelText,
        update::{At, Home},
    };

    /// Where a handle was made.
    ///
    /// Not public API. Used by generated code.
    #[doc(hidden)]
    #[derive(Debug, Clone, Copy)]
    pub struct Origin;

    impl Origin {
        /// Here, of values that nobody needs again.
        #[inline]
        pub(crate) fn here<F: Home>() -> Self {
            Self
        }

        /// Here, of these values, of the family at this address.
        #[inline]
        pub(crate) fn of<F: Home>(
            _: usize,
            _: impl FnOnce(&mut dyn FnMut(&[LabelText<'_>])),
        ) -> Self {
            Self
        }

        /// Here, of the same values.
        #[inline]
        pub(crate) fn moved<F: Home>(self) -> Self {
            self
        }

        /// The child of a handle that was made there, in the isolation of the calling thread.
        #[cfg_attr(not(debug_assertions), inline(always))]
        #[allow(clippy::unused_self, reason = "with the feature `testing` it is needed")]
        pub(crate) fn bring<F: Home>(self, at: At, _: impl FnOnce(&[LabelText<'_>]) -> At) -> At {
            at
        }
    }
}

#[cfg(feature = "testing")]
mod somewhere {
    use std::{
        collections::HashSet,
        sync::{LazyLock, Mutex, PoisonError},
    };

    use crate::{
        isolation::current::{away, handle},
        storage::{
            isolated::world,
            key::{LabelText, Text},
            update::{At, Home},
        },
    };

    /// Where a handle was made.
    ///
    /// Not public API. Used by generated code.
    #[doc(hidden)]
    #[derive(Debug, Clone, Copy)]
    pub struct Origin {
        /// The isolation, or 0.
        world: u64,
        /// Absent if the handle does not leave its isolation.
        made_of: Option<&'static MadeOf>,
    }

    /// A family, by its address, and label values. Equal ones are there once.
    #[derive(Debug, PartialEq, Eq, Hash)]
    struct MadeOf {
        family: usize,
        values: Vec<Value>,
    }

    /// A label value, owned.
    #[derive(Debug, PartialEq, Eq, Hash)]
    enum Value {
        Integer(u32),
        Text(String),
    }

    static ALL: LazyLock<Mutex<HashSet<&'static MadeOf>>> = LazyLock::new(Mutex::default);

    impl Origin {
        /// Here, of values that nobody needs again.
        pub(crate) fn here<F: Home>() -> Self {
            Self { world: world::<F>(), made_of: None }
        }

        /// Here, of these values, of the family at this address.
        pub(crate) fn of<F: Home>(
            family: usize,
            show: impl FnOnce(&mut dyn FnMut(&[LabelText<'_>])),
        ) -> Self {
            let here = Self::here::<F>();
            if F::SHAPE.is_closed() {
                return here;
            }
            let mut made_of = None;
            show(&mut |values| made_of = Some(away(|| MadeOf::kept(family, values))));
            Self { made_of, ..here }
        }

        /// Here, of the same values.
        pub(crate) fn moved<F: Home>(self) -> Self {
            Self { world: world::<F>(), ..self }
        }

        /// The child of a handle that was made there, in the isolation of the calling thread. `find` finds
        /// or creates it by its values.
        pub(crate) fn bring<F: Home>(
            self,
            at: At,
            find: impl FnOnce(&[LabelText<'_>]) -> At,
        ) -> At {
            if F::SHAPE.is_closed() || at == At::NOWHERE || self.world == world::<F>() {
                return at;
            }
            let Some(made_of) = self.made_of else { return At::NOWHERE };
            handle(std::ptr::from_ref(made_of).addr(), || {
                find(&made_of.values.iter().map(Value::text).collect::<Vec<_>>())
            })
        }
    }
    impl MadeOf {
        /// These, kept for good.
        fn kept(family: usize, values: &[LabelText<'_>]) -> &'static Self {
            let values = values.iter().map(Value::of).collect();
            let made_of = Self { family, values };
            let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = all.get(&made_of) {
                return known;
            }
            let made_of: &'static Self = Box::leak(Box::new(made_of));
            all.insert(made_of);
            made_of
        }
    }

    impl Value {
        fn of(LabelText(text): &LabelText<'_>) -> Self {
            match text {
                Text::Integer(n) => Self::Integer(*n),
                Text::Borrowed(text) => Self::Text((*text).to_owned()),
                Text::Inline(inline) => Self::Text(inline.as_str().to_owned()),
            }
        }

        fn text(&self) -> LabelText<'_> {
            LabelText(match self {
                Self::Integer(n) => Text::Integer(*n),
                Self::Text(text) => Text::Borrowed(text),
            })
        }
    }
}
