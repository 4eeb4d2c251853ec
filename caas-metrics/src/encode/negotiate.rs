//! Content negotiation: which format an `Accept` header asks for.
//!
//! It reads headers as bytes, so that it needs no HTTP library. Not here: the media types of the
//! formats, which are in their files. Invariant: any bytes have an answer; what is malformed is
//! skipped.

use super::Format;

/// A weight in thousandths: `q=0.75` is 750, and 1000 is the default.
pub(crate) type Weight = u16;

const FULL: Weight = 1000;

/// The best format for a client that sent these `Accept` lines.
pub(super) fn best<A>(accept: A) -> Format
where
    A: IntoIterator,
    A::Item: AsRef<[u8]>,
{
    let mut matches = [None; Format::ALL.len()];
    let mut position = 0;
    for line in accept {
        for (range, weight) in weighted(line.as_ref()) {
            position += 1;
            for (found, format) in matches.iter_mut().zip(Format::ALL) {
                let Some(precision) = precision(*format, &range) else { continue };
                let candidate = Match { precision, weight, position };
                if found.is_none_or(|best: Match| candidate.describes_better_than(best)) {
                    *found = Some(candidate);
                }
            }
        }
    }
    let mut best: Option<(Match, Format)> = None;
    for (found, format) in matches.iter().zip(Format::ALL) {
        let Some(found) = found.filter(|found| found.weight > 0) else { continue };
        if best.is_none_or(|(best, _)| found.is_wanted_more_than(best)) {
            best = Some((found, *format));
        }
    }
    best.map_or_else(Format::default, |(_, format)| format)
}

/// The media range that decides the weight of a format.
#[derive(Clone, Copy)]
struct Match {
    precision: u8,
    weight: Weight,
    /// Its place in the header.
    position: usize,
}

impl Match {
    /// Whether this range decides the weight of a format that both match.
    fn describes_better_than(self, other: Self) -> bool {
        (self.precision, self.weight) > (other.precision, other.weight)
    }

    /// Whether this range's format goes before the other's.
    fn is_wanted_more_than(self, other: Self) -> bool {
        self.weight > other.weight
            || (self.weight == other.weight && self.position < other.position)
    }
}

/// How precisely the range describes the format; `None` if it doesn't describe it.
fn precision(format: Format, range: &Element<'_>) -> Option<u8> {
    let spec = format.spec();
    let slash = range.value.iter().position(|b| *b == b'/')?;
    let (media_type, subtype) = (&range.value[..slash], &range.value[slash + 1..]);
    let is_type = media_type.eq_ignore_ascii_case(spec.media_type.0.as_bytes());
    let is_subtype = subtype.eq_ignore_ascii_case(spec.media_type.1.as_bytes());
    match (media_type, subtype) {
        (b"*", b"*") => return Some(0),
        (_, b"*") if is_type => return Some(1),
        _ if !(is_type && is_subtype) => return None,
        _ => {}
    }
    let mut precision = 2;
    for (name, value) in range.parameters() {
        let known = spec.parameters.iter().find(|p| name.eq_ignore_ascii_case(p.0.as_bytes()));
        match known {
            Some((_, wanted)) if wanted.as_bytes() == value => precision += 1,
            Some(_) => return None,
            // `escaping`, `charset`, and parameters of the future: names are plain ASCII and stay as they
            // are.
            None => {}
        }
    }
    Some(precision)
}

/// One element of a comma-separated header: `text/plain;version=0.0.4;q=0.5`.
pub(crate) struct Element<'a> {
    /// The part before the first semicolon.
    pub(crate) value: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Element<'a> {
    /// Names and values of the parameters, without quotes. Those without `=` are left out.
    fn parameters(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        split(self.rest, b';').filter_map(|parameter| {
            let equals = parameter.iter().position(|b| *b == b'=')?;
            let value = parameter[equals + 1..].trim_ascii();
            let unquoted = value.strip_prefix(b"\"").and_then(|v| v.strip_suffix(b"\""));
            Some((parameter[..equals].trim_ascii(), unquoted.unwrap_or(value)))
        })
    }

    /// The weight; `None` if it is malformed or above 1.
    fn weight(&self) -> Option<Weight> {
        match self.parameters().find(|(name, _)| name.eq_ignore_ascii_case(b"q")) {
            Some((_, value)) => weight(value),
            None => Some(FULL),
        }
    }
}

/// The elements of a header line with their weights. Empty and malformed ones are left out.
pub(crate) fn weighted(line: &[u8]) -> impl Iterator<Item = (Element<'_>, Weight)> {
    split(line, b',').filter_map(|element| {
        let end = element.iter().position(|b| *b == b';').unwrap_or(element.len());
        let (value, rest) = element.split_at(end);
        let element = Element { value: value.trim_ascii(), rest };
        let weight = element.weight()?;
        (!element.value.is_empty()).then_some((element, weight))
    })
}

