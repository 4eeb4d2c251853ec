//! Labels: every type that can be one, closed and open, and which values are the same.

use std::{
    borrow::Cow,
    net::{IpAddr, Ipv6Addr},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use caas_metrics::{Label, LabelText, StoredLabel, metrics};

#[derive(Label, Clone, Copy, Debug, PartialEq)]
pub enum Refusal {
    BadPassword,
    #[label(rename = "locked-out")]
    Locked,
    #[label(other)]
    Other,
}

#[derive(Label, Clone, Debug)]
pub struct TenantId(String);

#[derive(Label, Clone, Copy)]
pub struct Borrowed<'a>(&'a str);

#[derive(Label, Clone, Copy, Debug, PartialEq)]
pub struct Why(Refusal);

/// A label made by hand.
pub struct Region(u8);

impl Label for Region {
    type View<'v> = &'v str;

    fn text(&self) -> LabelText<'_> {
        LabelText::from(if self.0 == 0 { "eu" } else { "us" })
    }

    fn view(part: StoredLabel<'_>) -> &str {
        part.text()
    }
}

/// A closed label by hand that lies about its index.
pub struct Liar;

impl Label for Liar {
    const VALUES: Option<&'static [&'static str]> = Some(&["yes", "no"]);
    type View<'v> = usize;

    fn text(&self) -> LabelText<'_> {
        LabelText::closed::<Self>(0)
    }

    fn index(&self) -> usize {
        usize::MAX
    }

    fn view(part: StoredLabel<'_>) -> usize {
        part.index()
    }
}

/// A label by hand that makes a child of its own family whenever it is asked for its text.
pub enum Nosy {
    Asks,
    Is(u32),
}

impl Label for Nosy {
    type View<'v> = &'v str;

    fn text(&self) -> LabelText<'_> {
        static CALLS: AtomicU32 = AtomicU32::new(0);
        match self {
            Self::Asks => {
                NosyTotal { who: Self::Is(CALLS.fetch_add(1, Ordering::Relaxed)) }.inc();
                LabelText::from("asks")
            }
            Self::Is(number) => LabelText::from(*number),
        }
    }

    fn view(part: StoredLabel<'_>) -> &str {
        part.text()
    }
}

/// A label by hand that says something else each time.
pub struct Fickle;

impl Label for Fickle {
    type View<'v> = &'v str;

    fn text(&self) -> LabelText<'_> {
        static CALLS: AtomicU32 = AtomicU32::new(0);
        LabelText::from(CALLS.fetch_add(1, Ordering::Relaxed))
    }

    fn view(part: StoredLabel<'_>) -> &str {
        part.text()
    }
}

