//! The metrics and labels that exist, and what a query makes of them.
//!
//! They are read from the pages, so a label counts as declared when a sample shows it. Added to them
//! are the labels that Prometheus gives to targets, and the series that rules record.

use std::collections::{BTreeMap, BTreeSet};

use promql_parser::label::MatchOp;
use promql_parser::parser::token::{T_BOTTOMK, T_LOR, T_TOPK};
use promql_parser::parser::{
    self, AggregateExpr, BinaryExpr, Call, Expr, LabelModifier, MatrixSelector, ParenExpr,
    SubqueryExpr, UnaryExpr, VectorSelector,
};

use crate::page::samples;
use crate::pipeline::Pipeline;

/// The labels that the shipped scrape configuration gives to every series.
const OF_TARGETS: [&str; 5] = ["job", "instance", "namespace", "app", "pod"];

type Labels = BTreeSet<String>;
/// The values of each label that are known; none where anything may be.
type Values = BTreeMap<String, BTreeSet<String>>;

#[derive(Default)]
pub struct Declared {
    metrics: BTreeMap<String, Values>,
}

/// What a query yields, and what is wrong with it.
#[derive(Default)]
pub struct Checked {
    pub labels: Labels,
    pub problems: Vec<String>,
}

impl Declared {
    pub fn of(pipeline: &Pipeline) -> Self {
        let mut declared = Self::default();
        for (_, service) in pipeline.all() {
            for sample in samples(service) {
                declared.add(&sample.name, &[]);
                for (label, value) in sample.labels {
                    declared.allow(&sample.name, &label, &value);
                }
            }
        }
        for name in ["up", "scrape_samples_scraped"] {
            declared.add(name, &[]); // of Prometheus itself
        }
        declared
    }

    pub fn add(&mut self, metric: &str, labels: &[String]) {
        let values = self.metrics.entry(metric.to_owned()).or_default();
        for label in labels {
            values.entry(label.clone()).or_default();
        }
    }

    /// Adds a value that a label may have.
    pub fn allow(&mut self, metric: &str, label: &str, value: &str) {
        let values = self.metrics.entry(metric.to_owned()).or_default();
        values.entry(label.to_owned()).or_default().insert(value.to_owned());
    }

    pub fn add_alert(&mut self, labels: &[String]) {
        self.add("ALERTS", labels);
        self.add("ALERTS", &["alertname".to_owned(), "alertstate".to_owned()]);
    }

    pub fn check(&self, expr: &str) -> Checked {
        let mut problems = Vec::new();
        match parser::parse(expr) {
            Ok(parsed) => Checked { labels: self.labels(&parsed, &mut problems), problems },
            Err(error) => Checked { labels: Labels::new(), problems: vec![error] },
        }
    }

    /// The labels that the result of an expression may have.
    fn labels(&self, expr: &Expr, problems: &mut Vec<String>) -> Labels {
        match expr {
            Expr::VectorSelector(selector) => self.selected(selector, problems),
            Expr::MatrixSelector(MatrixSelector { vs, .. }) => self.selected(vs, problems),
            Expr::Paren(ParenExpr { expr })
            | Expr::Unary(UnaryExpr { expr })
            | Expr::Subquery(SubqueryExpr { expr, .. }) => self.labels(expr, problems),
            Expr::Aggregate(aggregate) => self.aggregated(aggregate, problems),
            Expr::Binary(binary) => self.joined(binary, problems),
            Expr::Call(call) => self.called(call, problems),
            Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => Labels::new(),
        }
    }

    fn selected(&self, selector: &VectorSelector, problems: &mut Vec<String>) -> Labels {
        let name = selector.name.as_deref().unwrap_or("a metric without a name");
        let Some(values) = self.metrics.get(name) else {
            problems.push(format!("there is no {name}"));
            return Labels::new();
        };
        for matcher in &selector.matchers.matchers {
            let label = matcher.name.as_str();
            match values.get(label) {
                Some(values)
                    if matcher.op == MatchOp::Equal
                        && !values.is_empty()
                        && !values.contains(&matcher.value) =>
                {
                    problems.push(format!("{label} of {name} is never {}", matcher.value));
                }
                None if !OF_TARGETS.contains(&label) => {
                    problems.push(format!("{name} has no {label}"));
                }
                _ => {}
            }
        }
        let of_targets = OF_TARGETS.map(str::to_owned);
        // A series that is recorded or an alert keeps what its rule has left of them.
        let is_scraped = !name.contains(':') && name != "ALERTS";
        values.keys().cloned().chain(of_targets.into_iter().filter(|_| is_scraped)).collect()
    }

    fn aggregated(&self, aggregate: &AggregateExpr, problems: &mut Vec<String>) -> Labels {
        let inner = self.labels(&aggregate.expr, problems);
        if [T_TOPK, T_BOTTOMK].contains(&aggregate.op.id()) {
            return inner; // it chooses among series and does not change them
        }
        let Some(modifier) = &aggregate.modifier else { return Labels::new() };
        let named: Labels = modifier.labels().labels.iter().cloned().collect();
        for label in named.difference(&inner) {
            problems.push(format!("there is no {label} to aggregate by"));
        }
        match modifier {
            LabelModifier::Include(_) => named,
            LabelModifier::Exclude(_) => inner.difference(&named).cloned().collect(),
        }
    }

    fn joined(&self, binary: &BinaryExpr, problems: &mut Vec<String>) -> Labels {
        let left = self.labels(&binary.lhs, problems);
        let right = self.labels(&binary.rhs, problems);
        let matching = binary.modifier.as_ref().and_then(|modifier| modifier.matching.as_ref());
        if let Some(matching) = matching {
            let both: Labels = left.intersection(&right).cloned().collect();
            for label in matching.labels().labels.iter().filter(|label| !both.contains(*label)) {
                problems.push(format!("there is no {label} to match on"));
            }
        }
        // A number has no labels.
        if binary.op.id() == T_LOR || left.is_empty() { &left | &right } else { left }
    }

    fn called(&self, call: &Call, problems: &mut Vec<String>) -> Labels {
        let inner = call.args.args.iter().map(|argument| self.labels(argument, problems));
        let mut labels: Labels = inner.collect::<Vec<_>>().into_iter().flatten().collect();
        if call.func.name == "histogram_quantile" && !labels.remove("le") {
            problems.push("a quantile needs le".to_owned());
        }
        labels
    }
}