/// Reads `0.75`: one digit, a point, and any number of digits, of which the first three count.
fn weight(text: &[u8]) -> Option<Weight> {
    let (whole, fraction) = match text {
        [whole @ (b'0' | b'1')] => (whole, &[][..]),
        [whole @ (b'0' | b'1'), b'.', fraction @ ..] => (whole, fraction),
        _ => return None,
    };
    if !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let thousandths = (0..3)
        .fold(0, |sum, i| 10 * sum + fraction.get(i).map_or(0, |digit| Weight::from(digit - b'0')));
    let weight = Weight::from(whole - b'0') * FULL + thousandths;
    (weight <= FULL).then_some(weight)
}

/// Splits at a separator, except within quotes.
fn split(text: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |&byte| {
        let outside = !quoted;
        if escaped {
            escaped = false;
        } else if byte == b'"' {
            quoted = !quoted;
        } else if byte == b'\\' {
            escaped = quoted;
        }
        outside && byte == separator
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use Format::{OpenMetrics, Protobuf, Text};

    const PROTOBUF: &str = "application/vnd.google.protobuf;\
                            proto=io.prometheus.client.MetricFamily;encoding=delimited";

    #[track_caller]
    fn assert_negotiates(accept: &str, format: Format) {
        assert_eq!(Format::negotiate([accept]), format, "{accept}");
    }

    #[test]
    fn prometheus_as_of_2_37() {
        assert_negotiates(
            "application/openmetrics-text;version=1.0.0,\
             application/openmetrics-text;version=0.0.1;q=0.75,\
             text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            OpenMetrics,
        );
    }

    #[test]
    fn prometheus_as_of_2_42_with_native_histograms() {
        assert_negotiates(
            &format!(
                "{PROTOBUF},application/openmetrics-text;version=1.0.0;q=0.8,\
                 application/openmetrics-text;version=0.0.1;q=0.75,\
                 text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
            ),
            Protobuf,
        );
    }

    #[test]
    fn prometheus_2_40_with_native_histograms_has_blanks() {
        assert_negotiates(
            "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; \
             encoding=delimited,application/openmetrics-text; q=0.6,\
             text/plain; version=0.0.4; q=0.5,*/*;q=0.1",
            Protobuf,
        );
        assert_negotiates(
            "text/plain; version=0.0.4 ; q=0.5 , application/openmetrics-text; q=0.4",
            Text,
        );
    }

    #[test]
    fn prometheus_2_49_0_has_a_weight_out_of_range() {
        assert_negotiates(
            "application/openmetrics-text;version=1.0.0;q=0.5,\
             application/openmetrics-text;version=0.0.1;q=0.4,\
             text/plain;version=0.0.4;q=0.3,*/*;q=2",
            OpenMetrics,
        );
        assert_negotiates(
            &format!(
                "{PROTOBUF};q=0.5,application/openmetrics-text;version=1.0.0;q=0.4,\
                 application/openmetrics-text;version=0.0.1;q=0.3,\
                 text/plain;version=0.0.4;q=0.2,*/*;q=1"
            ),
            Protobuf,
        );
    }

    #[test]
    fn prometheus_as_of_2_49_1() {
        assert_negotiates(
            "application/openmetrics-text;version=1.0.0;q=0.5,\
             application/openmetrics-text;version=0.0.1;q=0.4,\
             text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            OpenMetrics,
        );
        assert_negotiates(
            &format!(
                "{PROTOBUF};q=0.5,application/openmetrics-text;version=1.0.0;q=0.4,\
                 application/openmetrics-text;version=0.0.1;q=0.3,\
                 text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
            ),
            Protobuf,
        );
    }

    #[test]
    fn prometheus_as_of_3_0_says_escaping_twice() {
        let rest = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
                    application/openmetrics-text;version=0.0.1;escaping=allow-utf-8;q=0.5,\
                    text/plain;version=1.0.0;escaping=allow-utf-8;escaping=allow-utf-8;q=0.4,\
                    text/plain;version=0.0.4;escaping=allow-utf-8;q=0.3,*/*;q=0.2";
        assert_negotiates(rest, OpenMetrics);
        assert_negotiates(&format!("{PROTOBUF};escaping=allow-utf-8;q=0.7,{rest}"), Protobuf);
    }

    #[test]
    fn prometheus_as_of_3_4() {
        assert_negotiates(
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
             application/openmetrics-text;version=0.0.1;q=0.5,\
             text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
             text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            OpenMetrics,
        );
        assert_negotiates(
            &format!(
                "{PROTOBUF};q=0.6,application/openmetrics-text;version=1.0.0;\
                 escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,\
                 text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,\
                 text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
            ),
            Protobuf,
        );
    }

    #[test]
    fn prometheus_3_told_to_prefer_text() {
        assert_negotiates(
            "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.5,\
             application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.4,*/*;q=0.1",
            Text,
        );
    }

    #[test]
    fn text_is_what_a_client_gets_that_asks_for_nothing_we_have() {
        assert_eq!(Format::negotiate(None::<&str>), Text);
        for accept in [
            "",
            "*/*",
            "text/plain",
            "text/*",
            "application/json",
            "application/openmetrics-text;version=0.0.1",
            "application/openmetrics-text;version=2.0.0",
            "application/openmetrics-text;q=0",
            "application/openmetrics-text;q=0,*/*",
            "application/openmetrics-text;q=0.000, */*;q=0.1",
            "text/plain;q=0,*/*;q=0",
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        ] {
            assert_negotiates(accept, Text);
        }
    }

    #[test]
    fn openmetrics_is_for_those_who_ask() {
        for accept in [
            "application/openmetrics-text",
            "application/*",
            "Application/OpenMetrics-Text; Version=1.0.0; charset=utf-8",
            "application/openmetrics-text;version=\"1.0.0\"",
            "application/openmetrics-text;note=\"a,b;q=0\"",
            "application/openmetrics-text,text/plain",
            "text/plain;q=0,*/*",
            "text/plain;q=0.1,*/*",
            "text/plain;q=0.899,application/openmetrics-text;q=0.9",
        ] {
            assert_negotiates(accept, OpenMetrics);
        }
    }

    #[test]
    fn protobuf_is_for_those_who_ask_for_these_messages() {
        for accept in [
            PROTOBUF,
            "application/vnd.google.protobuf",
            "application/vnd.google.protobuf;encoding=delimited",
            "Application/Vnd.Google.Protobuf; Encoding=delimited; escaping=values",
            "application/vnd.google.protobuf;\
             proto=\"io.prometheus.client.MetricFamily\";encoding=\"delimited\"",
            "text/plain;q=0,application/openmetrics-text;q=0,*/*",
        ] {
            assert_negotiates(accept, Protobuf);
        }
        for other in [
            "proto=io.prometheus.client.MetricFamily;encoding=text",
            "proto=io.prometheus.client.MetricFamily;encoding=compact-text",
            "proto=io.prometheus.client.Metric;encoding=delimited",
            "proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0",
        ] {
            let accept = format!("application/vnd.google.protobuf;{other}");
            assert_negotiates(&accept, Text);
            assert_negotiates(&format!("{accept},application/openmetrics-text;q=0.1"), OpenMetrics);
        }
    }

    /// Names are plain ASCII, so each scheme but `dots` leaves them as they are. With `dots` their
    /// underscores would be doubled. The answer names no scheme, which means that nothing was escaped.
    #[test]
    fn whatever_the_escaping_names_stay_as_they_are() {
        for scheme in ["allow-utf-8", "underscores", "dots", "values", "unheard-of"] {
            let accept = format!("{PROTOBUF};escaping={scheme}");
            assert_negotiates(&accept, Protobuf);
            let accept = format!("application/openmetrics-text;version=1.0.0;escaping={scheme}");
            assert_negotiates(&accept, OpenMetrics);
        }
        for format in Format::ALL {
            assert!(!format.content_type().contains("escaping"), "{format:?}");
        }
    }

    #[test]
    fn between_equals_the_first_wins() {
        assert_negotiates("text/plain,application/openmetrics-text", Text);
        assert_negotiates("application/openmetrics-text;q=0.5,text/plain;q=0.5", OpenMetrics);
    }

    #[test]
    fn the_precise_range_decides() {
        assert_negotiates(
            "text/plain;q=0.9,text/plain;version=0.0.4;q=0.1,application/openmetrics-text;q=0.5",
            OpenMetrics,
        );
    }

    #[test]
    fn header_lines_are_one_list() {
        let lines = ["text/plain;q=0.5", "application/openmetrics-text;version=1.0.0"];
        assert_eq!(Format::negotiate(lines), OpenMetrics);
        let lines = ["application/openmetrics-text;q=0.4", "", "text/plain;q=0.5"];
        assert_eq!(Format::negotiate(lines), Text);
    }

    #[test]
    fn malformed_weights_take_their_range_along() {
        for q in ["2", "-1", "abc", "", "1.1", "0.5x", "NaN", ".5", "1e0", "00.5"] {
            assert_negotiates(&format!("application/openmetrics-text;q={q}"), Text);
        }
        for q in ["1", "1.", "1.000", "0.0010", "0.1234567", "\"0.5\"", " 0.5 "] {
            assert_negotiates(&format!("application/openmetrics-text;q={q}"), OpenMetrics);
        }
    }

    #[test]
    fn garbage_is_skipped() {
        for garbage in [",,,", ";;;", "/", "/;q", "a/b/c;q=1", "\"", "\\", "=;=,=", "\u{fffd}/*"] {
            assert_negotiates(garbage, Text);
            assert_negotiates(&format!("application/openmetrics-text,{garbage}"), OpenMetrics);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_have_an_answer(lines in prop::collection::vec(any::<Vec<u8>>(), 0..4)) {
            let _ = Format::negotiate(lines);
        }

        #[test]
        fn near_misses_have_an_answer(
            line in "(text/plain|application/openmetrics-text|application/vnd.google.protobuf|\\*/\\*|\
                     ;q=|;version=|;encoding=|[0-9.,;=\"\\\\ ]){0,12}",
        ) {
            let format = Format::negotiate([&line]);
            let name = match format {
                OpenMetrics => "openmetrics",
                Protobuf => "protobuf",
                Text => "",
            };
            prop_assert!(line.contains(name) || line.contains('*'));
        }
    }
}
