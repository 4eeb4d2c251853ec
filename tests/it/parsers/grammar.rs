//! Pages read back by a parser that is written from the grammar, for any texts and numbers.

use std::collections::BTreeMap;

use caas_metrics::sample::{Number, OwnedValue};
use caas_metrics::{Format, Label, MetricType, Registry, metrics};
use proptest::prelude::*;

use super::{Series, assert_same, expected, family, page, protobuf, registry_of};

/// Reads the sample lines of a page by the grammar that both formats share.
fn read(page: &str) -> BTreeMap<Series, f64> {
    let own = |series: &Series| series.0.starts_with("caas_metrics_");
    let lines = page.lines().filter(|line| !line.starts_with('#'));
    lines.map(read_line).filter(|(series, _)| !own(series)).collect()
}

fn read_line(line: &str) -> (Series, f64) {
    let end = line.find(['{', ' ']).expect("a name ends");
    let (name, rest) = line.split_at(end);
    let (mut labels, rest) = read_labels(rest);
    for bound in ["le", "quantile"] {
        if let Some(text) = labels.get_mut(bound) {
            *text = text.parse::<f64>().expect("a bound").to_string();
        }
    }
    let (value, exemplar) = rest.split_once(" # ").map_or((rest, None), |(v, e)| (v, Some(e)));
    if let Some(exemplar) = exemplar {
        let (labels, rest) = read_labels(exemplar);
        let characters = |text: &String| text.chars().count();
        assert!(labels.iter().map(|(n, v)| characters(n) + characters(v)).sum::<usize>() <= 128);
        let (value, time) = rest.strip_prefix(' ').and_then(|r| r.split_once(' ')).expect("a time");
        assert!(read_number(value) <= f64::INFINITY && read_number(time) > 1e9, "{line}");
    }
    let value = value.strip_prefix(' ').expect("one blank");
    assert!(!value.contains('"'), "{line}");
    ((name.to_owned(), labels), read_number(value))
}

/// Reads labels in braces, if there are some; returns them and what follows.
fn read_labels(text: &str) -> (BTreeMap<String, String>, &str) {
    let mut labels = BTreeMap::new();
    let Some(mut rest) = text.strip_prefix('{') else { return (labels, text) };
    loop {
        let (label, quoted) = rest.split_once("=\"").expect("a label has a value");
        let (value, after) = read_quoted(quoted);
        assert!(labels.insert(label.to_owned(), value).is_none(), "{label} twice: {text}");
        rest = after;
        match rest.strip_prefix(',') {
            Some(after) => rest = after,
            None => break,
        }
    }
    (labels, rest.strip_prefix('}').expect("labels end"))
}

fn read_number(text: &str) -> f64 {
    let is_go = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eInfNa".contains(&byte));
    assert!(is_go && !matches!(text, "inf" | "-inf"), "not how Go writes a number: {text:?}");
    text.parse().expect("a number")
}

/// Reads up to the closing quote; returns the text and what follows the quote.
fn read_quoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.char_indices();
    loop {
        let (at, c) = chars.next().expect("a closing quote");
        match c {
            '"' => return (value, &text[at + 1..]),
            '\\' => value.push(match chars.next().expect("an escape").1 {
                'n' => '\n',
                escaped @ ('\\' | '"') => escaped,
                other => panic!("no escape: {other}"),
            }),
            c => value.push(c),
        }
    }
}

proptest! {
    #[test]
    fn what_is_written_can_be_read(
        texts in prop::collection::btree_set("(?s)[\\\\\"\n,={} é]{0,6}|.{0,12}", 1..6),
        whole in any::<u64>(),
        signed in any::<i64>(),
        float in any::<f64>().prop_filter("NaN is not equal to itself", |x| !x.is_nan()),
        sum in any::<f64>().prop_filter("as above", |x| !x.is_nan()),
        bounds in prop::collection::btree_set(0_u32..2_000_000_000, 0..12),
        counts in prop::collection::vec(0_u64..1 << 40, 13),
    ) {
        let bounds: Vec<f64> = bounds.into_iter().map(|n| f64::from(n) / 1000.0).collect();
        let of_each = |value: OwnedValue| {
            texts.iter().map(|t| (vec![("a", t.clone()), ("b", "b".to_owned())], value.clone())).collect::<Vec<_>>()
        };
        let number = |number: Number| of_each(OwnedValue::Number(number));
        let buckets = counts[..=bounds.len()].to_vec();
        // Of a summary and of a histogram whose bounds are not below zero, nothing is below zero.
        let sum = f64::abs(sum);
        let quantiles = vec![(0.5, float.abs()), (0.999, sum), (1.0, 0.0)];
        let mut families = vec![
            family(MetricType::Counter, "a_total", number(whole.into())),
            family(MetricType::Gauge, "b", number(signed.into())),
            family(MetricType::Unknown, "c", number(float.into())),
            family(MetricType::Histogram, "d", of_each(OwnedValue::histogram(buckets, sum))),
            family(MetricType::Summary, "e", of_each(OwnedValue::summary(quantiles, sum, whole))),
            family(MetricType::Gauge, "f", [(vec![], OwnedValue::Number(float.into()))]),
        ];
        families[3].buckets = bounds;
        let expected = expected(&families);
        let registry = registry_of(families);
        assert_same(&read(&page(&registry, Format::Text)), &expected);
        assert_same(&read(&page(&registry, Format::OpenMetrics)), &expected);
        assert_same(&protobuf::series(&protobuf::read(&registry)), &expected);
    }
}

#[derive(Label, Clone, Copy, Debug)]
enum Side {
    Left,
    Right,
    #[label(rename = "\"none\"")]
    Neither,
}

const SIDES: [Side; 3] = [Side::Left, Side::Right, Side::Neither];

metrics! {
    namespace = "parsers";

    /// Closed labels around an open one.
    counter MixedTotal { near: Side, path: &str, far: Side }

    /// An open label before the closed ones.
    gauge Level { path: &str, near: Side, far: Side }

    /// Closed labels only.
    #[lazy]
    histogram ClosedSize { near: Side, far: Side }
}

proptest! {
    // Each case reads the page of the whole process.
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// On a page each sample has its own labels, whatever the one before it had.
    #[test]
    fn children_are_not_mixed_up(
        children in prop::collection::vec(("[\\\\\"a]{0,2}", 0_usize..3, 0_usize..3), 1..40),
        removed in 0_usize..40,
        default in prop::option::of("[\\\\\"a]{0,2}"),
    ) {
        MixedTotal::clear();
        Level::clear();
        ClosedSize::reset();
        for (path, near, far) in &children {
            let (near, far) = (SIDES[*near], SIDES[*far]);
            MixedTotal { near, path, far }.inc();
            Level { path, near, far }.inc();
            ClosedSize { near, far }.observe(1);
        }
        for (path, near, far) in children.iter().take(removed) {
            MixedTotal { near: SIDES[*near], path, far: SIDES[*far] }.remove();
        }
        let registry = Registry::with_declared();
        registry.set_default_labels(default.map(|value| ("zone", value)));
        let is_ours = |name: &str| name.starts_with("parsers_");
        let families = registry.gather().into_iter().filter(|family| is_ours(&family.name));
        let expected = expected(&families.collect::<Vec<_>>());
        for format in [Format::Text, Format::OpenMetrics] {
            let mut read = read(&page(&registry, format));
            read.retain(|(name, _), _| is_ours(name));
            assert_same(&read, &expected);
        }
        let mut read = protobuf::series(&protobuf::read(&registry));
        read.retain(|(name, _), _| is_ours(name));
        assert_same(&read, &expected);
    }
}
