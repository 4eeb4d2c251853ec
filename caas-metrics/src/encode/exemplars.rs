//! Which exemplar is shown with a counter, and with each bucket of a histogram.
//!
//! Not here: how it is written. Invariant: an exemplar is in the bucket that its value is counted in, and
//! of several in one bucket the latest is shown.

use core::time::Duration;
use std::time::UNIX_EPOCH;

use crate::sample::Exemplar;

/// The exemplars of one histogram by bucket.
#[derive(Default)]
pub(super) struct ByBucket {
    /// For each bucket the place of its exemplar; empty if no sample has any.
    places: Vec<Option<usize>>,
}

impl ByBucket {
    /// Finds the bucket of each exemplar. The last bucket is `+Inf`, which is not among the bounds.
    #[inline]
    pub(super) fn find(&mut self, bounds: &[f64], exemplars: &[Exemplar]) {
        self.places.clear();
        if !exemplars.is_empty() {
            self.find_each(bounds, exemplars);
        }
    }

    #[cold]
    fn find_each(&mut self, bounds: &[f64], exemplars: &[Exemplar]) {
        self.places.resize(bounds.len() + 1, None);
        for (place, exemplar) in exemplars.iter().enumerate() {
            // NaN is in no bucket.
            let bucket = bounds.partition_point(|bound| *bound < exemplar.value);
            let Some(known) = self.places.get_mut(bucket).filter(|_| !exemplar.value.is_nan())
            else {
                continue;
            };
            let before = known.and_then(|before| exemplars.get(before));
            if before.is_none_or(|before| before.timestamp <= exemplar.timestamp) {
                *known = Some(place);
            }
        }
    }

    /// The exemplar of a bucket, one of those given to [`find`](Self::find).
    #[inline]
    pub(super) fn of<'e>(&self, bucket: usize, exemplars: &'e [Exemplar]) -> Option<&'e Exemplar> {
        exemplars.get((*self.places.get(bucket)?)?)
    }
}

/// The latest of a counter's exemplars.
pub(super) fn latest(exemplars: &[Exemplar]) -> Option<&Exemplar> {
    exemplars.iter().max_by_key(|exemplar| exemplar.timestamp)
}

/// When an exemplar was observed, as Unix time. Those from before are not admitted.
pub(super) fn unix_time(exemplar: &Exemplar) -> Duration {
    exemplar.timestamp.duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exemplars_are_in_the_bucket_of_their_value() {
        let at =
            |value, second| Exemplar::new(&[], value, UNIX_EPOCH + Duration::from_secs(second));
        let exemplars = [at(1.0, 5), at(0.5, 4), at(1.5, 3), at(1e9, 2), at(f64::NAN, 9)];
        let mut by_bucket = ByBucket::default();
        let mut shown = |bounds: &[f64], exemplars: &[Exemplar]| {
            by_bucket.find(bounds, exemplars);
            let of = |bucket| by_bucket.of(bucket, exemplars).map(|exemplar| exemplar.value);
            (0..=bounds.len() + 1).map(of).collect::<Vec<_>>()
        };
        assert_eq!(
            shown(&[1.0, 2.0, 3.0], &exemplars),
            [Some(1.0), Some(1.5), None, Some(1e9), None]
        );
        assert_eq!(shown(&[1.0], &[]), [None, None, None]);
        assert_eq!(shown(&[], &exemplars[1..4]), [Some(0.5), None]);
        assert_eq!(latest(&exemplars[..4]).map(|exemplar| exemplar.value), Some(1.0));
        assert_eq!(latest(&[]), None);
    }
}
