//! The page of a service, sample by sample.
//!
//! A sample is written like a selector in a query, so the parser of queries reads it.

use std::collections::BTreeMap;

use promql_parser::label::MatchOp;
use promql_parser::parser::{self, Expr};

use crate::http::get;
use crate::service::Service;

#[derive(Debug)]
pub struct Sample {
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub value: f64,
}

/// All samples of the page as it is now.
pub fn samples(service: &Service) -> Vec<Sample> {
    let page = get(service.admin, "/metrics");
    assert_eq!(page.status, 200);
    let lines = page.body.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| sample(line).unwrap_or_else(|| panic!("not a sample: {line}"))).collect()
}

fn sample(line: &str) -> Option<Sample> {
    let (series, value) = line.rsplit_once(' ')?;
    let Ok(Expr::VectorSelector(selector)) = parser::parse(series) else { return None };
    let labels = selector.matchers.matchers.into_iter().map(|matcher| {
        assert_eq!(matcher.op, MatchOp::Equal, "{line}");
        (matcher.name, matcher.value)
    });
    Some(Sample { name: selector.name?, labels: labels.collect(), value: value.parse().ok()? })
}
