use caas_metrics::{Label, StoredLabel, LabelText, metrics};

macro_rules! label {
    ($name:ident, $values:expr, $most:expr) => {
        pub struct $name;

        impl Label for $name {
            const VALUES: Option<&'static [&'static str]> = $values;
            const MAX_BYTES: usize = $most;
            type View<'v> = &'v str;

            fn text(&self) -> LabelText<'_> {
                "eu".into()
            }

            fn view(part: StoredLabel<'_>) -> &str {
                part.text()
            }
        }
    };
}

label!(Empty, Some(&[]), 10);
label!(Twice, Some(&["eu", "us", "eu"]), 10);
label!(Long, None, 5000);

metrics! {
    /// No value.
    counter EmptyTotal { region: Empty }

    /// A value twice.
    counter TwiceTotal { region: Twice }

    /// Texts that no family keeps.
    counter LongTotal { region: Long }
}

fn main() {}
