//! Any families and default labels: the page keeps the rules of its format.

use std::collections::{BTreeMap, BTreeSet};

use caas_metrics::{
    Format, MetricType,
    sample::{FamilySnapshot, OwnedValue},
};
use proptest::prelude::*;

use super::registry_of;
use crate::parsers::protobuf;

/// Names that are allowed and names that are not.
const NAMES: &str = "a|b|zone|le|quantile|__a|a-b||é";

fn any_value() -> impl Strategy<Value = OwnedValue> {
    let float = || prop_oneof![any::<f64>(), Just(-1.0), Just(0.5), Just(1.0)];
    prop_oneof![
        float().prop_map(|x| OwnedValue::Number(x.into())),
        any::<i64>().prop_map(|n| OwnedValue::Number(n.into())),
        (prop::collection::vec(prop_oneof![0_u64..9, Just(u64::MAX)], 0..4), float())
            .prop_map(|(buckets, sum)| OwnedValue::histogram(buckets, sum)),
        (prop::collection::vec((float(), float()), 0..3), float())
            .prop_map(|(quantiles, sum)| OwnedValue::summary(quantiles, sum, 1)),
    ]
}

fn any_family() -> impl Strategy<Value = FamilySnapshot> {
    use MetricType::{Counter, Gauge, Histogram, Info, Summary, Unknown};
    let types = prop::sample::select(vec![Counter, Gauge, Histogram, Info, Summary, Unknown]);
    let bounds =
        prop_oneof![Just(vec![]), Just(vec![1.0]), Just(vec![-1.0, 1.0]), Just(vec![1.0, 1.0])];
    let labels = prop::collection::vec((NAMES, "x|y|"), 0..3);
    let samples = prop::collection::vec((labels, any_value()), 0..6);
    let names = "a|a_total|a_count|a_bucket|b_info|9a|a b|function_calls_total";
    (types, names, bounds, samples).prop_map(|(metric_type, name, buckets, samples)| {
        let mut family = FamilySnapshot::new(metric_type, &name, "Help.");
        family.buckets = if metric_type == Histogram { buckets } else { Vec::new() };
        for (labels, value) in samples {
            let labels: Vec<_> = labels.iter().map(|(name, value)| (&**name, &**value)).collect();
            family.push(&labels, value);
        }
        family
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// The rules of the formats, read off the page, whatever collectors and default labels hold.
    #[test]
    fn a_page_keeps_the_rules(
        families in prop::collection::vec(any_family(), 0..5),
        default in prop::collection::vec((NAMES, "x|y|"), 0..3),
    ) {
        let registry = registry_of(families);
        registry.set_default_labels(default);
        for format in [Format::Text, Format::OpenMetrics] {
            let mut page = Vec::new();
            registry.encode(format, &mut page).unwrap();
            assert_keeps_the_rules(&String::from_utf8(page).unwrap());
        }
        protobuf::series(&protobuf::read(&registry));
    }
}

fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && letters.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// No value of these pages has a character that is escaped, so lines can be split where they are.
fn assert_keeps_the_rules(page: &str) {
    let (mut series, mut types) = (BTreeSet::new(), BTreeMap::new());
    let (mut current, mut count) = ("", 0.0);
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, metric_type) = rest.split_once(' ').unwrap();
            assert!(types.insert(name, metric_type).is_none(), "{name} twice\n{page}");
            current = metric_type;
            continue;
        }
        if line.starts_with('#') {
            continue;
        }
        let (key, value) = line.rsplit_once(' ').unwrap();
        let (name, labels) =
            key.strip_suffix('}').map_or((key, ""), |k| k.split_once('{').unwrap());
        assert!(is_name(name), "{line}");
        let mut set = BTreeMap::new();
        for label in labels.split(',').filter(|label| !label.is_empty()) {
            let (label, text) = label.split_once('=').unwrap();
            assert!(is_name(label) && !label.starts_with("__"), "{line}");
            assert!(set.insert(label, text).is_none(), "{line}");
        }
        assert_eq!(
            set.contains_key("le"),
            name.ends_with("_bucket") && current == "histogram",
            "{line}"
        );
        assert!(!set.contains_key("quantile") || current == "summary", "{line}");
        set.retain(|_, text| *text != "\"\"");
        assert!(series.insert((name, set.clone())), "{line} twice\n{page}");
        let value: f64 = value.parse().unwrap();
        let is_part = ["_sum", "_count", "_bucket"].iter().any(|suffix| name.ends_with(suffix));
        match current {
            "counter" => assert!(value >= 0.0, "{line}"),
            "info" => assert!(value == 1.0, "{line}"),
            "summary" => assert!(value.is_nan() && !is_part || value >= 0.0, "{line}"),
            "histogram" if name.ends_with("_bucket") => {
                // The first bucket of a series is the one after a `+Inf`.
                assert!(value >= count, "{line}\n{page}");
                count = if set["le"] == "\"+Inf\"" { 0.0 } else { value };
            }
            "histogram" => assert!(!value.is_nan(), "{line}"),
            _ => {}
        }
    }
}
