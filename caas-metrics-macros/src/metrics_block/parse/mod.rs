//! From tokens to the tree: settings, then families.
//!
//! Attributes are read by `attributes`; nothing is judged here beyond the grammar.
//! Invariant: after a mistake reading goes on after the next `;` or `}`, so all mistakes come out.

mod attributes;
mod buckets;
mod label_type;
mod labels;
mod native;

use self::attributes::Attributes;
use self::labels::labels;
use super::ast::{Block, Family, Label, MetricType};
use super::props::full_name;
use crate::errors::{Errors, error, report};
use crate::keys::Keys;
use crate::naming;
use crate::paths::Runtime;
use crate::tokens::is_restriction;
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative;
use syn::parse::{ParseStream, Parser};
use syn::{LitStr, Token};

/// The settings at the top of a block.
const SETTINGS: [&str; 2] = ["namespace", "crate"];

/// Reads a block; what can't be read is reported and left out.
pub(crate) fn parse(input: TokenStream, errors: &mut Errors) -> Block {
    let mut state = State { block: Block::default(), settings: Keys::default(), errors };
    let read = |input: ParseStream| {
        if let Some(root) = root(input) {
            state.block.runtime = Runtime::renamed(&root);
        }
        while !input.is_empty() {
            if let Err(error) = state.statement(input) {
                state.errors.push_syn(error);
                skip_statement(input);
            }
        }
        Ok(())
    };
    if let Err(error) = read.parse2(input) {
        state.errors.push_syn(error);
    }
    let mut block = state.block;
    let start = block.start();
    for family in &mut block.families {
        family.name = match &family.options.name {
            Some(name) => name.value.value(),
            None => full_name(&start, &family.ident),
        };
    }
    block
}

/// The `$crate;` that `caas_metrics::metrics!` puts before a block.
fn root(input: ParseStream) -> Option<Ident> {
    let ahead = input.fork();
    let root = ahead.call(Ident::parse_any).ok().filter(|root| root == "$crate")?;
    ahead.parse::<Token![;]>().ok()?;
    input.advance_to(&ahead);
    Some(root)
}

struct State<'e> {
    block: Block,
    /// The names of the settings read so far.
    settings: Keys,
    errors: &'e mut Errors,
}

impl State<'_> {
    fn statement(&mut self, input: ParseStream) -> syn::Result<()> {
        if input.peek(Ident::peek_any) && input.peek2(Token![=]) {
            return self.setting(input);
        }
        let family = family(input, self.errors)?;
        self.block.families.push(family);
        Ok(())
    }

    /// `namespace = "…";` or `crate = path;`
    fn setting(&mut self, input: ParseStream) -> syn::Result<()> {
        let name = Ident::parse_any(input)?;
        let equals: Token![=] = input.parse()?;
        if !self.block.families.is_empty() {
            report!(self.errors, name, "`{name}` below a family: write settings at the top");
        }
        self.settings.take(&name, self.errors);
        match name.to_string().as_str() {
            "namespace" => {
                let value = input.parse::<LitStr>();
                let value = value.map_err(|_| {
                    error!(name, "`namespace` is a string: write `namespace = \"…\";`")
                })?;
                self.block.namespace.get_or_insert(value);
            }
            "crate" => {
                self.block.runtime = Runtime::parse(&name, input, "crate = ::my_metrics;")?;
            }
            unknown => {
                let meant = naming::did_you_mean(unknown, &SETTINGS);
                let known = naming::listed(&SETTINGS);
                return Err(error!(name, "unknown setting `{unknown}`{meant} known are {known}"));
            }
        }
        if input.parse::<Option<Token![;]>>()?.is_none() {
            report!(self.errors, equals, "no `;` at the end of a setting: write `{name} = …;`");
        }
        Ok(())
    }
}

/// `pub counter Name<f64> { label: Type }` with its attributes.
fn family(input: ParseStream, errors: &mut Errors) -> syn::Result<Family> {
    let Attributes { passed, help, options, first, .. } = attributes::parse(input, errors);
    if input.is_empty() {
        return Err(error!(first, "no family follows: write one such as `counter LoginsTotal;`"));
    }
    let visibility = visibility(input)?;
    let (keyword, metric_type) = metric_type(input, &visibility, errors)?;
    let ident: Ident = input.parse().map_err(|_| {
        let found = next_or(input, &keyword);
        error!(found, "no name for the {keyword}: write one such as `LoginsTotal`")
    })?;
    let number = number_type(input, &ident)?;
    let labels = body(input, &ident, errors);
    Ok(Family {
        passed,
        help,
        options,
        visibility,
        metric_type,
        keyword,
        ident,
        number,
        labels,
        name: String::new(),
    })
}

