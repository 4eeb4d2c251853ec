//! The labels of an exemplar: what they may be, and the one text that is kept of them.
//!
//! In the text, each name and each value comes after its length. Invariant: a text is only made of
//! labels that any format can show.

use caas_metrics_model::is_label_name;

use super::TraceContext;
use crate::sample::Exemplar;

/// The most bytes of a text: 128 characters of at most four bytes, and a length of two bytes for each
/// name and each value. A name has at least one character.
const MOST_BYTES: usize = 4 * Exemplar::MOST_CHARACTERS + 4 * Exemplar::MOST_CHARACTERS;

/// The labels of an exemplar that is not kept yet.
#[doc(hidden)]
#[derive(Debug)]
pub struct Text {
    bytes: [u8; MOST_BYTES],
    len: usize,
    characters: usize,
}

/// What an exemplar can be given by hand: a [`TraceContext`], or pairs of a name and a value.
///
/// Names are `[a-zA-Z_][a-zA-Z0-9_]*`, each at most once. All names and values together have at most 128
/// characters ([`Exemplar::MOST_CHARACTERS`]). Labels that are not so are refused: the update counts, and the
/// exemplar is counted in `caas_metrics_exemplars_lost_total{reason="labels"}`.
///
/// ```
/// caas_metrics::metrics! {
///     /// Mails sent.
///     #[exemplars]
///     pub counter MailsSentTotal;
/// }
///
/// MailsSentTotal.inc_with_exemplar([("message_id", "42")]);
/// let order = String::from("a-17");
/// MailsSentTotal.inc_by_with_exemplar(3, [("order", order.as_str())]);
/// assert_eq!(MailsSentTotal.get(), Some(4));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the labels of an exemplar",
    label = "write a `TraceContext`, or pairs such as `[(\"trace_id\", id)]`"
)]
pub trait ExemplarLabels {
    /// Adds the labels; `false` if they are refused.
    #[doc(hidden)]
    fn __write(&self, text: &mut Text) -> bool;
}

impl ExemplarLabels for [(&str, &str)] {
    fn __write(&self, text: &mut Text) -> bool {
        let mut before = self.iter().enumerate();
        before.all(|(place, (name, value))| {
            let is_twice = self[..place].iter().any(|(earlier, _)| earlier == name);
            is_label_name(name) && !is_twice && text.add(name) && text.add(value)
        })
    }
}

impl<const N: usize> ExemplarLabels for [(&str, &str); N] {
    fn __write(&self, text: &mut Text) -> bool {
        self[..].__write(text)
    }
}

impl ExemplarLabels for TraceContext {
    fn __write(&self, text: &mut Text) -> bool {
        let (mut trace, mut span) = ([0; 32], [0; 16]);
        let trace = hexadecimal(self.trace_id(), &mut trace);
        let span = self.span_id().map(|id| hexadecimal(id.into(), &mut span));
        let ids = [Some(("trace_id", trace)), span.map(|id| ("span_id", id))];
        ids.into_iter().flatten().all(|(name, id)| text.add(name) && text.add(id))
    }
}

impl<L: ExemplarLabels + ?Sized> ExemplarLabels for &L {
    fn __write(&self, text: &mut Text) -> bool {
        L::__write(self, text)
    }
}

/// The last digits of a number.
fn hexadecimal(mut number: u128, digits: &mut [u8]) -> &str {
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789abcdef"[(number & 0xf) as usize];
        number >>= 4;
    }
    core::str::from_utf8(digits).unwrap_or_default()
}

impl Text {
    pub(crate) const fn new() -> Self {
        Self { bytes: [0; MOST_BYTES], len: 0, characters: 0 }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// Adds a name or a value; `false` if all have too many characters.
    fn add(&mut self, part: &str) -> bool {
        // A longer one has too many characters, and need not be counted.
        let is_short = part.len() <= 4 * Exemplar::MOST_CHARACTERS;
        let characters = if is_short { part.chars().count() } else { part.len() };
        self.characters += characters;
        let end = self.len + 2 + part.len();
        let room = self.bytes.get_mut(self.len..end);
        let Some(room) = room.filter(|_| self.characters <= Exemplar::MOST_CHARACTERS) else {
            return false;
        };
        let (length, rest) = room.split_at_mut(2);
        length.copy_from_slice(&(part.len() as u16).to_le_bytes());
        rest.copy_from_slice(part.as_bytes());
        self.len = end;
        true
    }
}

/// The labels in a text that was kept.
pub(crate) fn labels_of(text: &[u8]) -> Vec<(String, String)> {
    let mut rest = text;
    let mut part = move || {
        let (length, after) = rest.split_first_chunk::<2>()?;
        let (part, after) = after.split_at_checked(u16::from_le_bytes(*length).into())?;
        rest = after;
        Some(String::from_utf8_lossy(part).into_owned())
    };
    std::iter::from_fn(|| part().zip(part())).collect()
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn round(labels: &[(&str, &str)]) -> Option<Vec<(String, String)>> {
        let mut text = Text::new();
        labels.__write(&mut text).then(|| labels_of(text.as_bytes()))
    }

    #[test]
    fn labels_come_back_as_they_were() {
        for labels in [&[][..], &[("a", "")], &[("a", "ü\n\"\\"), ("_b9", "𝕏")]] {
            let owned: Vec<_> =
                labels.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
            assert_eq!(round(labels), Some(owned));
        }
    }

    #[test]
    fn the_longest_are_counted_in_characters() {
        let (fits, too_long) = ("𝕏".repeat(127), "𝕏".repeat(128));
        assert!(round(&[("a", &fits)]).is_some());
        assert!(round(&[("a", &too_long)]).is_none());
        assert!(round(&[("a", &"x".repeat(100_000))]).is_none());
        let names: Vec<String> = (0..64).map(|n| format!("{}", char::from(b'A' + n))).collect();
        let short: Vec<_> = names.iter().filter(|name| is_label_name(name)).collect();
        let many: Vec<_> = short.iter().map(|name| (name.as_str(), "v")).collect();
        assert_eq!(round(&many).map(|labels| labels.len()), Some(many.len()));
    }

    #[test]
    fn names_are_label_names_and_each_is_there_once() {
        for bad in ["", "9", "a-b", "a.b", "ä", "a b"] {
            assert!(round(&[(bad, "1")]).is_none(), "{bad}");
        }
        assert!(round(&[("a", "1"), ("b", "2"), ("a", "1")]).is_none());
    }

    #[test]
    fn ids_have_all_their_digits() {
        let mut text = Text::new();
        assert!(TraceContext::new(0xab, 0xc).unwrap().__write(&mut text));
        let (trace, span) = (format!("{:032x}", 0xab), format!("{:016x}", 0xc));
        let expected = [("trace_id".to_owned(), trace), ("span_id".to_owned(), span)];
        assert_eq!(labels_of(text.as_bytes()), expected);
    }
}