metrics! {
    namespace = "labels";

    /// Closed labels.
    pub counter ClosedTotal { reason: Refusal, ok: bool, why: Why }

    /// All open labels.
    pub counter OpenTotal {
        text: &str,
        owned: String,
        cow: Cow<'_, str>,
        shared: Arc<str>,
        small: u8,
        big: u128,
        signed: i64,
        letter: char,
        address: IpAddr,
        maybe: Option<u16>,
        tenant: TenantId,
        region: Region,
        r#type: &str,
    }

    /// One label.
    pub counter TextTotal { text: &str }

    /// One optional label.
    pub counter OptionTotal { text: Option<&str> }

    /// An integer of any size.
    pub counter IntegerTotal { n: i128 }

    /// A borrowed newtype.
    pub counter BorrowedTotal { tenant: Borrowed<'_> }

    /// A reference to an enum.
    pub counter ReferenceTotal { reason: &Refusal }

    /// A static text.
    pub counter StaticTotal { text: &'static str }

    /// A label that updates its own family.
    pub counter NosyTotal { who: Nosy }

    /// A label that says something else each time.
    #[limit = 4]
    pub counter FickleTotal { text: Fickle }

    /// A closed label that lies.
    pub counter LiarTotal { liar: Liar }
}

/// The label sets of a family, as exported.
fn exported(name: &str) -> Vec<Vec<(String, String)>> {
    let families = caas_metrics::registry().gather();
    let family = families.into_iter().find(|family| family.name == name).unwrap();
    family.children.into_iter().map(|sample| sample.labels).collect()
}

#[test]
fn closed_values_are_texts_in_order_of_declaration() {
    assert_eq!(Refusal::VALUES, Some(&["bad_password", "locked-out", "other"][..]));
    assert_eq!(Why::VALUES, Refusal::VALUES);
    assert_eq!(bool::VALUES, Some(&["false", "true"][..]));
    assert_eq!(Refusal::from_label("locked-out"), Refusal::Locked);
    assert_eq!(Refusal::from_label("anything"), Refusal::Other);

    ClosedTotal { reason: Refusal::Locked, ok: true, why: Why(Refusal::Other) }.inc_by(7);
    let sets = exported("labels_closed_total");
    assert_eq!(sets.len(), 3 * 2 * 3);
    let texts = |set: &[(String, String)]| set.iter().map(|(_, v)| v.clone()).collect::<Vec<_>>();
    assert_eq!(texts(&sets[0]), ["bad_password", "false", "bad_password"]);
    assert_eq!(texts(&sets[1]), ["bad_password", "false", "locked-out"]);
    assert_eq!(texts(&sets[17]), ["other", "true", "other"]);
    let set = ClosedTotal { reason: Refusal::Locked, ok: true, why: Why(Refusal::Other) };
    assert_eq!(set.get(), Some(7));
    assert_eq!(ClosedTotal { ok: false, ..set }.get(), Some(0));
}

#[test]
fn open_values_are_rendered() {
    OpenTotal {
        text: "a",
        owned: "b".to_owned(),
        cow: Cow::Borrowed("c"),
        shared: Arc::from("d"),
        small: 255,
        big: u128::MAX,
        signed: i64::MIN,
        letter: 'ß',
        address: IpAddr::V6(Ipv6Addr::LOCALHOST),
        maybe: Some(404),
        tenant: TenantId("t-1".to_owned()),
        region: Region(0),
        r#type: "text",
    }
    .inc();
    let sets = exported("labels_open_total");
    let expected = [
        ("text", "a"),
        ("owned", "b"),
        ("cow", "c"),
        ("shared", "d"),
        ("small", "255"),
        ("big", "340282366920938463463374607431768211455"),
        ("signed", "-9223372036854775808"),
        ("letter", "ß"),
        ("address", "::1"),
        ("maybe", "404"),
        ("tenant", "t-1"),
        ("region", "eu"),
        ("type", "text"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(sets, [expected.to_vec()]);
}

#[test]
fn equal_texts_are_one_child() {
    OptionTotal { text: None }.inc();
    OptionTotal { text: Some("") }.inc();
    assert_eq!(OptionTotal { text: None }.get(), Some(2));
    assert_eq!(exported("labels_option_total").len(), 1);
}

#[test]
fn integers_on_both_sides_of_the_inline_form() {
    let numbers = [0, 1, -1, (1 << 31) - 1, 1 << 31, i128::MAX, i128::MIN];
    for (times, n) in numbers.into_iter().enumerate() {
        IntegerTotal { n }.inc_by(times as u64 + 1);
    }
    for (times, n) in numbers.into_iter().enumerate() {
        assert_eq!(IntegerTotal { n }.get(), Some(times as u64 + 1), "{n}");
    }
}

#[test]
fn any_text_is_a_value() {
    let long = "x".repeat(1024);
    let texts = ["", " ", "\"", "\\", "\n", "a\"b\\c\nd", "\0", "é🦀", "%s", "{}", &long];
    for text in texts {
        TextTotal { text }.inc();
        TextTotal { text }.inc();
    }
    for text in texts {
        assert_eq!(TextTotal { text }.get(), Some(2), "{text:?}");
    }
    let sets = exported("labels_text_total");
    let values: Vec<&str> = sets.iter().map(|set| set[0].1.as_str()).collect();
    assert_eq!(values, texts);
}

#[test]
fn references_and_newtypes() {
    let name = "tenant".to_owned();
    BorrowedTotal { tenant: Borrowed(&name) }.inc();
    assert_eq!(BorrowedTotal { tenant: Borrowed("tenant") }.get(), Some(1));
    ReferenceTotal { reason: &Refusal::Locked }.inc();
    assert_eq!(exported("labels_reference_total").len(), 3);
    StaticTotal { text: "static" }.inc();
    assert_eq!(StaticTotal { text: "static" }.get(), Some(1));
}

#[test]
fn an_index_out_of_range_is_the_last_value() {
    LiarTotal { liar: Liar }.inc();
    let sets = exported("labels_liar_total");
    assert_eq!(sets.len(), 2);
    assert_eq!(LiarTotal { liar: Liar }.get(), Some(1));
}

#[test]
fn views_show_closed_labels_typed_and_open_ones_as_text() {
    mod own {
        caas_metrics::metrics! {
            /// Mixed labels.
            #[zeroed]
            pub counter ViewedTotal { reason: super::Refusal, status: u16, path: &str }
        }
    }
    use own::ViewedTotal;
    ViewedTotal { reason: Refusal::Other, status: 500, path: "/x" }.inc();
    let mut seen = Vec::new();
    ViewedTotal::retain(|labels| {
        seen.push((labels.reason, labels.status.to_owned(), labels.path.to_owned()));
        true
    });
    let row = |reason| (reason, "500".to_owned(), "/x".to_owned());
    assert_eq!(seen, [row(Refusal::BadPassword), row(Refusal::Locked), row(Refusal::Other)]);
}

/// A label's code runs under no lock of the family, whatever is done with the label set.
#[test]
fn a_label_may_update_its_own_family() {
    NosyTotal { who: Nosy::Asks }.inc();
    assert_eq!(NosyTotal { who: Nosy::Asks }.get(), Some(1));
    assert!(NosyTotal { who: Nosy::Asks }.remove());
    assert_eq!(NosyTotal { who: Nosy::Asks }.get(), None);
    assert_eq!(NosyTotal { who: Nosy::Is(0) }.get(), Some(1));
}

/// What a label says when its child is created is what its child is found by when it is removed:
/// otherwise the removed children would stay in the table, and it would fill up.
#[test]
fn a_label_may_say_something_else_each_time() {
    for _ in 0..1000 {
        FickleTotal::clear();
        FickleTotal { text: Fickle }.inc();
    }
    assert_eq!(exported("labels_fickle_total").len(), 1);
}
