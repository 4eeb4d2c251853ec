//! Every form of a label type.
use caas_metrics::{Label, metrics};
use std::borrow::Cow;

#[derive(Label, PartialEq, Debug)]
enum Plain {
    NotFound,
    #[cfg(any())]
    Never,
    #[label(rename = "teapot \"418\"")]
    Teapot = 418,
    r#Loop,
}

#[derive(Label, PartialEq, Debug)]
#[label(rename_all = "SCREAMING-KEBAB-CASE", crate = ::caas_metrics)]
enum Method {
    Get,
    MkCol,
    #[label(other, rename = "?")]
    Other,
}

#[derive(Label)]
struct Owned(String);

#[derive(Label)]
struct Borrowed<'a> {
    text: &'a str,
}

#[derive(Label)]
struct Generic<T: Clone>(T)
where
    T: Copy;

#[derive(Label)]
struct Closed(Method);

#[derive(Label)]
struct Inner<'a, T: ?Sized>(&'a T);

metrics! {
    /// All of them.
    counter AllTotal {
        plain: Plain,
        owned: Owned,
        borrowed: Borrowed<'_>,
        generic: Generic<&str>,
        closed: Closed,
        inner: Inner<'_, str>,
        cow: Cow<'_, str>,
        flag: bool,
        number: i64,
        letter: char,
    }
}

fn all(plain: Plain) -> AllTotal<'static> {
    AllTotal {
        plain,
        owned: Owned("o".into()),
        borrowed: Borrowed { text: "b" },
        generic: Generic("g"),
        closed: Closed(Method::Get),
        inner: Inner("i"),
        cow: "c".into(),
        flag: true,
        number: -1,
        letter: 'l',
    }
}

fn main() {
    assert_eq!(<Plain as Label>::VALUES, Some(&["not_found", "teapot \"418\"", "loop"][..]));
    assert_eq!(<Closed as Label>::VALUES, Some(&["GET", "MK-COL", "?"][..]));
    assert_eq!(Method::from_label("MK-COL"), Method::MkCol);
    assert_eq!(Method::from_label("BREW"), Method::Other);
    all(Plain::Teapot).inc();
    all(Plain::NotFound).inc();
    AllTotal::retain(|view| {
        assert_eq!((view.borrowed, view.inner, view.number, view.letter), ("b", "i", "-1", "l"));
        view.plain == Plain::Teapot && view.closed == Method::Get && view.flag
    });
    assert_eq!((all(Plain::Teapot).get(), all(Plain::NotFound).get()), (Some(1), None));
    let _ = Plain::Loop;
}
