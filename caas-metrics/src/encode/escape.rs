//! How texts are escaped in the line-based formats.
//!
//! Invariant: an escaped text reads back as it was, and has no line feed and, between quotes, no quote.

use crate::sample::is_special;

/// Where a text stands, which decides what is escaped besides backslash and line feed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Escape {
    /// HELP in the text format.
    Help,
    /// Between quotes, and HELP in OpenMetrics: the quote too.
    Quoted,
}

/// Writes a text with its special characters escaped.
pub(super) fn escaped(out: &mut Vec<u8>, mut text: &[u8], escape: Escape) {
    let is_escaped = |byte: &u8| is_special(*byte) && (*byte != b'"' || escape == Escape::Quoted);
    while has_special(text) {
        let Some(place) = text.iter().position(is_escaped) else { break };
        let (plain, special) = text.split_at(place);
        out.extend_from_slice(plain);
        out.extend_from_slice(match special[0] {
            b'\n' => b"\\n",
            b'"' => b"\\\"",
            _ => b"\\\\",
        });
        text = &special[1..];
    }
    out.extend_from_slice(text);
}

/// Whether some format escapes a character of this text. The sum of bytes becomes vector instructions.
fn has_special(text: &[u8]) -> bool {
    let specials = |part: &[u8]| part.iter().map(|byte| u8::from(is_special(*byte))).sum::<u8>();
    text.chunks(128).any(|part| specials(part) > 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Undoes the escapes by the specification's grammar, not by our code.
    fn read_back(text: &str, quoted: bool) -> Option<String> {
        let mut plain = String::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            plain.push(match c {
                '\n' => return None,
                '"' if quoted => return None,
                '\\' => match chars.next()? {
                    '\\' => '\\',
                    'n' => '\n',
                    '"' if quoted => '"',
                    _ => return None,
                },
                c => c,
            });
        }
        Some(plain)
    }

    proptest! {
        #[test]
        fn every_text_reads_back(text in "(?s)[\\\\\"\na-cé\r]{0,20}|.{0,20}") {
            for (escape, quoted) in [(Escape::Help, false), (Escape::Quoted, true)] {
                let page = {
                    let mut out = Vec::new();
                    escaped(&mut out, text.as_bytes(), escape);
                    String::from_utf8(out).expect("what is written is UTF-8")
                };
                prop_assert_eq!(read_back(&page, quoted), Some(text.clone()));
            }
        }
    }
}
