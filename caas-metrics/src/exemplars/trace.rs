//! The identity of a trace and a span.
//!
//! Not here: which one is current (`source.rs`). Invariant: no id is zero, which stands for none.

use core::num::{NonZeroU64, NonZeroU128};

/// A trace, and the span of it that an update belongs to, as W3C Trace Context has them.
///
/// As labels of an exemplar it is `trace_id` and, if the span is known, `span_id`, in hexadecimal digits.
///
/// ```
/// use caas_metrics::exemplars::TraceContext;
///
/// let trace = TraceContext::from_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
/// assert_eq!(trace.unwrap().span_id(), Some(0x00f0_67aa_0ba9_02b7));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceContext {
    trace: NonZeroU128,
    span: Option<NonZeroU64>,
}

impl TraceContext {
    /// A trace and a span by their ids; `None` if one is zero, which stands for no id.
    ///
    /// Ids in bytes are numbers in big-endian order: `u128::from_be_bytes(id.to_bytes())`.
    #[must_use]
    pub const fn new(trace_id: u128, span_id: u64) -> Option<Self> {
        match (NonZeroU128::new(trace_id), NonZeroU64::new(span_id)) {
            (Some(trace), Some(span)) => Some(Self { trace, span: Some(span) }),
            _ => None,
        }
    }

    /// A trace by its id, without a span; `None` if the id is zero.
    ///
    /// ```
    /// let trace = caas_metrics::exemplars::TraceContext::of_trace(0xabc).unwrap();
    /// assert_eq!((trace.trace_id(), trace.span_id()), (0xabc, None));
    /// ```
    #[must_use]
    pub const fn of_trace(trace_id: u128) -> Option<Self> {
        match NonZeroU128::new(trace_id) {
            Some(trace) => Some(Self { trace, span: None }),
            None => None,
        }
    }

    /// The trace of a `traceparent` header, if it is sampled; `None` for any other, and for a text that is
    /// no such header.
    ///
    /// ```
    /// use caas_metrics::exemplars::TraceContext;
    ///
    /// let not_sampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
    /// assert_eq!(TraceContext::from_traceparent(not_sampled), None);
    /// ```
    #[must_use]
    pub fn from_traceparent(header: &str) -> Option<Self> {
        let mut parts = header.split('-');
        let [version, trace, span, flags] = [2, 32, 16, 2].map(|digits| {
            let part = parts.next().filter(|part| part.len() == digits);
            let is_hexadecimal = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            let part = part.filter(|part| part.bytes().all(is_hexadecimal));
            part.and_then(|part| u128::from_str_radix(part, 16).ok())
        });
        // Later versions may have more parts.
        let is_whole = match version? {
            0 => parts.next().is_none(),
            version => version != 0xff,
        };
        let is_sampled = flags? & 1 == 1;
        if is_whole && is_sampled { Self::new(trace?, u64::try_from(span?).ok()?) } else { None }
    }

    /// The id of the trace.
    #[must_use]
    pub const fn trace_id(&self) -> u128 {
        self.trace.get()
    }

    /// The id of the span, if it is known.
    #[must_use]
    pub const fn span_id(&self) -> Option<u64> {
        match self.span {
            Some(span) => Some(span.get()),
            None => None,
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn only_a_sampled_traceparent_is_read() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let read = |header: &str| TraceContext::from_traceparent(header).map(|it| it.trace_id());
        let whole = Some(0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);
        assert_eq!(read(&format!("00-{trace}-00f067aa0ba902b7-01")), whole);
        assert_eq!(read(&format!("01-{trace}-00f067aa0ba902b7-03-more")), whole);
        for bad in [
            format!("00-{trace}-00f067aa0ba902b7-02"),
            format!("00-{trace}-00f067aa0ba902b7-01-more"),
            format!("ff-{trace}-00f067aa0ba902b7-01"),
            format!("00-{trace}-0000000000000000-01"),
            format!("00-{}-00f067aa0ba902b7-01", trace.to_uppercase()),
            format!("00-{trace}-+0f067aa0ba902b7-01"),
            format!("00-{trace}-00f067aa0ba902b7"),
            String::new(),
        ] {
            assert_eq!(read(&bad), None, "{bad}");
        }
    }
}
