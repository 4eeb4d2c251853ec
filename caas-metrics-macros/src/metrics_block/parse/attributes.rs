//! The attributes of a family: the block's own settings, and those that are passed through.
//!
//! Whether a setting suits its family is `check`'s question.
//! Invariant: a bad attribute is one error and never takes its family down with it.

use super::separated;
use super::{buckets, native};
use crate::errors::{Between, Errors, error, report};
use crate::metrics_block::ast::{Buckets, Help, Limit, Lint, Native, Options, Passed, Setting};
use crate::naming;
use crate::tokens::{is_punct, list, stream};
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{LitInt, LitStr, Token};

/// The settings of a family by name, and how each is written.
const SETTINGS: [(&str, &str); 11] = [
    ("name", "#[name = \"…\"]"),
    ("buckets", "#[buckets(0.1, 0.5, 1)]"),
    ("native", "#[native]` or `#[native(schema = 3)]"),
    ("limit", "#[limit = 500]"),
    ("unit", "#[unit = \"seconds\"]"),
    ("updown", "#[updown]"),
    ("held", "#[held]"),
    ("zeroed", "#[zeroed]` or `#[zeroed(label)]"),
    ("lazy", "#[lazy]"),
    ("exemplars", "#[exemplars]"),
    ("legacy", "#[legacy(reason = \"…\")]"),
];

/// What `metrics!` repeats on the struct; also allowed in `#[cfg_attr(…)]`.
const PASSED: [&str; 6] = ["allow", "expect", "warn", "deny", "deprecated", "doc"];

/// An attribute of a family, as far as it can be read without knowing its name.
pub(crate) struct Attribute {
    pub(crate) whole: TokenStream,
    pub(crate) name: Ident,
    arguments: Arguments,
}

enum Arguments {
    None,
    Value(TokenStream),
    List(TokenStream),
    Other,
}

/// All attributes of a family.
#[derive(Default)]
pub(crate) struct Attributes {
    pub(crate) passed: Passed,
    pub(crate) help: Help,
    pub(crate) options: Options,
    /// The first one, for an error about all of them.
    pub(crate) first: TokenStream,
    doc_lines: Vec<String>,
}

/// Reads the attributes of a family.
pub(crate) fn parse(input: ParseStream, errors: &mut Errors) -> Attributes {
    let mut all = Attributes::default();
    while let Some(attribute) = next(input, errors) {
        if all.first.is_empty() {
            all.first = attribute.whole.clone();
        }
        if let Err(error) = all.take(attribute, errors) {
            errors.push_syn(error);
            all.options.is_flawed = true;
        }
    }
    all.help.text = first_paragraph(&all.doc_lines);
    all
}

