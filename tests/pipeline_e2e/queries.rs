//! Every rule and every panel has data when the services run under load.
//!
//! Panels and recording rules must return something as they are. An alert must not, as long as all is
//! well, so each of its operands must: what it compares, divides or joins.

use std::fs;

use promql_parser::parser::{self, BinaryExpr, Expr, ParenExpr, UnaryExpr};

use crate::config::deploy;
use crate::deploy::{queries, replace_durations, rules};
use crate::load::Load;
use crate::pipeline::Pipeline;
use crate::process::{TempDir, lacks, within};
use crate::prometheus::{Prometheus, Start};

/// What has no data as long as all is well: the question of `CaasNoTargets`, whether there is
/// nothing, and the annotation of the dashboards that shows alerts that fire.
const SILENT: [&str; 2] = ["absent(up{", "ALERTS{alertstate=\"firing\""];

/// One group of rules has an interval of its own, and would be evaluated but once in a test.
const SOONER: [(&str, &str); 1] = [("1m", "1s")];
/// Some rules look back further than a test lasts.
const NEARER: [(&str, &str); 2] = [("offset 10m", "offset 3s"), ("offset 30m", "offset 3s")];

#[test]
fn rules_and_panels_have_data() {
    if lacks("rules_and_panels_have_data", &["prometheus", "prometheus-3.16"]) {
        return;
    }
    let pipeline = Pipeline::start();
    let _load = Load::start(&pipeline, 60);
    let dir = TempDir::new("rules");
    let path = dir.path().join("alerts.yml");
    let shipped = fs::read_to_string(deploy().join("alerts.yml")).unwrap();
    fs::write(&path, replace_durations(&shipped, &SOONER)).unwrap();
    // The oldest one, and the newest with the shipped flags, which make it ask for another format.
    let oldest = Start { program: "prometheus", features: String::new() };
    let servers = [oldest, Start::shipped("prometheus-3.16")].map(|start| {
        let mut config = pipeline.config_of(start.program, None, None);
        config.rules(&path);
        Prometheus::run(start, &config.0.to_string())
    });
    servers.iter().for_each(assert_data);
}

fn assert_data(prometheus: &Prometheus) {
    let all = of_rules(prometheus).into_iter().chain(of_dashboards());
    let (silent, mut waiting): (Vec<_>, Vec<_>) =
        all.partition(|(_, expr)| SILENT.iter().any(|start| expr.starts_with(start)));
    assert!(waiting.len() > 150, "some were not found");
    within(60, "they have data", || {
        waiting.retain(|(_, expr)| !has_data(prometheus, expr));
        if waiting.is_empty() { Ok(()) } else { Err(format!("{waiting:#?}")) }
    });
    assert_rules_are_healthy(prometheus);
    for start in SILENT {
        let (_, expr) = silent.iter().find(|(_, expr)| expr.starts_with(start)).unwrap();
        assert!(!has_data(prometheus, expr), "{expr} need not be left out");
    }
}

/// Prometheus has evaluated each rule as it is in the file, and had nothing to complain about.
fn assert_rules_are_healthy(prometheus: &Prometheus) {
    within(10, "all rules are evaluated", || {
        let groups = prometheus.api("rules");
        let groups = groups["groups"].as_array().unwrap().iter();
        let evaluated = groups.flat_map(|group| group["rules"].as_array().unwrap());
        let health: Vec<_> = evaluated.map(|rule| rule["health"].as_str().unwrap()).collect();
        assert_eq!(health.len(), rules().len());
        assert!(!health.contains(&"err"), "{:#}", prometheus.api("rules"));
        if health.iter().all(|health| *health == "ok") {
            Ok(())
        } else {
            Err(format!("{health:?}"))
        }
    });
}

/// A query, after the rule or panel that it is from.
type Placed = (String, String);

fn of_rules(prometheus: &Prometheus) -> Vec<Placed> {
    let mut placed = Vec::new();
    for rule in rules() {
        let near = |expr: String, (far, near): &(&str, &str)| expr.replace(far, near);
        let expr = NEARER.iter().fold(rule.expr, near);
        if rule.is_alert {
            prometheus.query(&expr); // as a whole it is at least valid
            let parsed = parser::parse(&expr).unwrap_or_else(|e| panic!("{}: {e}", rule.name));
            let operands = operands(&parsed);
            assert!(!operands.is_empty(), "{} asks for nothing", rule.name);
            placed.extend(operands.into_iter().map(|o| (rule.name.clone(), o.to_string())));
        } else {
            placed.push((rule.name.clone(), expr));
            placed.push((rule.name.clone(), rule.name));
        }
    }
    placed
}

fn of_dashboards() -> impl Iterator<Item = Placed> {
    queries().into_iter().map(|query| (query.place, query.expr))
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
