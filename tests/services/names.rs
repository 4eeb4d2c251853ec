//! No rule and no panel names a metric or a label that does not exist.

use promql_parser::parser;

use crate::declared::Declared;
use crate::deploy::{queries, rules};
use crate::pipeline::Pipeline;

#[test]
fn rules_and_panels_name_what_the_services_declare() {
    let pipeline = Pipeline::start();
    // Metrics with open labels appear with their first use.
    assert_eq!(pipeline.send(&pipeline.login(), "acme", "hello"), 201);
    let mut declared = Declared::of(&pipeline);
    let mut problems = Vec::new();

    let (rules, queries) = (rules(), queries());
    assert!(rules.len() > 30 && queries.len() > 100, "some were not found");
    for rule in &rules {
        let found = declared.check(&rule.expr);
        problems.extend(found.problems.into_iter().map(|p| format!("{}: {p}", rule.name)));
        let labels: Vec<String> = found.labels.into_iter().chain(rule.labels.clone()).collect();
        for template in &rule.annotations {
            for name in mentioned(template, "$labels.") {
                if !labels.contains(&name) {
                    problems.push(format!(
                        "{}: a template uses {name}, not one of {labels:?}",
                        rule.name
                    ));
                }
            }
        }
        if rule.is_alert {
            declared.add_alert(&labels);
        } else {
            declared.add(&rule.name, &labels);
        }
    }
    for query in &queries {
        let found = declared.check(&query.expr);
        problems.extend(found.problems.into_iter().map(|p| format!("{}: {p}", query.place)));
        for name in mentioned(&query.legend, "{{") {
            if !found.labels.contains(&name) {
                problems.push(format!("{}: the legend uses {name}", query.place));
            }
        }
    }
    assert_eq!(problems, [""; 0]);
}

/// The words after `before` in a template.
fn mentioned(template: &str, before: &str) -> Vec<String> {
    let word = |text: &str| {
        let text = text.trim_start();
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
        text[..end].to_owned()
    };
    template.split(before).skip(1).map(word).collect()
}

#[test]
fn what_does_not_exist_is_found() {
    let mut declared = Declared::default();
    declared.add("caas_logins_total", &["outcome".to_owned()]);
    declared.add("caas_login_seconds_bucket", &["route".to_owned(), "le".to_owned()]);
    declared.allow("caas_logins_total", "outcome", "granted");
    let problems = |expr: &str| declared.check(expr).problems;

    for sound in [
        "rate(caas_logins_total{outcome='granted',app='auth'}[5m])",
        "sum by (outcome, pod) (caas_logins_total) / on (outcome, pod) group_left () caas_logins_total",
        "histogram_quantile(0.9, sum by (le, route) (rate(caas_login_seconds_bucket[5m])))",
    ] {
        assert_eq!(problems(sound), [""; 0], "{sound}");
    }
    for (wrong, problem) in [
        ("rate(caas_login_total[5m])", "there is no caas_login_total"),
        ("caas_logins_total{user='ada'}", "caas_logins_total has no user"),
        ("caas_logins_total{outcome='success'}", "outcome of caas_logins_total is never success"),
        ("sum by (route) (caas_logins_total)", "there is no route to aggregate by"),
        ("sum without (route) (caas_logins_total)", "there is no route to aggregate by"),
        ("caas_logins_total / on (route) caas_logins_total", "there is no route to match on"),
        (
            "histogram_quantile(0.9, sum by (route) (caas_login_seconds_bucket))",
            "a quantile needs le",
        ),
    ] {
        assert!(parser::parse(wrong).is_ok());
        assert_eq!(problems(wrong), [problem], "{wrong}");
    }
}
