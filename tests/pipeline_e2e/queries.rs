//! Every rule and every panel has data where the services run under load.
//!
//! Panels and recording rules must yield something as they are. An alert must not, as long as all is
//! well, so each of its operands must: what it compares, divides or joins.

use std::time::{Duration, Instant};

use promql_parser::parser::{self, BinaryExpr, Expr, ParenExpr, UnaryExpr};

use crate::deploy::{queries, replace_durations, rules};
use crate::load::Load;
use crate::pipeline::{Pipeline, lacks};
use crate::process::{TempDir, within};
use crate::prometheus::Prometheus;

/// What has no data as long as all is well.
const SILENT: [(&str, &str); 2] = [
    ("absent(", "CaasNoTargets asks whether there is nothing"),
    ("ALERTS{", "the annotation of the dashboards shows alerts that fire"),
];

/// Rules look back further than a test lasts.
const NEARER: [(&str, &str); 1] = [("1m", "1s")];
const PASTS: [(&str, &str); 2] = [("offset 10m", "offset 3s"), ("offset 30m", "offset 3s")];

#[test]
fn rules_and_panels_have_data() {
    if lacks("rules_and_panels_have_data", &["prometheus"]) {
        return;
    }
    let pipeline = Pipeline::start();
    let _load = Load::start(&pipeline, 60);
    let dir = TempDir::new("rules");
    let shipped = std::fs::read_to_string(crate::config::deploy().join("alerts.yml")).unwrap();
    // The only group with an interval of its own would be evaluated but once.
    std::fs::write(dir.path().join("alerts.yml"), replace_durations(&shipped, &NEARER)).unwrap();
    let mut config = pipeline.config(None, None);
    config.rules(&dir.path().join("alerts.yml"));
    let prometheus = Prometheus::with(&config.0.to_string());
    prometheus.expect("sum(up)", 4.0);

    let deadline = Instant::now() + Duration::from_secs(45);
    let mut silent = Vec::new();
    let mut expect_data = |place: &str, expr: &str| {
        if SILENT.iter().any(|(start, _)| expr.starts_with(start)) {
            assert!(prometheus.query(expr).is_empty(), "{place} has data all of a sudden: {expr}");
            return;
        }
        // All wait for the same moment; what has no data then won't have any.
        let left = deadline.saturating_duration_since(Instant::now()).as_secs();
        if left == 0 && !has_data(&prometheus, expr) {
            silent.push(format!("{place}: {expr}"));
        } else if left > 0 {
            within(left, &format!("{place} has data: {expr}"), || {
                has_data(&prometheus, expr).then_some(()).ok_or_else(|| "none".to_owned())
            });
        }
    };

    let (rules, queries) = (rules(), queries());
    assert!(rules.len() > 30 && queries.len() > 100, "some were not found");
    for rule in &rules {
        let expr =
            PASTS.iter().fold(rule.expr.clone(), |expr, (past, near)| expr.replace(past, near));
        if rule.is_alert {
            prometheus.query(&expr); // as a whole it is at least valid
            let parsed = parser::parse(&expr).unwrap_or_else(|e| panic!("{}: {e}", rule.name));
            for operand in operands(&parsed) {
                expect_data(&rule.name, &operand.to_string());
            }
        } else {
            expect_data(&rule.name, &expr);
            expect_data(&rule.name, &rule.name);
        }
    }
    for query in &queries {
        expect_data(&query.place, &query.expr);
    }
    assert_eq!(silent, [""; 0]);
}

/// Whether a query yields a number; a quantile of nothing yields `NaN`.
fn has_data(prometheus: &Prometheus, expr: &str) -> bool {
    prometheus.query(expr).values().any(|value| value != "NaN")
}

/// What an expression compares, calculates with or joins, without numbers.
fn operands(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::Paren(ParenExpr { expr }) | Expr::Unary(UnaryExpr { expr }) => operands(expr),
        Expr::Binary(BinaryExpr { lhs, rhs, .. }) => [operands(lhs), operands(rhs)].concat(),
        Expr::NumberLiteral(_) => Vec::new(),
        operand => vec![operand],
    }
}