/// `pub`, `pub(…)`, or nothing.
pub(super) fn visibility(input: ParseStream) -> syn::Result<TokenStream> {
    let word: Option<Token![pub]> = input.parse()?;
    let mut visibility = word.to_token_stream();
    let next = input.fork().parse::<TokenTree>();
    if word.is_some() && next.is_ok_and(|next| is_restriction(&next)) {
        visibility.extend([input.parse::<TokenTree>()?]);
    }
    Ok(visibility)
}

/// `counter`, `gauge`, `histogram` or `info`; a near miss is an error, but read as what it meant.
fn metric_type(
    input: ParseStream,
    visibility: &TokenStream,
    errors: &mut Errors,
) -> syn::Result<(Ident, MetricType)> {
    let known = MetricType::ALL.map(|(keyword, _)| keyword);
    let Ok(keyword) = Ident::parse_any(input) else {
        let found = next_or(input, visibility);
        return Err(error!(
            found,
            "no metric type: write one of {} and a name",
            naming::listed(&known)
        ));
    };
    let written = keyword.to_string();
    if let Some(metric_type) = MetricType::from_keyword(&written) {
        return Ok((keyword, metric_type));
    }
    if written == "summary" {
        report!(
            errors,
            keyword,
            "a summary's quantiles can't be added up over processes: write `histogram`"
        );
        return Ok((keyword, MetricType::Histogram));
    }
    let meant = naming::did_you_mean(&written, &known);
    let listed = naming::listed(&known);
    let error = error!(keyword, "unknown metric type `{written}`{meant} known are {listed}");
    match naming::closest(&written, &known).and_then(MetricType::from_keyword) {
        Some(metric_type) => {
            errors.push_syn(error);
            Ok((keyword, metric_type))
        }
        None => Err(error),
    }
}

/// The `f64` of `Name<f64>`.
fn number_type(input: ParseStream, ident: &Ident) -> syn::Result<Option<Ident>> {
    if input.parse::<Option<Token![<]>>()?.is_none() {
        return Ok(None);
    }
    let number = Ident::parse_any(input);
    let end = input.parse::<Token![>]>();
    match (number, end) {
        (Ok(number), Ok(_)) => Ok(Some(number)),
        _ => Err(error!(ident, "what follows `{ident}<` is no value type: write `{ident}<f64>`")),
    }
}

/// `{ label: Type, … }` or `;`.
fn body(input: ParseStream, ident: &Ident, errors: &mut Errors) -> Vec<Label> {
    if input.parse::<Option<Token![;]>>().is_ok_and(|end| end.is_some()) {
        return Vec::new();
    }
    match input.fork().parse::<TokenTree>() {
        Ok(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
            let _ = input.parse::<Group>();
            if let Ok(Some(end)) = input.parse::<Option<Token![;]>>() {
                report!(errors, end, "a `;` behind `}}`: leave it out");
            }
            if group.stream().is_empty() {
                report!(errors, group, "no labels between the braces: write `{ident};`");
            }
            labels(group.stream(), errors)
        }
        Ok(TokenTree::Group(group)) if group.delimiter() != Delimiter::None => {
            report!(errors, group, "labels have names: write `{ident} {{ method: Method }}`");
            skip_statement(input);
            Vec::new()
        }
        _ => {
            report!(
                errors,
                ident,
                "no end of the family: write `{ident};` or `{ident} {{ label: Type }}`"
            );
            skip_to_family(input);
            Vec::new()
        }
    }
}

/// Skips what is left of a broken statement: up to and with the next `;` or `{ … }`.
fn skip_statement(input: ParseStream) {
    while let Ok(token) = input.parse::<TokenTree>() {
        match token {
            TokenTree::Punct(end) if end.as_char() == ';' => return,
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return,
            _ => {}
        }
    }
}

/// Skips up to the next attribute, `pub` or metric type, where a family may begin.
fn skip_to_family(input: ParseStream) {
    while !input.is_empty() && !input.peek(Token![#]) && !input.peek(Token![pub]) {
        match input.fork().parse::<Ident>() {
            Ok(word) if MetricType::from_keyword(&word.to_string()).is_some() => return,
            _ => {
                let _ = input.parse::<TokenTree>();
            }
        }
    }
}

/// Reads values with commas between them; one may follow the last.
pub(super) fn separated<T>(
    input: ParseStream,
    read: fn(ParseStream) -> syn::Result<T>,
) -> syn::Result<Vec<T>> {
    let mut values = Vec::new();
    while !input.is_empty() {
        values.push(read(input)?);
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(values)
}

/// The next token, or `fallback` at the end, for an error to underline.
pub(super) fn next_or(input: ParseStream, fallback: impl ToTokens) -> TokenStream {
    match input.fork().parse::<TokenTree>() {
        Ok(token) => token.into_token_stream(),
        Err(_) => fallback.into_token_stream(),
    }
}
