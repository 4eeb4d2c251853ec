//! The queries of `examples/deploy/`: those of the rules and those of the dashboards.
//!
//! Not here: what they must return, and whether the names in them exist.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::config::deploy;

/// A rule of `alerts.yml`.
pub struct Rule {
    /// The name of the alert, or of the series that it records.
    pub name: String,
    pub is_alert: bool,
    pub expr: String,
    /// Labels that it adds.
    pub labels: Vec<String>,
    /// The templates of its annotations.
    pub annotations: Vec<String>,
}

/// A query of a dashboard, with its variables filled in.
pub struct Query {
    /// The file and the panel, for messages.
    pub place: String,
    pub expr: String,
    /// The template of the names of its series, or nothing.
    pub legend: String,
}

pub fn rules() -> Vec<Rule> {
    let text = fs::read_to_string(deploy().join("alerts.yml")).unwrap();
    let file: Value = serde_saphyr::from_str(&text).unwrap();
    let groups = file["groups"].as_array().unwrap().iter();
    let rules = groups.flat_map(|group| group["rules"].as_array().unwrap()).map(|rule| {
        let map = |field: &str| rule[field].as_object().into_iter().flatten();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Rule {
            name: rule["alert"].as_str().or(rule["record"].as_str()).unwrap().to_owned(),
            is_alert: rule["alert"].is_string(),
            expr: text(&rule["expr"]),
            labels: map("labels").map(|(name, _)| name.clone()).collect(),
            annotations: map("annotations").map(|(_, template)| text(template)).collect(),
        }
    });
    rules.collect()
}

/// The queries of all panels, and those that fill the variables and the annotations.
pub fn queries() -> Vec<Query> {
    let mut files: Vec<PathBuf> = fs::read_dir(deploy().join("grafana"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let mut queries = Vec::new();
    for file in files {
        let dashboard: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let name = file.file_stem().unwrap().to_str().unwrap();
        let variables = variables(&dashboard);
        let mut found = Vec::new();
        collect(&dashboard, name, &mut found);
        for Query { place, expr, legend } in found {
            // `label_values(SELECTOR, label)` is Grafana's, not Prometheus'.
            let inner = expr.strip_prefix("label_values(").and_then(|e| e.strip_suffix(')'));
            let expr = match inner.and_then(|inner| inner.rsplit_once(", ")) {
                Some((selector, label)) => format!("group by ({label}) ({selector})"),
                None => expr,
            };
            queries.push(Query { place, expr: fill(&expr, &variables), legend });
        }
    }
    queries
}

/// All strings under `expr` and under `query.query`, at any depth, with the title around them.
fn collect(value: &Value, place: &str, found: &mut Vec<Query>) {
    match value {
        Value::Object(fields) => {
            let title = value["title"].as_str().or(value["name"].as_str());
            let place = title.map_or(place.to_owned(), |title| format!("{place}: {title}"));
            for (field, inner) in fields {
                let expr = match (field.as_str(), inner) {
                    ("expr", Value::String(expr)) => Some(expr.as_str()),
                    ("query", Value::Object(query)) => query.get("query").and_then(Value::as_str),
                    _ => None,
                };
                if let Some(expr) = expr {
                    let template = value["legendFormat"].as_str().or(value["titleFormat"].as_str());
                    let legend = template.unwrap_or_default().to_owned();
                    found.push(Query { place: place.clone(), expr: expr.to_owned(), legend });
                } else {
                    collect(inner, &place, found);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, place, found)),
        _ => {}
    }
}

/// What stands for a variable: its value where the dashboard fixes one, else everything.
fn variables(dashboard: &Value) -> BTreeMap<String, String> {
    let list = dashboard["templating"]["list"].as_array().unwrap().iter();
    let variable = list.map(|variable| {
        let name = variable["name"].as_str().unwrap().to_owned();
        let is_constant = variable["type"] == "constant";
        let value = if is_constant { variable["query"].as_str().unwrap() } else { ".+" };
        (name, value.to_owned())
    });
    let mut variables: BTreeMap<_, _> = variable.collect();
    // What Grafana computes; the tests scrape each second.
    variables.insert("__rate_interval".to_owned(), "10s".to_owned());
    variables.insert("__range".to_owned(), "1m".to_owned());
    variables
}

/// Fills in `$name` and `${name}`; the longest name first, since one may begin like another.
fn fill(expr: &str, variables: &BTreeMap<String, String>) -> String {
    let mut names: Vec<&String> = variables.keys().collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    let filled = names.into_iter().fold(expr.to_owned(), |expr, name| {
        let value = &variables[name];
        expr.replace(&format!("${{{name}}}"), value).replace(&format!("${name}"), value)
    });
    assert!(!filled.contains('$'), "a variable of {filled} is not known");
    filled
}

/// Replaces durations in the text of rules: `5m` by what `times` says, also in names like `rate5m`.
/// All that is not in `times` stays.
pub fn replace_durations(text: &str, times: &[(&str, &str)]) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at(start);
        let digits = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
        let unit =
            number[digits..].find(|c: char| !c.is_alphanumeric()).unwrap_or(number.len() - digits);
        let (word, after) = number.split_at(digits + unit);
        replaced.push_str(before);
        let new = times.iter().find(|(old, _)| *old == word);
        replaced.push_str(new.map_or(word, |(_, new)| new));
        rest = after;
    }
    replaced + rest
}