/// Reads the next attribute, if one follows.
pub(crate) fn next(input: ParseStream, errors: &mut Errors) -> Option<Attribute> {
    while input.peek(Token![#]) {
        let pound: Token![#] = input.parse().ok()?;
        let inner: Option<Token![!]> = input.parse().ok()?;
        let Ok(group) = input.parse::<Group>() else {
            report!(errors, pound, "`#` begins no attribute: write `#[…]`");
            continue;
        };
        if inner.is_some() {
            let whole = quote!(#pound #inner #group);
            report!(
                errors,
                whole,
                "an inner attribute or `//!` comment: write `///` above a family"
            );
            continue;
        }
        let read = |content: ParseStream| Ok((Ident::parse_any(content)?, content.parse()?));
        let Ok((name, rest)) = read.parse2(group.stream()) else {
            report!(errors, quote!(#pound #group), "an attribute without a name");
            continue;
        };
        return Some(Attribute { whole: quote!(#pound #group), name, arguments: arguments(rest) });
    }
    None
}

fn arguments(rest: TokenStream) -> Arguments {
    let tokens = list(rest);
    match &*tokens {
        [] => Arguments::None,
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::Parenthesis => {
            Arguments::List(group.stream())
        }
        // A literal, or what a macro makes one of.
        [equals, value @ .., TokenTree::Literal(_) | TokenTree::Group(_)]
            if is_punct(Some(equals), '=')
                && value.last().is_none_or(|last| is_punct(Some(last), '!')) =>
        {
            Arguments::Value(stream(tokens.get(1..).unwrap_or_default()))
        }
        _ => Arguments::Other,
    }
}

impl Attributes {
    /// Puts one attribute where it belongs.
    fn take(&mut self, attribute: Attribute, errors: &mut Errors) -> syn::Result<()> {
        let (options, site) = (&mut self.options, attribute.name.clone());
        match attribute.name.to_string().as_str() {
            "name" => set(&mut options.name, site, attribute.string()?, errors),
            "unit" => set(&mut options.unit, site, attribute.string()?, errors),
            "legacy" => set(&mut options.legacy, site, attribute.reason()?, errors),
            "limit" => set(&mut options.limit, site, attribute.limit()?, errors),
            "buckets" => set(&mut options.buckets, site, attribute.buckets()?, errors),
            "native" => set(&mut options.native, site, attribute.native(errors)?, errors),
            "updown" => set(&mut options.updown, site, attribute.nothing()?, errors),
            "held" => set(&mut options.held, site, attribute.nothing()?, errors),
            "zeroed" => set(&mut options.zeroed, site, attribute.labels()?, errors),
            "lazy" => set(&mut options.lazy, site, attribute.nothing()?, errors),
            "exemplars" => set(&mut options.exemplars, site, attribute.nothing()?, errors),
            "cfg" => self.passed.cfgs.push(attribute.passed()?),
            "cfg_attr" => {
                attribute.check_conditional()?;
                self.passed.on_struct.extend(attribute.passed()?);
            }
            "deprecated" => self.passed.on_struct.extend(attribute.passed()?),
            "doc" => self.take_doc(&attribute)?,
            "allow" | "expect" | "warn" | "deny" => {
                let Attribute { name: level, arguments, whole } = attribute;
                match arguments {
                    Arguments::List(arguments) => self.passed.lints.push(Lint { level, arguments }),
                    _ => {
                        return Err(error!(
                            whole,
                            "`#[{level}]` names no lint: write `#[{level}(…)]`"
                        ));
                    }
                }
            }
            unknown => return Err(unknown_attribute(&attribute, unknown)),
        }
        Ok(())
    }

    fn take_doc(&mut self, attribute: &Attribute) -> syn::Result<()> {
        let whole = attribute.passed()?;
        let Arguments::Value(value) = &attribute.arguments else {
            self.passed.doc_settings.extend(whole);
            return Ok(());
        };
        self.help.docs.extend(whole);
        let line = syn::parse2::<LitStr>(value.clone());
        self.doc_lines.push(line.as_ref().map_or_else(|_| value.to_string(), LitStr::value));
        match line {
            Ok(_) => Ok(()),
            Err(_) => {
                Err(error!(value, "the help text is not a literal: write it as a doc comment"))
            }
        }
    }
}

impl Attribute {
    /// The string of `#[name = "…"]`.
    fn string(&self) -> syn::Result<LitStr> {
        match &self.arguments {
            Arguments::Value(value) => syn::parse2(value.clone()).map_err(|_| self.malformed()),
            _ => Err(self.malformed()),
        }
    }

    /// The string of `#[legacy(reason = "…")]`.
    fn reason(&self) -> syn::Result<LitStr> {
        let read = |content: ParseStream| {
            let key: Ident = content.parse()?;
            content.parse::<Token![=]>()?;
            let reason: LitStr = content.parse()?;
            content.parse::<Option<Token![,]>>()?;
            if key == "reason" { Ok(reason) } else { Err(self.malformed()) }
        };
        match &self.arguments {
            Arguments::List(list) => read.parse2(list.clone()).map_err(|_| self.malformed()),
            _ => Err(self.malformed()),
        }
    }

    /// The number of `#[limit = N]`.
    fn limit(&self) -> syn::Result<Limit> {
        match &self.arguments {
            Arguments::Value(value) => {
                let number: LitInt = syn::parse2(value.clone()).map_err(|_| self.malformed())?;
                let tokens = number.to_token_stream();
                Ok(Limit { tokens, children: number.base10_parse().ok() })
            }
            _ => Err(self.malformed()),
        }
    }

    /// The bounds of `#[buckets(…)]`.
    fn buckets(&self) -> syn::Result<Buckets> {
        match &self.arguments {
            Arguments::List(list) => buckets::parse.parse2(list.clone()),
            _ => Err(self.malformed()),
        }
    }

    /// The arguments of `#[native(…)]`, or none.
    fn native(&self, errors: &mut Errors) -> syn::Result<Native> {
        match &self.arguments {
            Arguments::None => Ok(Native::default()),
            Arguments::List(list) => {
                let read = |content: ParseStream<'_>| native::parse(content, errors);
                read.parse2(list.clone())
            }
            _ => Err(self.malformed()),
        }
    }

    /// The labels of `#[zeroed(label, …)]`, or none.
    fn labels(&self) -> syn::Result<Vec<Ident>> {
        let labels = match &self.arguments {
            Arguments::None => return Ok(Vec::new()),
            Arguments::List(list) => {
                let read = |content: ParseStream<'_>| separated(content, Ident::parse_any);
                read.parse2(list.clone())
            }
            _ => return Err(self.malformed()),
        };
        match labels {
            Ok(labels) if !labels.is_empty() => Ok(labels),
            _ => Err(self.malformed()),
        }
    }

    /// Nothing, as in `#[lazy]`.
    fn nothing(&self) -> syn::Result<()> {
        match self.arguments {
            Arguments::None => Ok(()),
            _ => Err(self.malformed()),
        }
    }

    /// The attribute as it is passed through: whole, if rustc can read it.
    pub(super) fn passed(&self) -> syn::Result<TokenStream> {
        match self.arguments {
            Arguments::Other => {
                Err(error!(self.whole, "`#[{}]` is not written like an attribute", self.name))
            }
            _ => Ok(self.whole.clone()),
        }
    }

    fn malformed(&self) -> syn::Error {
        let written =
            SETTINGS.iter().find(|(name, _)| self.name == name).map(|(_, written)| written);
        let written = written.copied().unwrap_or_default();
        error!(self.whole, "`#[{}]` is written `{written}`", self.name)
    }

    /// `#[cfg_attr(…)]` may hold what is passed through, because `metrics!` can't evaluate it.
    fn check_conditional(&self) -> syn::Result<()> {
        let Arguments::List(list) = &self.arguments else { return Ok(()) };
        let mut is_first = false;
        let mut is_predicate = true;
        for token in list.clone() {
            match &token {
                TokenTree::Punct(comma) if comma.as_char() == ',' => {
                    (is_first, is_predicate) = (true, false);
                }
                TokenTree::Ident(name)
                    if is_first && !is_predicate && !PASSED.contains(&&*name.to_string()) =>
                {
                    return Err(error!(
                        name,
                        "`{name}` in `cfg_attr`, which `metrics!` can't evaluate: declare the family \
                         twice, each under a `#[cfg]`"
                    ));
                }
                _ => is_first = false,
            }
        }
        Ok(())
    }
}

fn unknown_attribute(attribute: &Attribute, name: &str) -> syn::Error {
    let settings: Vec<&str> = SETTINGS.iter().map(|(name, _)| *name).collect();
    let all: Vec<&str> =
        settings.iter().copied().chain(["cfg", "cfg_attr"]).chain(PASSED).collect();
    let meant = naming::did_you_mean(name, &all);
    let (settings, passed) = (naming::listed(&settings), naming::listed(&PASSED));
    error!(
        attribute.name,
        "unknown attribute `{name}`{meant} a family takes {settings}; `cfg`, `cfg_attr`, {passed} \
         are passed through"
    )
}

/// Fills `slot`; a second value is an error.
fn set<T>(slot: &mut Option<Setting<T>>, site: Ident, value: T, errors: &mut Errors) {
    if let Some(first) = slot {
        report!(errors, Between(&first.site, &site), "`#[{site}]` is given twice: leave one out");
    } else {
        *slot = Some(Setting { site, value });
    }
}

/// The first paragraph of a doc comment, on one line.
fn first_paragraph(lines: &[String]) -> String {
    let lines = lines.iter().flat_map(|line| line.split('\n')).map(|line| {
        let line = line.trim();
        line.strip_prefix('*').unwrap_or(line).trim()
    });
    let paragraph = lines.skip_while(|line| line.is_empty()).take_while(|line| !line.is_empty());
    paragraph.collect::<Vec<_>>().join(" ")
}
